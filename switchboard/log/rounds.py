"""Serves a feed: holds its partitions, waits for what is new, and has it dealt with round by round."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from switchboard.log.errors import LogUnavailable
from switchboard.log.feed import Feed
from switchboard.log.follower import Follower
from switchboard.log.subscription import SlowReader

logger = logging.getLogger(__name__)

SIDE_BY_SIDE = 32  # conversations a round
PAUSES = (0.5, 10.0)  # seconds: the first and the longest between tries where what takes the feed is away
RESCAN_SECONDS = 1.0  # finds what no wake-up announced: what a process that died has left


class Rounds:
    """Runs until it is stopped. Of several processes on one feed each has some partitions, under a lease.

    `deal` gets the conversations of a round, takes and advances them itself, and raises what kept it from that; the
    round then comes again after a pause. There is no last try: the feed waits, and bounds what it keeps.
    """

    def __init__(
        self,
        feed: Feed,
        follower: Follower,
        deal: Callable[[list[str]], Awaitable[None]],
        *,
        expected: tuple[type[Exception], ...],
        pauses: tuple[float, float] = PAUSES,
        rescan_seconds: float = RESCAN_SECONDS,
        gather_seconds: float = 0.0,
    ) -> None:
        """`expected`: what may go wrong without a defect; the trace of anything else is logged.

        `gather_seconds`: how long what is new may wait for more, where many at once cost less than one by one.
        """
        self._feed = feed
        self._follower = follower
        self._deal = deal
        self._expected = (*expected, LogUnavailable)
        self._first_pause, self._longest_pause = pauses
        self._rescan_seconds = rescan_seconds
        self._gather_seconds = gather_seconds
        self._held: frozenset[int] = frozenset()
        self._until = 0.0  # by the loop's clock: then what is held may be another's

    async def run(self) -> None:
        """Until cancelled; then leave the partitions to others at once.

        Raises an `ExceptionGroup` if the leases are not renewed any more: nothing must be taken without.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hold(), name=f"partitions of {self._feed.name}")
                group.create_task(self._follow(), name=f"rounds of {self._feed.name}")
        finally:
            with contextlib.suppress(LogUnavailable):
                await self._feed.release()

    async def _hold(self) -> None:
        seconds, now = self._feed.lease_ms / 1000, asyncio.get_running_loop().time
        while True:
            asked = now()  # no lease begins before
            try:
                await self._feed.register()
                self._held, self._until = await self._feed.hold(), asked + seconds
            except LogUnavailable as error:
                logger.warning("Cannot renew the lease of %s: %s", self._feed.name, error)
            await asyncio.sleep(seconds / 3)

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(SlowReader):
                await self._listen()

    async def _listen(self) -> None:
        async with self._follower.subscribe(self._feed.wake) as news:
            pause = self._first_pause
            while True:
                try:
                    held = self._held if asyncio.get_running_loop().time() < self._until else frozenset()
                    due = await self._feed.due(held, SIDE_BY_SIDE)
                    await self._deal(due)
                except Exception as error:  # the edge of the process: whatever it is, it is tried again, and told
                    self._tell(error, pause)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, self._longest_pause)
                    continue
                pause = self._first_pause
                if not due:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._rescan_seconds):
                            await news.take()
                    await asyncio.sleep(self._gather_seconds)

    def _tell(self, error: Exception, pause: float) -> None:
        known = isinstance(error, self._expected)
        logger.warning(
            "The feed %s waits, trying again in %.1f s: %s", self._feed.name, pause, error, exc_info=not known
        )
