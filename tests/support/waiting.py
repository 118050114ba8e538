"""Waiting for what must happen; the bound only ends a test that has failed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

BOUND_SECONDS = 10.0
POLL_SECONDS = 0.01


@contextlib.asynccontextmanager
async def bounded(seconds: float = BOUND_SECONDS) -> AsyncIterator[None]:
    """Fails the test if the block hangs."""
    async with asyncio.timeout(seconds):
        yield


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = BOUND_SECONDS) -> None:
    """Returns once something outside this process is so, and can only be asked for."""
    async with bounded(seconds):
        while not await condition():  # noqa: ASYNC110 - another process knows it, and tells nobody
            await asyncio.sleep(POLL_SECONDS)


@contextlib.asynccontextmanager
async def running(coroutine: Awaitable[None]) -> AsyncIterator[asyncio.Task[None]]:
    """A background task that ends with the block."""
    task = asyncio.ensure_future(coroutine)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
