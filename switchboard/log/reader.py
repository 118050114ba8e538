"""A conversation as one endless sequence of frames, whatever was missed: what every stream sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from switchboard.log import snapshot
from switchboard.log.codec import dumps
from switchboard.log.follower import EPHEMERAL, Follower, Subscription
from switchboard.log.keys import keys_of
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

    def __init__(
        self,
        log: Log,
        follower: Follower,
        conversation: str,
        *,
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        self._log = log
        self._follower = follower
        self._conversation = conversation
        self._ping_seconds = ping_seconds
        self._at = Position("", 0)

    async def frames(self, start: Position | None) -> AsyncIterator[list[Frame]]:
        """`connected`, a snapshot if needed, then every entry in order, with pings in silence, until cancelled.

        Frames come in batches, each to be sent at once. Raises `SlowReader` if the client reads too slowly,
        `LogUnavailable`, `UnknownConversation`.
        """
        async with self._follower.subscribe(keys_of(self._conversation).live) as subscription:
            await self._arrived(subscription)
            async for frames in self._connect(start):
                yield frames
            while True:
                lines = await self._arrived(subscription)
                if lines == []:
                    yield [await self._ping()]
                elif lines is not None and self._follows(lines):
                    yield [
                        self._entry(line) for line in lines if line.offset > self._at.offset or line.offset == EPHEMERAL
                    ]
                else:
                    async for frames in self._catch_up():
                        yield frames

    async def _arrived(self, subscription: Subscription) -> list[Line] | None:
        """New lines; none after a silence; `None` if the log is to be read."""
        try:
            async with asyncio.timeout(self._ping_seconds):
                return await subscription.take()
        except TimeoutError:
            return []

    def _follows(self, lines: list[Line]) -> bool:
        """Whether the lines go on where we are, without a gap."""
        offset = self._at.offset
        for line in lines:
            if line.offset > offset + 1:
                return False
            offset = max(offset, line.offset)
        return True

    async def _ping(self) -> Frame:
        now = await self._log.describe(self._conversation)
        return Frame(dumps({"type": "ping", "epoch": now.epoch, "offset": now.offset}))

    async def _connect(self, start: Position | None) -> AsyncIterator[list[Frame]]:
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
        yield [Frame(dumps(hello))]
        if recovered and start is not None:
            self._at = start
            async for frames in self._catch_up():
                yield frames
        else:
            self._at, wire = await snapshot.take(self._log, now)
            yield [Frame(dumps(wire), self._at)]

    async def _reaches(self, start: Position, end: Position) -> bool:
        """Whether the log still has everything after `start`."""
        if start.epoch != end.epoch or start.offset > end.offset:
            return False
        first = await self._log.read(self._conversation, start.offset, count=1)
        return start.offset == end.offset or bool(first and first[0].offset == start.offset + 1)

    async def _catch_up(self) -> AsyncIterator[list[Frame]]:
        """All entries after our position; a snapshot instead if they were trimmed meanwhile, or the epoch changed."""
        now = await self._log.describe(self._conversation)
        whole = await self._reaches(self._at, Position(now.epoch, now.offset))
        while whole and (lines := await self._log.read(self._conversation, self._at.offset)):
            whole = lines[0].offset == self._at.offset + 1
            if whole:
                yield [self._entry(line) for line in lines]
        if not whole:
            async for frames in self._connect(None):
                yield frames

    def _entry(self, line: Line) -> Frame:
        if line.offset == EPHEMERAL:
            return Frame(line.json)
        self._at = Position(self._at.epoch, line.offset)
        return Frame(line.json, self._at)
