"""A conversation as one endless sequence of frames, whatever was missed: what every stream sends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass

from switchboard.log import snapshot
from switchboard.log.codec import dumps
from switchboard.log.connection import WAIT_SECONDS
from switchboard.log.errors import LogUnavailable, TakesNoPart
from switchboard.log.follower import AWAY, Follower
from switchboard.log.keys import BACKSTAGE, keys_of
from switchboard.log.line import EPHEMERAL, IDENTIFIED, LEFT, Line
from switchboard.log.log import Conversation, Log, Position
from switchboard.log.ownership import QUEUE
from switchboard.log.subscription import Direct, Subscription

RETRY_MS = 1_000
BACK = '{"type":"status","live":true}'


@dataclass(frozen=True)
class Frame:
    """What a client gets: JSON, and its position if it is an entry or a snapshot."""

    json: str
    position: Position | None = None


class Reader:
    """Follows one conversation for one client, from the client's position, or from a snapshot if it has none.

    A `participant` counts as present while this reads, and reads for as long as they take part; backstage nobody does.
    """

    def __init__(
        self, log: Log, follower: Follower, conversation: str, participant: str = "", *, stays: bool = False
    ) -> None:
        """`stays`: who may read whether they take part or not."""
        self._log = log
        self._follower = follower
        self._conversation = conversation
        self._participant = participant
        self._stays = stays or conversation.startswith(BACKSTAGE)
        self._subscription = Subscription()
        self._epoch, self._offset = "", 0  # everything up to here was handed over
        self._told_away = False
        self._has_left = False
        self._direct: Direct | None = None

    async def frames(self, start: Position | None, direct: Direct | None = None) -> AsyncGenerator[list[Frame], None]:
        """`connected`, a snapshot if needed, then every entry in order, with pings between, until cancelled.

        Frames come in batches, each to be sent at once. While the next batch is waited for, lines go to `direct`, if
        given, for as long as it takes them (returns true): the shortest way to a client that keeps up.
        Raises `SlowReader` if the client reads too slowly, `TakesNoPart` once the participant has left or was removed,
        `LogUnavailable`, `UnknownConversation`.
        """
        self._direct = direct
        channel = keys_of(self._conversation).live
        pulse = self._follower.pulse
        async with (
            pulse.beating(
                self, self._conversation, self._participant
            ),  # first, so that nobody reads of their own coming
            self._follower.subscribe(channel) as self._subscription,
        ):
            await self._confirmed()
            async for frames in self._connect(start, await pulse.present(self._conversation)):
                yield frames
            while True:
                lines = await self._subscription.take(self._offer if self._direct else None)
                if lines is not None and self._follows(lines):
                    yield self._batch(line for line in lines if self._is_news(line))
                    await self._end_if_left()
                    continue
                async for frames in self._catch_up():
                    yield frames
                if self._told_away:
                    self._told_away = False
                    yield [Frame(BACK)]

    def beat(self, ping: Line, epoch: str, offset: int) -> None:
        """See `Beating`. A gap that no line betrayed is found here."""
        if epoch != self._epoch or self._offset < offset:
            self.doubt()
        self._subscription.push(ping)

    def doubt(self) -> None:
        """See `Beating`."""
        self._subscription.resync()

    async def _confirmed(self) -> None:
        """From here on nothing is missed."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while await self._subscription.take() is not None:
                    pass
        except TimeoutError as error:
            raise LogUnavailable("Redis does not confirm a subscription") from error

    def _is_news(self, line: Line) -> bool:
        return line.offset == EPHEMERAL or line.offset > self._offset

    def _offer(self, line: Line) -> bool:
        """A line that has just come, straight to the client; false if it must queue up."""
        assert self._direct
        if line.may_end:
            return False
        if line.offset == EPHEMERAL:
            self._told_away |= line is AWAY
            return self._direct(line)
        if line.epoch != self._epoch or line.offset > self._offset + 1:
            return False
        if line.offset == self._offset + 1:
            if not self._direct(line):
                return False
            self._offset = line.offset
        return True

    def _follows(self, lines: list[Line]) -> bool:
        """Whether the lines go on where we are, without a gap."""
        offset = self._offset
        for line in lines:
            if line.offset == EPHEMERAL or (line.epoch == self._epoch and line.offset <= self._offset):
                continue  # a merged line that begins before our position and ends behind it is a gap: it cannot be cut
            if line.epoch != self._epoch or line.first != offset + 1:
                return False
            offset = line.offset
        return True

    async def _connect(self, start: Position | None, present: list[str] | None) -> AsyncIterator[list[Frame]]:
        now = await self._described()
        recovered = start is not None and await self._reaches(start, Position(now.epoch, now.offset))
        hello = {
            "type": "connected",
            "epoch": now.epoch,
            "offset": now.offset,
            "recovered": recovered,
            "pingInterval": int(self._follower.pulse.ping_seconds * 1000),
            "retry": RETRY_MS,
        }
        if present is not None:
            hello["present"] = present
        yield [Frame(dumps(hello))]
        if recovered and start is not None:
            self._epoch, self._offset = start.epoch, start.offset
            async for frames in self._catch_up():
                yield frames
        else:
            position, wire = await snapshot.take(self._log, now)
            self._epoch, self._offset = position.epoch, position.offset
            yield [Frame(dumps(wire), position)]
        if now.owner.startswith(QUEUE):
            await self._log.say_place(self._conversation)

    async def _reaches(self, start: Position, end: Position) -> bool:
        """Whether the log still has everything after `start`."""
        if start.epoch != end.epoch or start.offset > end.offset:
            return False
        first = await self._log.read(self._conversation, start.offset, count=1)
        return start.offset == end.offset or bool(first and first[0].offset == start.offset + 1)

    async def _catch_up(self) -> AsyncIterator[list[Frame]]:
        """All entries after our position; a snapshot instead if they were trimmed meanwhile, or the epoch changed."""
        now = await self._described()
        whole = await self._reaches(Position(self._epoch, self._offset), Position(now.epoch, now.offset))
        while whole and (lines := await self._log.read(self._conversation, self._offset)):
            whole = self._follows(lines)
            if whole:
                yield self._batch(lines)
                await self._end_if_left()
        if not whole:
            async for frames in self._connect(None, None):
                yield frames

    def _batch(self, lines: Iterable[Line]) -> list[Frame]:
        """As frames, up to the one by which the participant left."""
        frames = []
        for line in lines:
            frames.append(self._frame(line))
            if line.may_end and self._ends(line):
                self._has_left = True
                break
        return frames

    def _ends(self, line: Line) -> bool:
        """Whether the participant is no longer there, or is somebody else from here on."""
        if line.type not in (LEFT, IDENTIFIED):
            return False
        entry = json.loads(line.json)
        return bool(entry["participantId" if line.type == LEFT else "formerly"] == self._participant)

    async def _end_if_left(self) -> None:
        """Raises `TakesNoPart`, unless they have come back since: then the log is read on from there."""
        if self._has_left:
            await self._described()
            self._has_left = False
            self._subscription.resync()

    async def _described(self) -> Conversation:
        """As of now. Raises `TakesNoPart` if the participant does not."""
        now = await self._log.describe(self._conversation)
        if self._participant and not self._stays and not now.has(self._participant):
            raise TakesNoPart(self._conversation, identified=self._participant in now.identified)
        return now

    def _frame(self, line: Line) -> Frame:
        if line.offset == EPHEMERAL:
            self._told_away |= line is AWAY
            return Frame(line.json)
        self._offset = line.offset
        return Frame(line.json, Position(line.epoch, line.offset))
