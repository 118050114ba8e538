"""Migrations make exactly the tables that the code uses, once, whoever comes first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.engine import Engine

from switchboard.store.database import MIGRATIONS, migrate, open_database
from switchboard.store.tables import metadata

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path}/deep/folder/test.db")


def test_migrations_and_tables_say_the_same(engine: Engine) -> None:
    with engine.connect() as connection:
        options = {"compare_type": True, "version_table": "switchboard_version"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO tasks (id, conversation, name, arguments, status, started_at) VALUES (1, 2, 3, 4, 5, 6)")
        )
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM tasks")).scalar() == 1


def test_every_migration_can_be_taken_back(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["switchboard_version"]
    migrate(engine)
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "switchboard_version"}


def test_tables_of_others_in_the_same_database_are_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/test.db"
    with open_database(url).begin() as connection:
        connection.execute(text("CREATE TABLE orders (id INTEGER)"))
    assert "orders" in inspect(open_database(url)).get_table_names()


def test_sqlite_reads_while_it_is_written(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_processes_that_open_a_new_database_at_once_all_succeed(tmp_path: Path) -> None:
    opening = "from switchboard.store.database import open_database"
    program = f"import sys; {opening}; sys.stdin.readline(); open_database(sys.argv[1])"
    url = f"sqlite:///{tmp_path}/new.db"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, url], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, "\n".join(errors)
