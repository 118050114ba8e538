"""The heartbeat of a process's streams: pings, gaps that nothing announced, and who has a conversation open."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from redis.asyncio import Redis

from switchboard.log.clock import now_ms
from switchboard.log.codec import dumps
from switchboard.log.connection import answering
from switchboard.log.errors import LogUnavailable
from switchboard.log.keys import keys_of
from switchboard.log.line import Line

logger = logging.getLogger(__name__)

PING_SECONDS = 15.0  # half of the shortest proxy time-out that is common, 30 s
BEATS = 15  # a ping interval has so many, each for its share of the conversations
BATCH = 500  # conversations asked for in one round trip, some 20 ms of work for this process
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

    streams: set[Beating] = field(default_factory=set)
    people: Counter[str] = field(default_factory=Counter)
    epoch: str = ""
    offset: int = 0  # where the log was at the last beat


class Pulse:
    """One timer for all streams: a timer each would cost more than everything else that idle streams do."""

    def __init__(self, redis: Redis[str], ping_seconds: float = PING_SECONDS) -> None:
        self._redis = redis
        self._presence = redis.register_script(PRESENCE)
        self._edge = secrets.token_hex(8)
        self._open: list[dict[str, _Open]] = [{} for _ in range(BEATS)]
        self._farewells: set[asyncio.Task[None]] = set()
        self.ping_seconds = ping_seconds

    @contextlib.asynccontextmanager
    async def beating(self, stream: Beating, conversation: str, participant: str) -> AsyncIterator[None]:
        """Pings for the stream, and the participant (if any) is present."""
        share = self._open[zlib.crc32(conversation.encode()) % BEATS]
        held = share.setdefault(conversation, _Open())
        held.streams.add(stream)
        try:
            held.people[participant] += 1
            await self._announce(conversation, _named(participant))
            yield
        finally:
            held.streams.discard(stream)
            held.people[participant] -= 1
            if not held.people[participant]:
                del held.people[participant]
                self._say_farewell(conversation, participant)
            if not held.streams and share.get(conversation) is held:
                del share[conversation]

    async def present(self, conversation: str) -> list[str]:
        """Everybody who has the conversation open, anywhere."""
        return await self._announce(conversation, [])

    async def _announce(self, conversation: str, people: list[str]) -> list[str]:
        async with answering():
            reply = await self._call(conversation, people, self._present_ms)
        return sorted(reply[2:])

    async def run(self) -> None:
        """Beat until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for share in self._open:
                due += self.ping_seconds / BEATS
                await asyncio.sleep(due - loop.time())
                conversations = list(share.items())
                for at in range(0, len(conversations), BATCH):
                    await self._beat(conversations[at : at + BATCH])

    @property
    def _present_ms(self) -> int:
        """How long a participant stays without another beat: an edge may miss one."""
        return int(self.ping_seconds * 2500)

    async def _beat(self, conversations: list[tuple[str, _Open]]) -> None:
        try:
            async with answering(), self._redis.pipeline(transaction=False) as pipe:
                for conversation, held in conversations:
                    await self._call(conversation, _named(*held.people), self._present_ms, pipe)
                replies = await pipe.execute()
        except LogUnavailable:  # the follower says so; streams that get no ping would be given up by their readers
            replies = [[held.epoch, held.offset] for _, held in conversations]
        for (_, held), reply in zip(conversations, replies, strict=True):
            if not reply:
                for stream in list(held.streams):
                    stream.doubt()
            elif reply[0]:
                _ping(held, reply[0], reply[1])

    async def _call(
        self, conversation: str, people: Iterable[str], stay_ms: int, pipe: Redis[str] | None = None
    ) -> list[Any]:
        keys, now = keys_of(conversation), now_ms()
        reply: list[Any] = await self._presence(
            keys=[keys.meta, keys.present], args=[keys.live, now, self._edge, now + stay_ms, *people], client=pipe
        )
        return reply

    def _say_farewell(self, conversation: str, participant: str) -> None:
        """Once the grace has passed, unless they came back."""
        if participant:
            task = asyncio.create_task(self._farewell(conversation, participant))
            self._farewells.add(task)
            task.add_done_callback(self._farewells.discard)

    async def _farewell(self, conversation: str, participant: str) -> None:
        with contextlib.suppress(LogUnavailable):  # then it ends by itself
            async with answering():
                await self._call(conversation, [participant], int(GRACE_SECONDS * 1000))
            await asyncio.sleep(GRACE_SECONDS)
            async with answering():
                await self._call(conversation, [], 0)


def _named(*participants: str) -> list[str]:
    return [participant for participant in participants if participant]


def _ping(held: _Open, epoch: str, offset: int) -> None:
    """What was there at the last beat must have arrived by now; what came since may be on its way."""
    ping = Line.of(dumps({"type": "ping", "epoch": epoch, "offset": offset}))
    expected = held.offset if held.epoch in ("", epoch) else offset
    held.epoch, held.offset = epoch, offset
    for stream in list(held.streams):
        stream.beat(ping, epoch, expected)
