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

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 5.0  # for a lock: SQLite has one for who writes, PostgreSQL has many
ANSWER_SECONDS = 5.0  # for a statement of PostgreSQL's; ours touch one row by its key, or one conversation's
CONNECT_SECONDS = 5  # PostgreSQL's driver waits for ever
MIGRATE_SECONDS = 600.0  # for a statement that changes a table, which may be large
LOCKS = {  # the others wait, for `BUSY_SECONDS`; it ends with the transaction
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": f"SET LOCAL statement_timeout = '{MIGRATE_SECONDS:.0f}s'; SELECT pg_advisory_xact_lock(5330210)",
}


class Database:
    """Opened when it is first needed, and again until that succeeds: who starts before it, or without it, goes on."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: Engine | None = None
        self._opening = threading.Lock()

    def engine(self) -> Engine:
        """Blocks, at most for seconds: call it in a thread. Raises `SQLAlchemyError` if it cannot be opened now."""
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
    engine = bounded_engine(url)
    migrate(engine)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest version. One process at a time on PostgreSQL and SQLite alike."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        if lock := LOCKS.get(engine.dialect.name):
            connection.exec_driver_sql(lock)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def bounded_engine(url: str) -> Engine:
    """Nothing is opened yet. Whoever waits longer than the constants above say gets a `SQLAlchemyError`."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend != "sqlite":
        arguments = _bounds(parsed) if backend == "postgresql" else {}
        return create_engine(url, future=True, pool_pre_ping=True, pool_timeout=BUSY_SECONDS, connect_args=arguments)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, future=True, connect_args={"timeout": BUSY_SECONDS})

    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA journal_mode=WAL"))
    return engine


def _bounds(url: URL) -> dict[str, Any]:
    """For PostgreSQL's driver, which has none of its own. What the URL has under `options` comes later, and wins."""
    options = {"lock_timeout": BUSY_SECONDS, "statement_timeout": ANSWER_SECONDS}
    ours = " ".join(f"-c {name}={seconds * 1000:.0f}" for name, seconds in options.items())
    return {
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": int(ANSWER_SECONDS * 1000),  # for its machine to have what was sent
        "keepalives_idle": int(ANSWER_SECONDS),  # then it is asked whether it is still there
        "keepalives_interval": 1,
        "options": f"{ours} {url.query.get('options', '')}".strip(),
    }
