"""One Redis subscription per process, fanned out to all its readers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from switchboard.log.line import Line
from switchboard.log.pulse import PING_SECONDS, Pulse
from switchboard.log.subscription import Subscription

logger = logging.getLogger(__name__)

RECONNECT_SECONDS = (0.05, 2.0)  # first and longest pause between tries to reach Redis
QUIET_SECONDS = 10.0  # after this much silence Redis is asked whether it is there; after twice as much it is not
ALIVE = "sb:follow"  # keeps the connection subscribed while nobody reads
AWAY = Line.of('{"type":"status","live":false}')  # what readers are told while Redis is away


class Follower:
    """Subscribes to channels while somebody reads them. `run()` is a task that lives as long as the process.

    Every reader is told to read the log once Redis has confirmed the subscription, at first and after every reconnect:
    subscribe first, then read, then drop what was seen. So nothing can fall between history and what is live.
    """

    def __init__(self, redis: Redis[str], *, ping_seconds: float = PING_SECONDS) -> None:
        self._redis = redis
        self.pulse = Pulse(redis, ping_seconds)
        self._pubsub: PubSub | None = None
        self._readers: dict[str, set[Subscription]] = {}
        self._confirmed: set[str] = set()

    @contextlib.asynccontextmanager
    async def subscribe(self, channel: str) -> AsyncIterator[Subscription]:
        """Everything published on the channel, from its first `None` (read the log now) on."""
        subscription = Subscription()
        readers = self._readers.setdefault(channel, set())
        readers.add(subscription)
        try:
            if channel in self._confirmed:
                subscription.resync()
            elif len(readers) == 1:
                await self._send("subscribe", channel)
            yield subscription
        finally:
            readers.discard(subscription)
            if not readers:
                self._readers.pop(channel, None)
                self._confirmed.discard(channel)
                await self._send("unsubscribe", channel)

    async def _send(self, command: str, channel: str) -> None:
        """Tell Redis, if it is there; after a reconnect `run` subscribes to everything that has readers."""
        if self._pubsub is not None:
            with contextlib.suppress(RedisError, OSError):
                await getattr(self._pubsub, command)(channel)

    async def run(self) -> None:
        """Receive, and beat, until cancelled, over any number of lost connections."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(), name="follower")
            group.create_task(self.pulse.run(), name="pulse")

    async def _follow(self) -> None:
        pause, longest = RECONNECT_SECONDS
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    async with asyncio.timeout(QUIET_SECONDS):
                        await pubsub.subscribe(ALIVE)
                    self._pubsub = pubsub  # from here on newcomers subscribe themselves; those who came before:
                    if self._readers:
                        await pubsub.subscribe(*self._readers)
                    await self._receive(pubsub)
            except (RedisError, OSError) as error:
                if self._confirmed:
                    pause = RECONNECT_SECONDS[0]
                logger.warning("Redis is away, trying again in %.2f s: %s", pause, error)
                self._tell_all_that_it_is_away()
            finally:
                self._pubsub = None
                self._confirmed.clear()
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    def _tell_all_that_it_is_away(self) -> None:
        for channel in self._confirmed:  # once for each loss: the others know it
            for reader in self._readers.get(channel, ()):
                reader.push(AWAY)

    async def _receive(self, pubsub: PubSub) -> None:
        asked = False
        while True:
            message = await pubsub.get_message(timeout=QUIET_SECONDS)
            if message is not None:
                asked = False
                self._dispatch(message)
            elif asked:
                raise RedisConnectionError("no answer to a ping")
            else:
                asked = True
                await pubsub.ping()

    def _dispatch(self, message: dict[str, str]) -> None:
        channel = message["channel"]
        readers = self._readers.get(channel, ())
        if message["type"] == "subscribe":
            self._confirmed.add(channel)
            for reader in readers:
                reader.resync()
        elif message["type"] == "message":
            line = Line.of(message["data"])
            for reader in readers:
                reader.push(line)
