"""What is never done to a log otherwise: it is taken away, or another one is put in its place."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from redis.asyncio import Redis

from switchboard.log.connection import answering
from switchboard.log.errors import LogError
from switchboard.log.keys import WAKE, conversation_of, keys_of, limit, meta_pattern
from switchboard.log.scripts import script

SCAN = 1_000  # keys looked at per call
DRAFT_SECONDS = 60  # after the last piece
PAGE = 500  # entries per read

Status = Literal["ok", "gone", "moved", "shared", "expired"]


@dataclass(frozen=True)
class Stored:
    """An entry as Redis keeps it."""

    offset: int
    json: str
    key: str


class LogDraft:
    """A log that is written piece by piece, so that Redis does other things meanwhile. It expires if we are killed."""

    def __init__(self, redis: Redis[str], conversation: str, epoch: str) -> None:
        self.epoch = epoch
        self.key = keys_of(conversation).draft(secrets.token_hex(8))
        self.length = 0
        self.end = 0  # the last offset, 0 if there is none
        self._redis = redis

    async def add(self, entries: Sequence[Stored]) -> None:
        """What comes next. Raises `LogUnavailable`; then it is good for nothing."""
        for at in range(0, len(entries), PAGE):
            async with answering(), self._redis.pipeline(transaction=False) as pipe:
                for entry in entries[at : at + PAGE]:
                    pipe.xadd(self.key, {"e": entry.json, "k": entry.key}, id=f"{entry.offset}-0")
                pipe.expire(self.key, DRAFT_SECONDS)
                await pipe.execute()
        self.length += len(entries)
        self.end = entries[-1].offset if entries else self.end


@dataclass(frozen=True)
class Replacement:
    """A log in place of one that ended at `end`. The feed `anew` takes it from its beginning."""

    draft: LogDraft
    end: int
    anew: str
    meta: Sequence[str]  # fields that go
    keys: Sequence[str]  # entry keys that go
    answered: Sequence[int]  # offsets of messages that wait no more
    last: Stored | None  # one more entry

    def arguments(self, live: str) -> list[str | int]:
        """As the script takes it. `live`: the conversation's channel."""
        lists: list[str | int] = []
        for given in (self.meta, self.keys, self.answered):
            lists += [len(given), *given]
        last: list[str | int] = [self.last.offset, self.last.json, self.last.key] if self.last else []
        return [self.draft.epoch, self.end, self.anew, WAKE, live, self.draft.length, *lists, *last]


class Rewriting:
    """Every method raises `LogUnavailable`."""

    def __init__(self, redis: Redis[str]) -> None:
        self._redis = redis
        self._script = redis.register_script(script("rewrite.lua"))

    async def conversations_of(self, participant: str) -> set[str]:
        """Where somebody takes part, or has taken part: all conversations are looked at."""
        found: set[str] = set()
        cursor = 0
        while True:
            async with answering(), self._redis.pipeline(transaction=False) as pipe:
                cursor, keys = await self._redis.scan(cursor, meta_pattern(), SCAN)
                for key in keys:
                    pipe.hmget(key, f"p:{participant}", f"l:{participant}")
                answers = await pipe.execute()
            found |= {conversation_of(key) for key, parts in zip(keys, answers, strict=True) if any(parts)}
            if cursor == 0:
                return found

    async def humans(self, conversation: str) -> set[str]:
        """Everybody but bots who takes part in it, or has taken part."""
        async with answering():
            meta = await self._redis.hgetall(keys_of(conversation).meta)
        parts = ((name, text.partition(" ")[0]) for name, text in meta.items() if name[:2] in ("p:", "l:"))
        return {name[2:] for name, role in parts if role != "bot"}

    async def forget_pace(self, participant: str) -> None:
        """How fast somebody has sent messages lately."""
        async with answering():
            await self._redis.delete(limit("person", participant))

    async def stored(self, conversation: str, after: int = 0) -> list[Stored]:
        """The whole log, or what comes after an offset."""
        found: list[Stored] = []
        while True:
            start = f"({found[-1].offset if found else after}-0"
            async with answering():
                rows = await self._redis.xrange(keys_of(conversation).log, min=start, count=PAGE)
            found += [Stored(int(name.partition("-")[0]), row["e"], row["k"]) for name, row in rows]
            if len(rows) < PAGE:
                return found

    async def entry_keys(self, conversation: str) -> list[str]:
        """Those that would be duplicates."""
        async with answering():
            return list(await self._redis.hkeys(keys_of(conversation).keys))

    async def waiting(self, conversation: str) -> list[int]:
        """Offsets of the messages without an answer, the one under way first."""
        async with answering():
            return [int(offset) for offset in await self._redis.lrange(keys_of(conversation).waiting, 0, -1)]

    async def delete(self, conversation: str, epoch: str, people: Collection[str]) -> Status:
        """All that there is of it. `shared`: nothing is done, since others take part than these people, or have."""
        return await self._run(conversation, epoch, "", "delete", *people)

    @contextlib.asynccontextmanager
    async def draft(self, conversation: str, epoch: str) -> AsyncIterator[LogDraft]:
        """An empty one. Nothing is left of it at the end, unless it has come in the place of the log."""
        draft = LogDraft(self._redis, conversation, epoch)
        try:
            yield draft
        finally:
            async with answering():
                await self._redis.unlink(draft.key)

    async def replace(self, conversation: str, epoch: str, log: Replacement) -> Status:
        """`moved`: nothing is done, since the log has grown; `gone`: since there is none of that epoch (any more).

        Raises `LogError` if the draft has expired.
        """
        status = await self._run(conversation, epoch, log.draft.key, *log.arguments(keys_of(conversation).live))
        if status == "expired":
            raise LogError("it took too long to write a log anew")
        return status

    async def rewrite_files(self) -> None:
        """Have Redis write its append-only file anew, which has all that ever was.

        Raises `LogUnavailable` also where a Redis does not let us.
        """
        async with answering():
            if (await self._redis.info("persistence")).get("aof_enabled"):
                await self._redis.bgrewriteaof()

    async def _run(self, conversation: str, epoch: str, draft: str, *arguments: str | int) -> Status:
        keys = keys_of(conversation)
        async with answering():
            (status,) = await self._script(
                keys=[*keys.all, keys.present, keys.invited, draft or keys.log, keys.desk],
                args=[conversation, epoch, *arguments],
            )
        found: Status = status
        return found
