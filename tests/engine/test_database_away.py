"""The database is locked or gone: the customer is told, and afterwards everything works again."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from switchboard.runtime import runtime
from switchboard.store import database
from tests.engine.conftest import Talk
from tests.support import tiny_bot


@pytest.fixture(autouse=True)
def ledger(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was paid. And nobody waits for long."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    paid: list[str] = []
    monkeypatch.setattr(tiny_bot, "PAID", paid)
    return paid


async def pay(talk: Talk, order: int) -> tuple[str, dict[str, Any]]:
    """The bot's answer, and what became of the task."""
    (message,) = await talk.say(f"pay {order}")
    assert set(await talk.ends()) == {"completed"}
    return message["text"], (await talk.state())["tasks"]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another writer has it, for longer than anybody waits."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        yield
        writer.execute("ROLLBACK")


@contextlib.contextmanager
def moved_away(path: Path) -> Iterator[None]:
    """Nobody can open it."""
    path.rename(path.with_name("elsewhere"))
    path.mkdir()
    yield
    path.rmdir()
    path.with_name("elsewhere").rename(path)


@pytest.mark.parametrize("fault", [locked, moved_away])
@pytest.mark.parametrize("opened", [True, False], ids=["after it was opened", "before"])
async def test_what_cannot_be_put_on_record_is_not_begun_and_the_customer_is_told(
    talk: Talk, tmp_path: Path, ledger: list[str], fault: Any, opened: bool
) -> None:
    path = tmp_path / "history.db"
    if opened:
        assert (await pay(talk, 1))[0] == "It is paid."
    else:
        sqlite3.connect(path).close()
        path.touch()
    with fault(path):
        text, tasks = await pay(talk, 2)
    assert (text, ledger) == ("It cannot be paid now.", ["1"] if opened else [])
    assert [task["status"] for task in tasks] == ["completed"] * opened
    text, tasks = await pay(talk, 3)
    assert (text, ledger[-1], tasks[-1]["status"]) == ("It is paid.", "3", "completed")


async def test_without_a_database_the_bot_still_talks(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    runtime.cache_clear()
    assert [message["text"] for message in await talk.say("stream")] == ["One, two, three."]
    assert (await pay(talk, 1))[0] == "It cannot be paid now."
