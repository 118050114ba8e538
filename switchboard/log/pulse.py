"""The heartbeat of a process's streams: pings, gaps that nothing announced, and who has a conversation open."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from redis.asyncio import Redis

from switchboard.log.clock import now_ms
from switchboard.log.codec import dumps
from switchboard.log.connection import answering
from switchboard.log.errors import LogUnavailable
from switchboard.log.keys import PARTITIONS, ConversationKeys, keys_of, partition
from switchboard.log.line import Line

logger = logging.getLogger(__name__)

PING_SECONDS = 15.0  # half of the shortest proxy time-out that is common, 30 s
BATCH = 100  # conversations asked for in one call of the script, some 3 ms of work for Redis
GRACE_SECONDS = 5.0  # a page that reloads is not told of as a person who left
PRESENCE = (Path(__file__).parent / "presence.lua").read_text(encoding="utf-8")


class Beating(Protocol):
    """An open stream."""

    def beat(self, ping: Line, epoch: str, offset: int) -> None:
        """Send the ping; by now everything up to `offset` must have arrived."""

    def doubt(self) -> None:
        """Look at the log again: the conversation is not there any more."""


@dataclass
class _Open:
    """A conversation that is read in this process."""

    keys: ConversationKeys
    streams: set[Beating] = field(default_factory=set)
    people: Counter[str] = field(default_factory=Counter)
    epoch: str = ""
    offset: int = 0  # where the log was at the last beat


class Pulse:
    """One timer for all streams: a timer each would cost more than everything else that idle streams do.

    A ping interval has a beat for each partition, whose conversations one script may look at together.
    """

    def __init__(self, redis: Redis[str], ping_seconds: float = PING_SECONDS) -> None:
        self._redis = redis
        self._presence = redis.register_script(PRESENCE)
        self._edge = secrets.token_hex(8)
        self._open: list[dict[str, _Open]] = [{} for _ in range(PARTITIONS)]
        self._farewells: set[asyncio.Task[None]] = set()
        self.ping_seconds = ping_seconds

    @contextlib.asynccontextmanager
    async def beating(self, stream: Beating, conversation: str, participant: str) -> AsyncIterator[None]:
        """Pings for the stream, and the participant (if any) is present."""
        share = self._open[partition(conversation)]
        held = share.setdefault(conversation, _Open(keys_of(conversation)))
        held.streams.add(stream)
        try:
            held.people[participant] += 1
            await self._greet(held, participant)
            yield
        finally:
            held.streams.discard(stream)
            held.people[participant] -= 1
            if not held.people[participant]:
                del held.people[participant]
                self._say_farewell(held.keys, participant)
            if not held.streams and share.get(conversation) is held:
                del share[conversation]

    async def present(self, conversation: str) -> list[str]:
        """Everybody who has the conversation open, anywhere."""
        return sorted((await self._announce(keys_of(conversation), []))[2:])

    async def _greet(self, held: _Open, participant: str) -> None:
        """The participant is here. Whoever reads from now on begins behind where the log is."""
        reply = await self._announce(held.keys, _named(participant))
        if reply and not held.epoch:
            held.epoch, held.offset = reply[0], reply[1]

    async def _announce(self, keys: ConversationKeys, people: list[str]) -> list[Any]:
        async with answering():
            (reply,) = await self._call([(keys, people)], self._present_ms)
        return reply

    async def run(self) -> None:
        """Beat until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for share in self._open:
                due += self.ping_seconds / PARTITIONS
                await asyncio.sleep(due - loop.time())
                conversations = list(share.values())
                for at in range(0, len(conversations), BATCH):
                    await self._beat(conversations[at : at + BATCH])

    @property
    def _present_ms(self) -> int:
        """How long a participant stays without another beat: an edge may miss one."""
        return int(self.ping_seconds * 2500)

    async def _beat(self, conversations: list[_Open]) -> None:
        try:
            async with answering():
                present = [(held.keys, _named(*held.people)) for held in conversations]
                replies = await self._call(present, self._present_ms)
        except LogUnavailable:  # the follower says so; streams that get no ping would be given up by their readers
            replies = [[held.epoch, held.offset] for held in conversations]
        for held, reply in zip(conversations, replies, strict=True):
            if not reply:
                for stream in list(held.streams):
                    stream.doubt()
            elif reply[0]:
                _ping(held, reply[0], reply[1])

    async def _call(self, conversations: list[tuple[ConversationKeys, list[str]]], stay_ms: int) -> list[list[Any]]:
        """Say for each conversation, all of one partition, who is here; see `presence.lua` for the replies."""
        now = now_ms()
        keys: list[str] = []
        args: list[str | int] = [now, self._edge, now + stay_ms]
        for held, people in conversations:
            keys += (held.meta, held.present)
            args += (held.live, len(people), *people)
        replies: list[list[Any]] = await self._presence(keys=keys, args=args)
        return replies

    def _say_farewell(self, keys: ConversationKeys, participant: str) -> None:
        """Once the grace has passed, unless they came back."""
        if participant:
            task = asyncio.create_task(self._farewell(keys, participant))
            self._farewells.add(task)
            task.add_done_callback(self._farewells.discard)

    async def _farewell(self, keys: ConversationKeys, participant: str) -> None:
        with contextlib.suppress(LogUnavailable):  # then it ends by itself
            async with answering():
                await self._call([(keys, [participant])], int(GRACE_SECONDS * 1000))
            await asyncio.sleep(GRACE_SECONDS)
            async with answering():
                await self._call([(keys, [])], 0)


def _named(*participants: str) -> list[str]:
    return [participant for participant in participants if participant]


def _ping(held: _Open, epoch: str, offset: int) -> None:
    """What was there at the last beat must have arrived by now; what came since may be on its way.

    So that is what the ping says: one that ran ahead of an entry would look like a gap to every reader.
    """
    expected = held.offset if held.epoch == epoch else offset
    ping = Line.of(dumps({"type": "ping", "epoch": epoch, "offset": expected}))
    held.epoch, held.offset = epoch, offset
    for stream in list(held.streams):
        stream.beat(ping, epoch, expected)
