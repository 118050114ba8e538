"""Whether a task is still wanted: somebody may cancel it while it runs, from another process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator


class Cancellation:
    """Of one task. What runs inside `ending` is cut off as at the end of its time, once somebody has asked."""

    def __init__(self) -> None:
        self.asked = False
        self._time: asyncio.Timeout | None = None

    def ask(self) -> None:
        """The task is to end; perhaps not the first time."""
        self.asked = True
        if self._time and not self._time.expired():
            self._time.reschedule(asyncio.get_running_loop().time())

    @contextlib.contextmanager
    def ending(self, time: asyncio.Timeout) -> Iterator[None]:
        """`time` is what the task has, and has been entered. Raises `TimeoutError` if somebody has asked before."""
        if self.asked:
            raise TimeoutError
        self._time = time
        try:
            yield
        finally:
            self._time = None
