"""What has arrived for one reader and has not been taken yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from switchboard.log.line import Line, merged

MAX_QUEUED_LINES = 1_000
MAX_QUEUED_BYTES = 1 << 20

Direct = Callable[[Line], bool]


class SlowReader(Exception):
    """Raised to a reader that let more queue up than it may; it can resume from its position."""


class Subscription:
    """One reader's side of the `Follower`.

    While the reader waits it is up to date, so a line goes straight to it (`direct`), without a queue and without
    waking its task: with 10,000 readers that is five times as fast. Only a reader that refuses a line gets a queue.
    """

    __slots__ = ("_bytes", "_direct", "_lines", "_resync", "_slow", "_waiting")

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._bytes = 0
        self._slow = False
        self._resync = False
        self._waiting: asyncio.Future[None] | None = None  # an Event would cost every idle reader half a kilobyte
        self._direct: Direct | None = None

    def push(self, line: Line) -> None:
        """Hand the line over, or queue it, or give up on the reader if it is too far behind. Never waits."""
        if self._direct is not None:
            if self._direct(line):
                return
            self._direct = None  # what comes now queues up behind this line
        if self._slow:
            return
        self._lines.append(line)
        self._bytes += line.size
        if self._is_full():
            self._make_room()
        self._wake()

    def resync(self) -> None:
        """Something may have been missed: the reader is to read the log again."""
        self._direct = None
        self._resync = True
        self._wake()

    async def take(self, direct: Direct | None = None) -> list[Line] | None:
        """All that has arrived, at least one line; `None`: read the log from your position. Raises `SlowReader`.

        `direct` gets the lines that come while this waits, as long as it returns true.
        """
        while not (self._lines or self._resync or self._slow):
            self._direct = direct
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._direct = self._waiting = None
        if self._slow:
            raise SlowReader
        lines, self._lines, self._bytes = self._lines, [], 0
        if self._resync:
            self._resync = False
            return None
        return lines

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _is_full(self) -> bool:
        return len(self._lines) > MAX_QUEUED_LINES or self._bytes > MAX_QUEUED_BYTES

    def _make_room(self) -> None:
        """What can be said in less is; if that does not free half of the room, the reader is too slow."""
        self._lines = merged(self._lines)
        self._bytes = sum(line.size for line in self._lines)
        if len(self._lines) > MAX_QUEUED_LINES // 2 or self._bytes > MAX_QUEUED_BYTES // 2:
            self._slow = True
            self._lines, self._bytes = [], 0
