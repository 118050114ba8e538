"""A conversation as one endless sequence of frames, whatever was missed: what every stream sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from switchboard.log import snapshot
from switchboard.log.codec import dumps
from switchboard.log.follower import Follower, Subscription
from switchboard.log.keys import ConversationKeys
from switchboard.log.log import Line, Log, Position

PING_SECONDS = 15.0  # half of the shortest proxy time-out that is common, 30 s
RETRY_MS = 1_000


@dataclass(frozen=True)
class Frame:
    """What a client gets: JSON, and its position if it is an entry or a snapshot."""

    json: str
    position: Position | None = None


class Reader:
    """Follows one conversation for one client, from the client's position, or from a snapshot if it has none."""

    def __init__(self, log: Log, follower: Follower, conversation: str, *, ping_seconds: float = PING_SECONDS) -> None:
        self._log = log
        self._follower = follower
        self._conversation = conversation
        self._ping_seconds = ping_seconds
        self._at = Position("", 0)

    async def frames(self, start: Position | None) -> AsyncIterator[Frame]:
        """`connected`, a snapshot if needed, then every entry in order, with pings in silence, until cancelled.

        Raises `SlowReader` if the client reads too slowly, `LogUnavailable`, `UnknownConversation`.
        """
        async with self._follower.subscribe(ConversationKeys(self._conversation).live) as subscription:
            await self._arrived(subscription)
            async for frame in self._connect(start):
                yield frame
            while True:
                lines, ping = await self._arrived(subscription)
                if ping:
                    yield ping
                elif lines is None:
                    async for frame in self._catch_up():
                        yield frame
                else:
                    async for frame in self._live(lines):
                        yield frame

    async def _arrived(self, subscription: Subscription) -> tuple[list[Line] | None, Frame | None]:
        try:
            return await asyncio.wait_for(subscription.take(), self._ping_seconds), None
        except asyncio.TimeoutError:
            now = await self._log.describe(self._conversation)
            return [], Frame(dumps({"type": "ping", "epoch": now.epoch, "offset": now.offset}))

    async def _connect(self, start: Position | None) -> AsyncIterator[Frame]:
        now = await self._log.describe(self._conversation)
        recovered = start is not None and await self._reaches(start, Position(now.epoch, now.offset))
        hello = {
            "type": "connected",
            "epoch": now.epoch,
            "offset": now.offset,
            "recovered": recovered,
            "pingInterval": int(self._ping_seconds * 1000),
            "retry": RETRY_MS,
        }
        yield Frame(dumps(hello))
        if recovered and start is not None:
            self._at = start
            async for frame in self._catch_up():
                yield frame
        else:
            self._at, wire = await snapshot.take(self._log, now)
            yield Frame(dumps(wire), self._at)

    async def _reaches(self, start: Position, end: Position) -> bool:
        """Whether the log still has everything after `start`."""
        if start.epoch != end.epoch or start.offset > end.offset:
            return False
        first = await self._log.read(self._conversation, start.offset, count=1)
        return start.offset == end.offset or bool(first and first[0].offset == start.offset + 1)

    async def _catch_up(self) -> AsyncIterator[Frame]:
        """All entries after our position; a snapshot instead where they were trimmed meanwhile, or the epoch changed."""
        now = await self._log.describe(self._conversation)
        if not await self._reaches(self._at, Position(now.epoch, now.offset)):
            async for frame in self._connect(None):
                yield frame
            return
        while lines := await self._log.read(self._conversation, self._at.offset):
            if lines[0].offset != self._at.offset + 1:
                async for frame in self._connect(None):
                    yield frame
                return
            for line in lines:
                yield self._entry(line)

    async def _live(self, lines: list[Line]) -> AsyncIterator[Frame]:
        for line in lines:
            if line.offset == 0:
                yield Frame(line.json)
            elif line.offset == self._at.offset + 1:
                yield self._entry(line)
            elif line.offset > self._at.offset:
                async for frame in self._catch_up():
                    yield frame

    def _entry(self, line: Line) -> Frame:
        self._at = Position(self._at.epoch, line.offset)
        return Frame(line.json, self._at)
