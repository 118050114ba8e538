"""Which workers there are, so that each wake-up is one worker's: the others would only find the lease taken."""

from __future__ import annotations

import hashlib

from redis.asyncio import Redis

from switchboard.log.connection import answering
from switchboard.log.keys import CREW, WAKE

ALIVE_MS = 3_000  # after its last report a worker counts as gone; it reports every second
LOOK = ""  # a wake-up that names no conversation: look for what waits, somebody has left


class Crew:
    """The workers as this one, `me`, knows them. Every method that asks Redis raises `LogUnavailable`."""

    def __init__(self, redis: Redis[str], me: str) -> None:
        self._redis = redis
        self._me = me
        self._names = [me]

    async def report(self) -> None:
        """Say that this worker is there, and learn who else is. By Redis's clock: each machine's own is a bit off."""
        async with answering(), self._redis.pipeline(transaction=False) as pipe:
            seconds, microseconds = await self._redis.time()
            now = seconds * 1000 + microseconds // 1000
            pipe.zadd(CREW, {self._me: now + ALIVE_MS})
            pipe.zremrangebyscore(CREW, "-inf", now)
            pipe.zrange(CREW, 0, -1)
            *_, self._names = await pipe.execute()

    async def leave(self) -> None:
        """Leave what comes to the others, and have them look at once."""
        async with answering():
            await self._redis.zrem(CREW, self._me)
            await self._redis.publish(WAKE, LOOK)

    def is_ours(self, conversation: str) -> bool:
        """Whether this worker is to answer a wake-up. By rendezvous hashing: who comes or goes moves only its share."""
        return max(self._names, key=lambda name: _weight(name, conversation)) == self._me


def _weight(name: str, conversation: str) -> bytes:
    return hashlib.blake2b(f"{name} {conversation}".encode(), digest_size=8).digest()
