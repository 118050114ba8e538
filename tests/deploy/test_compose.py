"""The compose file says what is true of this project; the chaos test runs the parts that it names."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from switchboard.launch import proxy
from switchboard.launch.compose import COMPOSE, parts
from switchboard.settings import Settings
from switchboard.store.database import open_database

FILE: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
OF_OTHERS = {"SANIC_HOST", "PGPASSWORD"}  # variables of Sanic's and of PostgreSQL's driver
EVERYTHING = "p@ss:w/o?r#d% $'\"[]"  # that a URL, YAML or a shell would take for something else
RESOLVES = (1, 27, 3)  # the first version of nginx that resolves the servers of an upstream again


def test_there_are_two_edges_two_workers_an_archiver_and_an_action_server() -> None:
    names = ["edge-one", "edge-two", "worker-one", "worker-two", "archiver", "actions"]
    assert [part.name for part in parts()] == names


def test_every_variable_is_a_setting() -> None:
    known = {name.upper() for name in Settings.__fields__} | OF_OTHERS
    for part in parts():
        assert set(FILE["services"][part.name]["environment"]) <= known


def test_the_image_keeps_production_rules_and_no_secret_has_a_default() -> None:
    dockerfile = (Path(proxy.SHIPPED).parents[1] / "Dockerfile").read_text(encoding="utf-8")
    assert "SWITCHBOARD_MODE=production" in dockerfile
    for name in ("SECRET_KEY", "ALLOWED_ORIGINS"):
        assert FILE["x-environment"][name].startswith(f"${{{name}:?")


def test_nginx_finds_both_edges_by_their_names_and_again_when_their_addresses_change(tmp_path: Path) -> None:
    """Only Docker has the names, and Debian's nginx cannot resolve again: what nginx gets to read is looked at here."""
    nginx, made = FILE["services"]["nginx"], tmp_path / "default.conf"
    program, option, command = shlex.split(nginx["command"])
    making, _, _ = command.partition("&&")
    for path, here in (("/switchboard.conf", proxy.SHIPPED), ("/etc/nginx/conf.d/default.conf", made)):
        assert path in making
        making = making.replace(path, shlex.quote(str(here)))
    subprocess.run([program, option, making], check=True)
    written = made.read_text(encoding="utf-8")
    servers = re.findall(r"^ *server (\S+) (\w+) ", written, re.MULTILINE)
    assert servers == [(f"{part.name}:{part.port}", "resolve") for part in parts()[:2]] * 2
    assert written.startswith("resolver 127.0.0.11 valid=5s;\n")
    version = re.match(r"nginx:(\d+)\.(\d+)", nginx["image"])
    assert version
    assert tuple(map(int, version.groups())) > RESOLVES


@pytest.fixture
def strict_postgres(postgres_url: str) -> Iterator[str]:
    """The URL of a PostgreSQL's user who needs a password, `EVERYTHING`, without it."""
    engine = create_engine(postgres_url, future=True, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP ROLE IF EXISTS strict"))
        quoted = EVERYTHING.replace("'", "''")
        connection.exec_driver_sql(f"CREATE ROLE strict LOGIN SUPERUSER PASSWORD '{quoted}'".replace("%", "%%"))
        rules = Path(str(connection.execute(text("SHOW hba_file")).scalar()))
        before = rules.read_text()
        rules.write_text(f"local all strict scram-sha-256\n{before}")
        connection.execute(text("SELECT pg_reload_conf()"))
        yield make_url(postgres_url).set(username="strict").render_as_string(hide_password=False)
        rules.write_text(before)
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def test_the_password_of_the_database_may_have_any_character(
    strict_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = FILE["x-environment"]
    assert make_url(environment["DATABASE_URL"]).password is None
    assert environment["PGPASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    monkeypatch.setenv("PGPASSWORD", "wrong")
    with pytest.raises(OperationalError, match="password authentication failed"):
        open_database(strict_postgres)
    monkeypatch.setenv("PGPASSWORD", EVERYTHING)
    open_database(strict_postgres).dispose()


def test_redis_and_postgres_keep_what_they_acknowledge() -> None:
    assert "--appendonly yes" in FILE["services"]["redis"]["command"]
    kept = {volume.partition(":")[0] for name in ("redis", "postgres") for volume in FILE["services"][name]["volumes"]}
    assert kept == set(FILE["volumes"])
