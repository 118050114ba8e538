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

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._bytes = 0
        self._slow = False
        self._resync = False
        self._arrived = asyncio.Event()
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
        self._arrived.set()

    def resync(self) -> None:
        """Something may have been missed: the reader is to read the log again."""
        self._direct = None
        self._resync = True
        self._arrived.set()

    async def take(self, direct: Direct | None = None) -> list[Line] | None:
        """All that has arrived, at least one line; `None`: read the log from your position. Raises `SlowReader`.

        `direct` gets the lines that come while this waits, as long as it returns true.
        """
        if not self._arrived.is_set():
            self._direct = direct
        try:
            await self._arrived.wait()
        finally:
            self._direct = None
        self._arrived.clear()
        if self._slow:
            raise SlowReader
        lines, self._lines, self._bytes = self._lines, [], 0
        if self._resync:
            self._resync = False
            return None
        return lines

    def _is_full(self) -> bool:
        return len(self._lines) > MAX_QUEUED_LINES or self._bytes > MAX_QUEUED_BYTES

    def _make_room(self) -> None:
        """What can be said in less is; if that does not free half of the room, the reader is too slow."""
        self._lines = merged(self._lines)
        self._bytes = sum(line.size for line in self._lines)
        if len(self._lines) > MAX_QUEUED_LINES // 2 or self._bytes > MAX_QUEUED_BYTES // 2:
            self._slow = True
            self._lines, self._bytes = [], 0
