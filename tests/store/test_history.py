"""Every run of a task is on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from switchboard.store.database import Database
from switchboard.store.history import History


async def test_a_task_is_on_record_from_its_start_to_its_end(tmp_path: Path) -> None:
    clock = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n) for n in range(10))
    history = History(Database(f"sqlite:///{tmp_path}/h.db"), clock=lambda: next(clock))
    await history.begin("k1", "c_1", "t4", "track", {"order": "1001"})
    (running,) = await history.of("c_1")
    assert (running.status, running.arguments, running.turn, running.ended_at) == (
        "running",
        {"order": "1001"},
        "t4",
        None,
    )
    await history.begin("k2", "c_1", None, "cancel", {})
    await history.completed("k1")
    await history.failed("k2", "refused", "too_late")
    first, second = await history.of("c_1")
    assert (first.id, first.status, first.reason) == ("k1", "completed", None)
    assert (second.id, second.status, second.reason) == ("k2", "refused", "too_late")
    assert await history.of("c_2") == []
