"""Files forget too: Redis's log of changes, SQLite's free pages, our own logs."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis.asyncio
from sqlalchemy import select

from switchboard.log.errors import ArchiveUnavailable
from switchboard.store.database import Database
from switchboard.store.tables import accounts
from tests.records.world import MARK, ZOE, World
from tests.support.waiting import until

Redis = redis.asyncio.Redis


async def test_a_file_that_is_read_at_that_moment_is_written_over_later(durable: Redis[str], tmp_path: Path) -> None:
    world = World(durable, f"sqlite:///{tmp_path}/sql/records.db")
    await world.talk()
    database = Database(world.url).engine()
    with database.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        reader.execute(select(accounts)).all()
        await world.requests.ask(ZOE.id)
        with pytest.raises(ArchiveUnavailable):
            await world.eraser.look()
        assert await world.requests.open() != []
    database.dispose()
    for _ in range(2):
        await world.eraser.look()
    assert await world.requests.open() == []
    assert MARK.encode() not in b"".join(path.read_bytes() for path in (tmp_path / "sql").iterdir())


async def test_the_files_forget_too_once_they_are_written_anew(
    durable: Redis[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    url = f"sqlite:///{tmp_path}/sql/records.db"
    world = World(durable, url)
    await world.talk()

    def files() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    assert MARK.encode() in files()
    await world.erase(ZOE)

    async def is_written() -> bool:
        info = await durable.info("persistence")
        return not (info["aof_rewrite_in_progress"] or info["aof_rewrite_scheduled"])

    await until(is_written)
    assert MARK.encode() not in files()
    assert MARK not in caplog.text
