"""Databases of both kinds, and the world on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis.asyncio
from sqlalchemy.engine import Engine

from switchboard.log.connection import connect
from switchboard.store.database import Database
from tests.records.world import World
from tests.support.redis_server import RedisServer

Redis = redis.asyncio.Redis


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/records.db"
    return str(request.getfixturevalue("postgres").empty())


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    engine = Database(database_url).engine()
    yield engine
    engine.dispose()


@pytest.fixture
async def world(client: Redis[str], database_url: str, database: Engine) -> World:
    return World(client, database_url)


@pytest.fixture
async def durable(durable_redis: RedisServer) -> AsyncIterator[Redis[str]]:
    client = connect(durable_redis.url)
    yield client
    await client.close()
    await client.connection_pool.disconnect()
