"""An archiver as a process of its own: `python -m tests.support.archiver_process <redis> <database>`."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from switchboard.archive.archiver import FEED, Archiver
from switchboard.archive.entries import Entries
from switchboard.log.connection import connect
from switchboard.log.feed import Feed
from switchboard.log.follower import Follower
from switchboard.store.database import Database
from tests.support.waiting import running

LEASE_MS = 300
PAUSES = (0.02, 0.2)  # seconds
RESCAN_SECONDS = 0.02
BATCH = 10  # entries: small, so that a process dies between many transactions


@contextlib.asynccontextmanager
async def archiver_process(
    redis_url: str, database_url: str, output: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """One that may be killed, and is at the end."""
    with output.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, redis_url, database_url, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


@contextlib.asynccontextmanager
async def archiving(redis_url: str, database_url: str) -> AsyncIterator[Archiver]:
    """One in this process, with a connection of its own."""
    client = connect(redis_url)
    follower = Follower(client)
    feed = Feed(client, FEED, lease_ms=LEASE_MS)
    entries = Entries(Database(database_url))
    archiver = Archiver(
        feed, follower, entries, batch=BATCH, pauses=PAUSES, rescan_seconds=RESCAN_SECONDS, gather_seconds=0.0
    )
    try:
        async with running(follower.run()), running(archiver.run()):
            yield archiver
    finally:
        await client.close()
        await client.connection_pool.disconnect()


async def archive(redis_url: str, database_url: str) -> None:
    """Until killed."""
    async with archiving(redis_url, database_url):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(archive(sys.argv[1], sys.argv[2]))
