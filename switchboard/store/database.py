"""Opens the database, with its tables up to date."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Engine, make_url

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 10  # SQLite has one writer; the others wait this long
LOCKS = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(5330210)"}  # the others wait


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
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, future=True, pool_pre_ping=True)
    database = make_url(url).database
    if database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, future=True, connect_args={"timeout": BUSY_SECONDS})

    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA journal_mode=WAL"))
    return engine
