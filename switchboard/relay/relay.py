"""The relay: takes a feed and delivers it, conversation by conversation, each in order, many side by side."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Protocol

from switchboard.log.errors import LogUnavailable
from switchboard.log.feed import Feed
from switchboard.log.follower import Follower
from switchboard.log.subscription import SlowReader
from switchboard.relay.message import Message, messages_of

logger = logging.getLogger(__name__)

FEED = "broker"  # one for whichever broker: a new one goes on where the old one ended
SIDE_BY_SIDE = 32  # conversations; each waits for its broker's word before its next message
PAUSES = (0.5, 10.0)  # seconds: the first and the longest between tries to reach a broker that is away
RESCAN_SECONDS = 1.0  # finds what no wake-up announced: what a process that died has left


class BrokerUnavailable(Exception):
    """Raised when a broker has not confirmed a message: it may have it or not, and gets it again."""


class Publisher(Protocol):
    """A message broker."""

    @property
    def types(self) -> frozenset[str]:
        """The types of messages that it wants; the others are passed over."""

    async def deliver(self, message: Message) -> None:
        """Returns once the broker has taken the message for good. Raises `BrokerUnavailable`."""


class Relay:
    """Delivers until it is stopped. Of several relays of one feed each has some partitions, under a lease.

    A message goes out when the one before it in its conversation is confirmed; what is not confirmed is delivered
    again. There is no last try: the feed waits, and bounds what it keeps.
    """

    def __init__(
        self,
        feed: Feed,
        follower: Follower,
        publisher: Publisher,
        *,
        pauses: tuple[float, float] = PAUSES,
        rescan_seconds: float = RESCAN_SECONDS,
    ) -> None:
        self._feed = feed
        self._follower = follower
        self._publisher = publisher
        self._first_pause, self._longest_pause = pauses
        self._rescan_seconds = rescan_seconds
        self._held: frozenset[int] = frozenset()
        self._until = 0.0  # by the loop's clock: then what is held may be another's

    async def run(self) -> None:
        """Deliver until cancelled; then leave the partitions to others at once.

        Raises an `ExceptionGroup` if the leases are not renewed any more: nothing must be delivered without.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hold(), name="partitions of the relay")
                group.create_task(self._follow(), name="deliveries of the relay")
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
                    busy = await self._round()
                except Exception as error:  # the edge of the process: whatever it is, it is tried again, and told
                    known = isinstance(error, (BrokerUnavailable, LogUnavailable))
                    logger.warning("Not delivered, trying again in %.1f s: %s", pause, error, exc_info=not known)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, self._longest_pause)
                    continue
                pause = self._first_pause
                if not busy:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._rescan_seconds):
                            await news.take()

    async def _round(self) -> bool:
        """One batch of each conversation that is due; whether there was any. Raises the first failure, after all."""
        held = self._held if asyncio.get_running_loop().time() < self._until else frozenset()
        due = await self._feed.due(held, SIDE_BY_SIDE)
        results = await asyncio.gather(*(self._deliver(conversation) for conversation in due), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return bool(due)

    async def _deliver(self, conversation: str) -> None:
        batch = await self._feed.take(conversation)
        reached = batch.start
        try:
            for message, after in messages_of(batch):
                if message.type in self._publisher.types:
                    await self._publisher.deliver(message)
                reached = after
        finally:
            await self._feed.advance(conversation, reached)
