"""Whoever waits for the database is told so in the end. Real servers; the bounds are shorter than as shipped."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as DatabaseTimeout

from switchboard.store import database
from switchboard.store.database import Database, open_database
from switchboard.store.history import History
from tests.support.waiting import bounded

CALLERS = 4
SHORT = 0.2  # seconds
Freeze = Callable[[], contextlib.AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", SHORT)


@pytest.fixture
def other(postgres_url: str) -> Iterator[Engine]:
    """Another session's way to the same database."""
    engine = create_engine(postgres_url, future=True)
    yield engine
    engine.dispose()


@contextlib.asynccontextmanager
async def held(other: Engine, statement: str) -> AsyncIterator[None]:
    """A lock that another session has, and gives back even when the test fails: a thread may wait for it."""
    with other.connect() as connection:
        connection.execute(text(statement))
        async with bounded():
            yield
        connection.rollback()


async def test_a_task_does_not_wait_for_a_table_that_somebody_has_locked(postgres_url: str, other: Engine) -> None:
    history = History(Database(postgres_url))
    assert await history.begin("t_1", "c_1", None, "pay", {}) is None
    async with held(other, "LOCK TABLE tasks"):
        for _ in range(CALLERS):
            with pytest.raises(OperationalError, match="lock timeout"):
                await history.begin("t_2", "c_1", None, "pay", {})
        with pytest.raises(OperationalError, match="lock timeout"):
            await history.completed("t_1")
    assert await history.begin("t_2", "c_1", None, "pay", {}) is None


async def test_a_statement_that_is_not_answered_in_time_is_given_up(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ANSWER_SECONDS", SHORT)
    with (
        open_database(postgres_url).connect() as connection,
        pytest.raises(OperationalError, match="statement timeout"),
    ):
        connection.execute(text("SELECT pg_sleep(3600)"))


async def test_nobody_waits_for_a_migration_of_another_process_for_long(postgres_url: str, other: Engine) -> None:
    """Who is turned away tries again with the next task."""
    waiting = Database(postgres_url)
    async with held(other, database.LOCKS["postgresql"]):
        with pytest.raises(OperationalError, match="lock timeout"):
            await asyncio.to_thread(waiting.engine)
    assert await asyncio.to_thread(waiting.engine)


def test_a_migration_has_more_time_than_a_task(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed: list[str] = []

    def note(engine: Engine) -> None:
        with engine.connect() as connection:
            allowed.append(connection.execute(text("SHOW statement_timeout")).scalar())

    monkeypatch.setattr(database, "migrate", note)
    note(open_database(postgres_url))
    assert allowed == ["10min", "5s"]


@pytest.fixture
def frozen(other: Engine) -> Freeze:
    """Freezes PostgreSQL: its machine takes what is sent, and nobody answers, nor keeps to a time-out."""

    @contextlib.contextmanager
    def freeze() -> Iterator[None]:
        with other.connect() as connection:
            server = psutil.Process(connection.execute(text("SELECT pg_backend_pid()")).scalar()).parent()
        assert server
        processes = [server, *server.children()]
        try:
            for process in processes:
                process.suspend()
            yield
        finally:
            for process in processes:
                process.resume()

    return freeze


async def test_nobody_waits_for_a_server_that_is_frozen(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, frozen: Freeze
) -> None:
    monkeypatch.setattr(database, "ANSWER_SECONDS", SHORT)
    monkeypatch.setattr(database, "SILENT_SECONDS", SHORT)
    monkeypatch.setattr(database, "CONNECT_SECONDS", 2)  # the driver takes no less
    history = History(Database(postgres_url))
    await history.begin("t_3", "c_1", None, "pay", {})
    async with bounded():
        with frozen(), pytest.raises(OperationalError):
            await history.completed("t_3")
    await history.completed("t_3")


async def test_whoever_is_in_the_middle_of_a_transaction_when_the_server_freezes_is_told(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, frozen: Freeze
) -> None:
    monkeypatch.setattr(database, "ANSWER_SECONDS", SHORT)
    monkeypatch.setattr(database, "SILENT_SECONDS", SHORT)

    def commit() -> None:
        with open_database(postgres_url).connect() as connection:
            connection.execute(text("UPDATE tasks SET status = status"))
            with frozen():
                connection.commit()

    async with bounded():
        with pytest.raises(OperationalError):
            await asyncio.to_thread(commit)


def test_options_of_the_url_are_kept_and_win(postgres_url: str) -> None:
    url = make_url(postgres_url).update_query_dict({"options": "-c statement_timeout=7s -c application_name=chat"})
    with open_database(url.render_as_string(hide_password=False)).connect() as connection:
        found = [
            connection.execute(text(f"SHOW {name}")).scalar()
            for name in ("lock_timeout", "statement_timeout", "application_name")
        ]
    assert found == ["200ms", "7s", "chat"]


async def test_callers_do_not_queue_behind_one_that_opens_a_silent_database() -> None:
    """They are turned away while the first still waits for the database's first word."""
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(CALLERS) as threads:
        url = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing"
        opening = Database(url)
        first = asyncio.wrap_future(threads.submit(opening.engine))
        connection, _ = await asyncio.to_thread(silent.accept)
        with connection:
            others = [asyncio.wrap_future(threads.submit(opening.engine)) for _ in range(CALLERS - 1)]
            ends = await asyncio.gather(*others, return_exceptions=True)
            assert [type(end) for end in ends] == [DatabaseTimeout] * (CALLERS - 1)
            assert not first.done()
        with pytest.raises(SQLAlchemyError):
            await first
