"""Append to a conversation's log, and read it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from switchboard.log.authority import ANYBODY, Authority
from switchboard.log.clock import now_ms
from switchboard.log.codec import encode
from switchboard.log.connection import answering
from switchboard.log.dialogue import NOTHING, DialogueUpdate
from switchboard.log.errors import (
    Busy,
    Closed,
    ConflictingEntry,
    LogError,
    Muted,
    Owned,
    StalePublish,
    TooFast,
    TooManyWaiting,
    UnknownConversation,
)
from switchboard.log.events import (
    ConversationStarted,
    Ephemeral,
    Event,
    Participant,
    ParticipantJoined,
    TaskCancelling,
    TurnStopping,
)
from switchboard.log.keys import DESK, PARTITIONS, STOP, WAKE, keys_of
from switchboard.log.line import Line
from switchboard.log.ownership import OwnerChange
from switchboard.log.rate import Rate
from switchboard.log.scripts import argument, script

PUBLISH = script("publish.lua")
KEEP_ENTRIES = 10_000  # per conversation; about 2 MB of Redis for a very long one
HOLD_ENTRIES = 50_000  # per conversation, for a feed: its broker may be away for a long time, not for ever
CROWD = 10_000  # conversations that may wait for an answer, counted by partition
REFUSALS: Mapping[str, type[LogError]] = {
    "unknown": UnknownConversation,
    "muted": Muted,
    "closed": Closed,
    "full": TooManyWaiting,
    "busy": Busy,
}
PAGE = 500  # entries per read: some 100 KB, well under a millisecond of Redis


@dataclass(frozen=True)
class Position:
    """A place in a log: everything up to and including `offset` has been seen."""

    epoch: str
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.offset}"


@dataclass(frozen=True)
class Conversation:
    """What the log knows of a conversation besides its entries."""

    id: str
    epoch: str
    offset: int
    owner: str
    term: int
    participants: tuple[Participant, ...]
    identified: Mapping[str, str] = field(default_factory=dict)  # guests who have signed in, and who they are
    title: str | None = None
    closed: bool = False
    host: str | None = None
    muted: frozenset[str] = frozenset()
    invitations: str = "0"  # the generation of those that are good
    handoff: Mapping[str, Any] | None = None  # what everybody may know of the one under way

    def has(self, participant: str) -> bool:
        """Whether somebody takes part."""
        return any(participant == person.id for person in self.participants)

    def may_invite(self, participant: str) -> bool:
        """Whether somebody may say who else takes part: the host, or an operator, who is not muted."""
        part = next((person.role for person in self.participants if person.id == participant), None)
        return participant not in self.muted and (part == "operator" or (part is not None and participant == self.host))


@dataclass(frozen=True)
class Draft:
    """An event to append.

    `key` makes it idempotent: a second append of the same key and `fingerprint` is not written again; the same key with
    another fingerprint raises `ConflictingEntry`.
    """

    event: Event
    key: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Appended:
    """Where an entry stands. `duplicate` says that it stood there before."""

    epoch: str
    offset: int
    duplicate: bool


class Log:
    """All conversations of an installation. Every method raises `LogUnavailable` while Redis does not answer."""

    def __init__(
        self,
        redis: Redis[str],
        *,
        keep: int = KEEP_ENTRIES,
        hold: int = HOLD_ENTRIES,
        crowd: int = CROWD,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self.redis = redis
        self._keep = keep
        self._hold = max(hold, keep)
        self._crowd = -(-crowd // PARTITIONS)
        self._clock = clock
        self._publish = redis.register_script(PUBLISH)
        self._stop = redis.register_script(script("stop.lua"))
        self._keep_value = redis.register_script(script("keep.lua"))

    async def start(self, conversation: str, owner: str, participants: Sequence[Participant]) -> Appended:
        """Create a log, with its first entries. Raises `LogError` if the id is taken."""
        joined = [Draft(ParticipantJoined(person)) for person in participants]
        people = [text for person in participants for text in (person.id, f"{person.role} {person.name}")]
        drafts = [Draft(ConversationStarted(conversation, owner)), *joined]
        new_log = (secrets.token_hex(4), owner, json.dumps(people))
        return (await self._run(conversation, drafts, new_log=new_log))[-1]

    async def publish(
        self,
        conversation: str,
        *drafts: Draft,
        authority: Authority = ANYBODY,
        asks: bool = False,
        addressed: bool = True,
        answers: int | None = None,
        author: str = "",
        rate: Rate | None = None,
        keeps: str = "",
        remembers: DialogueUpdate = NOTHING,
        then: OwnerChange | None = None,
    ) -> list[Appended]:
        """Append a batch, whole or not at all.

        `asks`: the first entry is a message, and waits for an answer of the bot. One that is not `addressed` to it does
        so only if its author is the only human, or is the first to speak since the bot has asked them something.
        `answers`: the offset of the message that the batch answers.
        `author`: a participant id; for anybody who takes no part, the conversation is unknown. `rate`: how often
        people may append here, counted together, unless it is a duplicate. `keeps`: see `keep`.
        `remembers`: is on record if the batch is, and not without it. `then`: with `answers` and a term, who goes on.
        Raises `UnknownConversation`, `StalePublish`, `ConflictingEntry`, with `asks` `Closed`, `Muted`, `Owned` for an
        operator who does not have the conversation, `TooManyWaiting` and `Busy`, with `rate` `TooFast`.
        """
        return await self._run(
            conversation,
            drafts,
            authority=authority,
            asks=("1" if addressed else "alone") if asks else "",
            answers=answers,
            author=author,
            rate=rate,
            keeps=keeps,
            remembers=remembers,
            then=then,
        )

    async def _run(
        self,
        conversation: str,
        drafts: Sequence[Draft],
        *,
        authority: Authority = ANYBODY,
        new_log: tuple[str, str, str] = ("", "", ""),
        asks: str = "",
        answers: int | None = None,
        author: str = "",
        rate: Rate | None = None,
        keeps: str = "",
        remembers: DialogueUpdate = NOTHING,
        then: OwnerChange | None = None,
    ) -> list[Appended]:
        keys = keys_of(conversation)
        now = self._clock()
        change = then.encode(conversation, (authority.term or 0) + 1, now) if then else ""
        arguments: list[str | int] = [
            conversation, keys.live, WAKE, now, argument(authority.term), argument(authority.fence),
            *new_log, self._keep, asks, argument(answers), authority.worker, author,
            self._crowd, self._hold, keeps, *((rate.step, rate.period) if rate else ("", "")), change,
            *remembers.arguments(),
        ]  # fmt: skip
        for draft in drafts:
            arguments += [draft.key, draft.fingerprint, encode(draft.event, now)]
        async with answering():
            reply = await self._publish(keys=[*keys.all, keys.desk] if then else keys.all, args=arguments)
        return _appended(conversation, reply)

    async def tell(self, conversation: str, event: Ephemeral) -> None:
        """Tell whoever reads the conversation now; nothing is kept."""
        async with answering():
            await self.redis.publish(keys_of(conversation).live, encode(event, self._clock()))

    async def say_place(self, conversation: str) -> None:
        """Have whoever keeps the desk say once more where a conversation stands, to all who read it now."""
        async with answering():
            await self.redis.publish(DESK, conversation)

    async def stop(self, conversation: str, participant: str, turn_id: str = "", task_id: str = "") -> str | None:
        """Ask the turn under way to stop; its id, or `None` if nothing, or not that turn, is to be answered.

        With `task_id` only that task of `turn_id` is to; `None` also if it has completed.
        Raises `UnknownConversation` for anybody who takes no part, `Muted`.
        """
        keys = keys_of(conversation)
        event = (TaskCancelling if task_id else TurnStopping)("%s", participant)
        arguments = [conversation, keys.live, STOP, participant, turn_id, encode(event, self._clock()), task_id]
        async with answering():
            reply = await self._stop(keys=keys.all, args=arguments)
        if reply[0] == "unknown":
            raise UnknownConversation(conversation)
        if reply[0] == "muted":
            raise Muted(conversation)
        return reply[1] if reply[0] == "ok" else None

    async def keep(self, conversation: str, value: str, authority: Authority) -> None:
        """Keep something for later tries of the turn under way; the first value stays. Raises `StalePublish`."""
        async with answering():
            reply = await self._keep_value(keys=keys_of(conversation).all, args=[argument(authority.fence), value])
        if reply[0] == "stale":
            raise _stale(conversation, *reply[1:])

    async def has(self, conversation: str, key: str) -> bool:
        """Whether an entry with this key is on the log."""
        async with answering():
            return bool(await self.redis.hexists(keys_of(conversation).keys, key))

    async def is_stopping(self, conversation: str, what: str) -> bool:
        """Whether somebody has asked this turn, or this task of the turn under way, to stop before it completed."""
        async with answering():
            asked, done = await self.redis.hmget(keys_of(conversation).keys, f"{what}:stop", f"{what}:completed")
        return asked is not None and done is None

    async def describe(self, conversation: str) -> Conversation:
        """Who owns the conversation, who takes part and where its log ends. Raises `UnknownConversation`."""
        async with answering():
            meta = await self.redis.hgetall(keys_of(conversation).meta)
        if "epoch" not in meta:
            raise UnknownConversation(conversation)
        people = (
            (name.removeprefix("p:"), *text.split(" ", 1)) for name, text in meta.items() if name.startswith("p:")
        )
        return Conversation(
            id=conversation,
            epoch=meta["epoch"],
            offset=int(meta["offset"]),
            owner=meta["owner"],
            term=int(meta["term"]),
            participants=tuple(Participant(person, role, name) for person, role, name in people),  # type: ignore[arg-type]
            identified={name.removeprefix("was:"): who for name, who in meta.items() if name.startswith("was:")},
            title=meta.get("title"),
            closed="closed" in meta,
            host=meta.get("host"),
            muted=frozenset(name[2:] for name in meta if name.startswith("m:") and f"p:{name[2:]}" in meta),
            invitations=meta.get("invitations", "0"),
            handoff=json.loads(meta["handoff"]) if "handoff" in meta else None,
        )

    async def waits(self, conversation: str, offset: int) -> bool:
        """Whether the message at an offset waits for an answer, or is being answered."""
        async with answering():
            return await self.redis.lpos(keys_of(conversation).waiting, str(offset)) is not None

    async def read(self, conversation: str, after: int, count: int = PAGE) -> list[Line]:
        """At most `count` entries after an offset, in order. The first may lie further on if the log was trimmed."""
        async with answering():
            rows = await self.redis.xrange(keys_of(conversation).log, min=f"{after + 1}-0", count=count)
        return [Line.of(row[1]["e"]) for row in rows]

    async def read_back(self, conversation: str, count: int, before: int | None = None) -> list[Line]:
        """The last `count` entries, or the last before an offset, newest first."""
        end = "+" if before is None else f"{before - 1}-0"
        async with answering():
            rows = await self.redis.xrevrange(keys_of(conversation).log, max=end, count=count)
        return [Line.of(row[1]["e"]) for row in rows]

    async def at(self, conversation: str, offset: int) -> Line | None:
        """One entry, or `None` if it is not in the log (any more)."""
        lines = await self.read(conversation, offset - 1, count=1)
        return lines[0] if lines and lines[0].offset == offset else None


def _stale(conversation: str, what: str, current: str) -> StalePublish:
    return StalePublish(f"{conversation}: the {what} is {current} by now")


def _appended(conversation: str, reply: list[Any]) -> list[Appended]:
    """What the script returned, or the error that it stands for."""
    status, *rest = reply
    if status in REFUSALS:
        raise REFUSALS[status](conversation)
    if status == "stale":
        raise _stale(conversation, *rest)
    if status == "owned":
        raise Owned(conversation, rest[0])
    if status == "conflict":
        raise ConflictingEntry(rest[0])
    if status == "fast":
        raise TooFast("messages in this conversation", rest[0] / 1_000_000)
    if status == "exists":
        raise LogError(f"{conversation} exists")
    epoch, places = rest[0], rest[1:]
    return [Appended(epoch, places[at], bool(places[at + 1])) for at in range(0, len(places), 2)]
