"""What every process knows, so that nobody has to ask Redis for each request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable

from switchboard.log.errors import LogUnavailable
from switchboard.log.follower import AWAY, Follower
from switchboard.log.subscription import SlowReader

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0


class CommonKnowledge(ABC):
    """Read whole at first and after every gap; in between, each change is heard on a channel.

    `run()` is a task that lives as long as the process; `changed` is called after something is added.
    """

    def __init__(self, follower: Follower, channel: str) -> None:
        self._follower = follower
        self._channel = channel
        self.changed: Callable[[], None] = lambda: None

    @abstractmethod
    async def load(self) -> None:
        """What is known so far. Raises `LogUnavailable`."""

    @abstractmethod
    def _learn(self, text: str) -> None:
        """A change, as it was published."""

    async def run(self) -> None:
        """Hear of more until cancelled."""
        while True:
            with contextlib.suppress(SlowReader):
                await self._hear()

    async def _hear(self) -> None:
        async with self._follower.subscribe(self._channel) as told:
            while True:
                lines = await told.take()
                if lines is None:
                    await self._load()
                for line in lines or ():
                    if line is not AWAY:
                        self._learn(line.json)

    async def _load(self) -> None:
        """Until it succeeds: a Redis that is just starting, or is asked by everybody at once, may take a while."""
        while True:
            try:
                return await self.load()
            except LogUnavailable as error:
                logger.warning("Cannot read %s, trying again: %s", self._channel, error)
                await asyncio.sleep(PAUSE_SECONDS)
