"""Hears that somebody wants a turn to stop, in whatever process works on it."""

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

Turn = tuple[str, str]  # conversation, turn
EARLY = 1_000  # remembered; most are turns of other processes


class Stops:
    """The turns of this process that may be stopped. `run()` is a task that lives as long as they do."""

    def __init__(self, log: Log, follower: Follower) -> None:
        self._log = log
        self._follower = follower
        self._watched: dict[Turn, Callable[[], None]] = {}
        self._early: deque[Turn] = deque(maxlen=EARLY)  # heard before anybody watched
        self._tasks: list[asyncio.Task[None]] = []

    @contextlib.contextmanager
    def watch(self, conversation: str, turn_id: str, stop: Callable[[], None]) -> Iterator[None]:
        """Calls `stop` when somebody asks for it, perhaps more than once, or has done so a moment ago."""
        self._watched[conversation, turn_id] = stop
        if (conversation, turn_id) in self._early:
            stop()
        try:
            yield
        finally:
            self._watched.pop((conversation, turn_id), None)

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
                        conversation, _, turn_id = line.json.partition(" ")
                        self._stop((conversation, turn_id))

    async def _look(self) -> None:
        """After a gap nobody knows what was asked meanwhile."""
        for conversation, turn_id in list(self._watched):
            try:
                if await self._log.is_stopping(conversation, turn_id):
                    self._stop((conversation, turn_id))
            except LogUnavailable as error:
                logger.warning("Cannot see whether %s %s is to stop: %s", conversation, turn_id, error)

    def _stop(self, turn: Turn) -> None:
        if stop := self._watched.get(turn):
            stop()
        else:
            self._early.append(turn)
