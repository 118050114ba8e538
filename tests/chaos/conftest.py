"""Two edges, two workers, nginx, Redis and PostgreSQL, with a bot that trains in a second."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from switchboard.launch.cluster import Cluster
from switchboard.launch.environment import QUIET
from switchboard.launch.logs import LogFolder
from switchboard.launch.screen import Screen
from switchboard.settings import Settings
from tests.deploy.conftest import need_nginx
from tests.support.edge_process import free_port
from tests.support.postgres import PostgresServer

pytest.register_assert_rewrite("tests.chaos.account")

ROOT = Path(__file__).parents[2]
PARTS = ("edge-one", "edge-two", "worker-one", "worker-two", "actions")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bot's folder, with a model."""
    folder = tmp_path_factory.mktemp("chaos") / "bot"
    shutil.copytree(Path(__file__).parent / "bot", folder)
    for name in ("endpoints.yml", "credentials.yml"):
        shutil.copy(ROOT / name, folder)
    command = [sys.executable, "-m", "rasa", "train", "--quiet", "--skip-validation"]
    subprocess.run(command, cwd=folder, env={**os.environ, **QUIET}, check=True, capture_output=True)
    return folder


def make_ledger(url: str) -> None:
    """What the bot's actions write down, for good."""
    engine = create_engine(url, future=True)
    with engine.begin() as connection:
        connection.execute(text("create table if not exists ledger (key varchar(80), what varchar(80) not null)"))
    engine.dispose()


@pytest.fixture
async def cluster(
    trained: Path, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Cluster]:
    """All of it, ready, on ports that are free."""
    need_nginx()
    monkeypatch.chdir(trained)
    make_ledger(postgres.url)
    settings = Settings(
        _env_file=None, port=free_port(), data_dir=tmp_path, database_url=postgres.url, redis_url=None, action_url=None
    )
    ports = {part: free_port() for part in PARTS}
    running = Cluster(settings, LogFolder(tmp_path / "logs"), Screen(io.StringIO()), ports)
    try:
        await running.start_redis()
        await running.start()
        yield running
    finally:
        await running.stop()
