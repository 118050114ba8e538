"""One Redis subscription per process, fanned out to all its readers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from switchboard.log.log import Line

logger = logging.getLogger(__name__)

MAX_QUEUED_LINES = 1_000  # per reader
MAX_QUEUED_BYTES = 1 << 20  # per reader
RECONNECT_SECONDS = (0.05, 2.0)  # first and longest pause between tries to reach Redis
QUIET_SECONDS = 10.0  # after this much silence Redis is asked whether it is there; after twice as much it is not
EPHEMERAL = 0  # the offset of what is published but not on the log
ALIVE = "sb:follow"  # keeps the connection subscribed while nobody reads


class SlowReader(Exception):
    """Raised to a reader that let more queue up than it may; it can resume from its position."""


class Subscription:
    """What has arrived for one reader and has not been taken yet."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque()
        self._bytes = 0
        self._slow = False
        self._resync = False
        self._arrived = asyncio.Event()

    def push(self, line: Line) -> None:
        """Queue a line, or give up on the reader if it is too far behind. Never waits."""
        self._bytes += len(line.json)
        if len(self._lines) >= MAX_QUEUED_LINES or self._bytes > MAX_QUEUED_BYTES:
            self._slow = True
            self._lines.clear()
        else:
            self._lines.append(line)
        self._arrived.set()

    def resync(self) -> None:
        """Something may have been missed: the reader is to read the log again."""
        self._resync = True
        self._arrived.set()

    async def take(self) -> list[Line] | None:
        """All that has arrived, at least one line; `None`: read the log from your position. Raises `SlowReader`."""
        await self._arrived.wait()
        self._arrived.clear()
        if self._slow:
            raise SlowReader
        if self._resync:
            self._resync = False
            self._lines.clear()
            self._bytes = 0
            return None
        lines = list(self._lines)
        self._lines.clear()
        self._bytes = 0
        return lines


class Follower:
    """Subscribes to channels while somebody reads them. `run()` is a task that lives as long as the process.

    Every reader is told to read the log once Redis has confirmed the subscription, at first and after every reconnect:
    subscribe first, then read, then drop what was seen. So nothing can fall between history and what is live.
    """

    def __init__(self, redis: Redis[str]) -> None:
        self._redis = redis
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
        """Receive until cancelled, over any number of lost connections."""
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
            finally:
                self._pubsub = None
                self._confirmed.clear()
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

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
            offset, _, json = message["data"].partition(" ")
            line = Line(int(offset), json) if offset.isdigit() else Line(EPHEMERAL, message["data"])
            for reader in readers:
                reader.push(line)
