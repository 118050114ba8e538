"""The database, with its tables up to date once it is opened."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 5.0  # SQLite has one writer; the others wait this long
CONNECT_SECONDS = 5  # PostgreSQL's driver waits for ever
LOCKS = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(5330210)"}  # the others wait


class Database:
    """Opened when it is first needed, and again until that succeeds: who starts before it, or without it, goes on."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: Engine | None = None
        self._opening = threading.Lock()

    def engine(self) -> Engine:
        """Blocks, at most for seconds: call it in a thread. Raises `SQLAlchemyError` if it cannot be opened now."""
        with self._opening:
            if self._opened is None:
                self._opened = open_database(self._url)
            return self._opened


def open_database(url: str) -> Engine:
    """An engine on a migrated database. SQLite waits for its writer and keeps readers going (WAL)."""
    engine = _engine(url)
    migrate(engine)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest version. One process at a time on PostgreSQL and SQLite alike."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        if lock := LOCKS.get(engine.dialect.name):
            connection.exec_driver_sql(lock)  # ends with the transaction
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _engine(url: str) -> Engine:
    backend = make_url(url).get_backend_name()
    if backend != "sqlite":
        arguments = {"connect_timeout": CONNECT_SECONDS} if backend == "postgresql" else {}
        return create_engine(url, future=True, pool_pre_ping=True, connect_args=arguments)
    database = make_url(url).database
    if database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, future=True, connect_args={"timeout": BUSY_SECONDS})

    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA journal_mode=WAL"))
    return engine
