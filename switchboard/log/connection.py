"""How this project connects to Redis, and what it makes of Redis's errors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import redis.asyncio
from redis import exceptions

from switchboard.log.errors import LogUnavailable

MAX_CONNECTIONS = 256  # per process, one for each command under way; above it Redis counts as unavailable
WAIT_SECONDS = 5.0  # for a connect or an answer; a script takes well under a millisecond


def connect(url: str) -> redis.asyncio.Redis[str]:
    """A client with a bounded pool. Nothing is sent before the first command.

    It has no `socket_timeout`: with one, redis-py 4.6 sends through `asyncio.wait_for`, which in Python 3.11 swallows a
    cancellation that comes as the send ends. `answering` bounds the wait instead.
    """
    return redis.asyncio.Redis.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        socket_connect_timeout=WAIT_SECONDS,
        decode_responses=True,
    )


@contextlib.asynccontextmanager
async def answering() -> AsyncIterator[None]:
    """Turns every way in which Redis fails into `LogUnavailable`: silence of `WAIT_SECONDS`, full memory."""
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            yield
    except (exceptions.RedisError, OSError) as error:
        raise LogUnavailable(f"Redis does not do it: {error!r}") from error
