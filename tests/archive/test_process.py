"""`python -m switchboard.archive`, as a user starts it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator

from redis.asyncio import Redis
from sqlalchemy.engine import Engine

from switchboard.archive.archiver import FEED
from switchboard.log.feed import Feed
from switchboard.log.keys import PARTITIONS
from switchboard.log.log import Log
from tests.archive.conftest import talk
from tests.support.archived import archived, expected
from tests.support.people import start
from tests.support.waiting import BOUND_SECONDS, bounded, until

EXIT_SECONDS = 5.0


@contextlib.asynccontextmanager
async def process(**settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """One with these settings, that is killed at the end."""
    environment = {**dict(os.environ), **settings}
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "switchboard.archive"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def test_it_archives_and_when_told_to_stop_leaves_the_rest_to_others_at_once(
    client: Redis[str], redis_url: str, database_url: str, database: Engine
) -> None:
    log = Log(client)
    await start(log)
    await talk(log, "c_1", 50)
    async with process(REDIS_URL=redis_url, DATABASE_URL=database_url) as archiver:

        async def is_whole() -> bool:
            return await asyncio.to_thread(archived, database, "c_1") == await expected(log, "c_1")

        await until(is_whole, 2 * BOUND_SECONDS)
        archiver.terminate()
        async with bounded(EXIT_SECONDS):
            assert await archiver.wait() == 0
    assert await Feed(client, FEED).hold() == frozenset(range(PARTITIONS))


async def test_settings_that_are_not_safe_are_named(redis_url: str) -> None:
    async with process(REDIS_URL=redis_url, SWITCHBOARD_MODE="production", SECRET_KEY="short") as archiver:
        output, _ = await archiver.communicate()
    assert archiver.returncode == 2
    assert "SECRET_KEY must be" in output.decode()
    assert "Traceback" not in output.decode()
