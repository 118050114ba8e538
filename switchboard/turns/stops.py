"""Hears that somebody wants a turn, or one task of it, to stop, in whatever process works on it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterator

from switchboard.log.errors import LogUnavailable
from switchboard.log.follower import AWAY, Follower
from switchboard.log.keys import STOP
from switchboard.log.log import Log
from switchboard.log.subscription import SlowReader

logger = logging.getLogger(__name__)

Work = tuple[str, str]  # conversation, and a turn or a task
EARLY = 1_000  # remembered; most are of other processes


class Stops:
    """What this process works on and may be stopped. `run()` is a task that lives as long as they do."""

    def __init__(self, log: Log, follower: Follower) -> None:
        self._log = log
        self._follower = follower
        self._watched: dict[Work, Callable[[], None]] = {}
        self._early: deque[Work] = deque(maxlen=EARLY)  # heard before anybody watched
        self._tasks: list[asyncio.Task[None]] = []

    @contextlib.contextmanager
    def watch(self, conversation: str, what: str, stop: Callable[[], None]) -> Iterator[None]:
        """Calls `stop` when somebody asks for it, perhaps more than once, or has done so a moment ago."""
        self._watched[conversation, what] = stop
        if (conversation, what) in self._early:
            stop()
        try:
            yield
        finally:
            self._watched.pop((conversation, what), None)

    def listen(self) -> None:
        """Run in the background of this event loop, from the first call on, with a follower of its own."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._follower.run()), asyncio.create_task(self.run())]

    async def run(self) -> None:
        """Hear until cancelled."""
        while True:
            with contextlib.suppress(SlowReader):
                await self._hear()

    async def _hear(self) -> None:
        async with self._follower.subscribe(STOP) as asked:
            while True:
                lines = await asked.take()
                if lines is None:
                    await self._look()
                for line in lines or ():
                    if line is not AWAY:
                        conversation, _, what = line.json.partition(" ")
                        self._stop((conversation, what))

    async def _look(self) -> None:
        """After a gap nobody knows what was asked meanwhile."""
        for conversation, what in list(self._watched):
            try:
                if await self._log.is_stopping(conversation, what):
                    self._stop((conversation, what))
            except LogUnavailable as error:
                logger.warning("Cannot see whether %s %s is to stop: %s", conversation, what, error)

    def _stop(self, work: Work) -> None:
        if stop := self._watched.get(work):
            stop()
        else:
            self._early.append(work)
