"""More calls than the database can bear are turned away, and those that were let in come to their end."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from switchboard.log.errors import ArchiveUnavailable
from switchboard.store.calls import MAX_CALLS, Calls
from switchboard.store.database import Database
from tests.support.waiting import bounded


async def test_who_would_be_one_too_many_is_told_so_at_once(tmp_path: Path) -> None:
    calls, go = Calls(Database(f"sqlite:///{tmp_path}/test.db")), threading.Event()

    def wait(connection: Connection) -> int:
        go.wait()
        return int(connection.exec_driver_sql("SELECT 7").scalar())

    waiting = [asyncio.create_task(calls.read(wait)) for _ in range(MAX_CALLS)]
    try:
        async with bounded():
            await asyncio.sleep(0)  # they are on their way
            with pytest.raises(ArchiveUnavailable):
                await calls.read(wait)
    finally:
        go.set()
    assert await asyncio.gather(*waiting) == [7] * MAX_CALLS
    assert await calls.read(wait) == 7
