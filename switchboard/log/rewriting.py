"""What is never done to a log otherwise: it is taken away, or another one is put in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from redis.asyncio import Redis

from switchboard.log.connection import answering
from switchboard.log.keys import WAKE, conversation_of, keys_of, limit, meta_pattern
from switchboard.log.scripts import script

SCAN = 1_000  # keys looked at per call
PAGE = 500  # entries per read


@dataclass(frozen=True)
class Stored:
    """An entry as Redis keeps it."""

    offset: int
    json: str
    key: str


@dataclass(frozen=True)
class Replacement:
    """A log in place of one that ended at `end`. The feed `anew` takes it from its beginning."""

    epoch: str
    end: int
    anew: str
    meta: Sequence[str]  # fields that go
    keys: Sequence[str]  # entry keys that go
    answered: Sequence[int]  # offsets of messages that wait no more
    entries: Sequence[Stored]

    def arguments(self) -> list[str | int]:
        """As the script takes it."""
        lists: list[str | int] = []
        for given in (self.meta, self.keys, self.answered):
            lists += [len(given), *given]
        entries = [part for entry in self.entries for part in (entry.offset, entry.json, entry.key)]
        return [self.epoch, self.end, self.anew, WAKE, *lists, *entries]


class Rewriting:
    """Every method raises `LogUnavailable`."""

    def __init__(self, redis: Redis[str]) -> None:
        self._redis = redis
        self._script = redis.register_script(script("rewrite.lua"))

    async def conversations_of(self, participant: str) -> set[str]:
        """Where somebody takes part: all conversations are looked at."""
        found: set[str] = set()
        cursor = 0
        while True:
            async with answering(), self._redis.pipeline(transaction=False) as pipe:
                cursor, keys = await self._redis.scan(cursor, meta_pattern(), SCAN)
                for key in keys:
                    pipe.hexists(key, f"p:{participant}")
                answers = await pipe.execute()
            found |= {conversation_of(key) for key, has in zip(keys, answers, strict=True) if has}
            if cursor == 0:
                return found

    async def forget_pace(self, participant: str) -> None:
        """How fast somebody has sent messages lately."""
        async with answering():
            await self._redis.delete(limit("person", participant))

    async def stored(self, conversation: str) -> list[Stored]:
        """The whole log."""
        found: list[Stored] = []
        while True:
            start = f"({found[-1].offset}-0" if found else "-"
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

    async def delete(self, conversation: str, epoch: str) -> None:
        """All that there is of it. Does nothing if it is of another epoch, or gone."""
        await self._run(conversation, epoch, "delete")

    async def replace(self, conversation: str, epoch: str, log: Replacement) -> Literal["ok", "gone", "moved"]:
        """Nothing is done if the log has grown since, or is of another epoch."""
        return await self._run(conversation, epoch, *log.arguments())

    async def _run(self, conversation: str, epoch: str, *arguments: str | int) -> Literal["ok", "gone", "moved"]:
        keys = keys_of(conversation)
        async with answering():
            (status,) = await self._script(
                keys=[*keys.all, keys.present, keys.invited], args=[conversation, epoch, *arguments]
            )
        found: Literal["ok", "gone", "moved"] = status
        return found
