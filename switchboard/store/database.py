"""The database, with its tables up to date once it is opened."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import TimeoutError as DatabaseTimeout

from switchboard.store.patience import patient

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 5.0  # for a lock: SQLite has one for who writes, PostgreSQL has many
ANSWER_SECONDS = 5.0  # for a statement of PostgreSQL's; ours touch one row by its key, or one conversation's
SILENT_SECONDS = 5.0  # after that PostgreSQL should have said that it gives up; it is frozen, or its disk is
CONNECT_SECONDS = 5  # PostgreSQL's driver waits for ever
MIGRATE_SECONDS = 600.0  # for a statement that changes a table, which may be large
LOCKS = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(5330210)"}  # the others wait


class Database:
    """Opened when it is first needed, and again until that succeeds: who starts before it, or without it, goes on."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: Engine | None = None
        self._opening = threading.Lock()

    def engine(self) -> Engine:
        """Blocks for seconds, who migrates for longer: call it in a thread.

        Raises `SQLAlchemyError` if it cannot be opened now.
        """
        if self._opened is not None:
            return self._opened
        if not self._opening.acquire(timeout=BUSY_SECONDS):  # or a queue would form before a database that is silent
            raise DatabaseTimeout(f"Another thread has not opened it for {BUSY_SECONDS:.0f} s")
        try:
            if self._opened is None:
                self._opened = open_database(self._url)
            return self._opened
        finally:
            self._opening.release()


def open_database(url: str) -> Engine:
    """An engine on a migrated database. SQLite waits for its writer and keeps readers going (WAL)."""
    migrating = bounded_engine(url, MIGRATE_SECONDS)
    try:
        migrate(migrating)
    finally:
        migrating.dispose()
    return bounded_engine(url)


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest version. One process at a time on PostgreSQL and SQLite alike."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        if lock := LOCKS.get(engine.dialect.name):
            connection.exec_driver_sql(lock)  # ends with the transaction
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def bounded_engine(url: str, answer_seconds: float | None = None) -> Engine:
    """Nothing is opened yet. Whoever waits longer than the constants above say gets a `SQLAlchemyError`."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend != "sqlite":
        arguments = _bounds(parsed, answer_seconds or ANSWER_SECONDS) if backend == "postgresql" else {}
        return create_engine(url, future=True, pool_pre_ping=True, pool_timeout=BUSY_SECONDS, connect_args=arguments)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, future=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _: Any) -> None:
    """What is deleted is overwritten, so that the file does not keep it."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA secure_delete=ON")


def _bounds(url: URL, answer_seconds: float) -> dict[str, Any]:
    """For PostgreSQL's driver, which has none of its own. What the URL has under `options` comes later, and wins."""
    options = {"lock_timeout": BUSY_SECONDS, "statement_timeout": answer_seconds}
    ours = " ".join(f"-c {name}={seconds * 1000:.0f}" for name, seconds in options.items())
    return {
        "connect_timeout": CONNECT_SECONDS,
        "options": f"{ours} {url.query.get('options', '')}".strip(),
        **patient(answer_seconds + SILENT_SECONDS),
    }
