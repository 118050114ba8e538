"""A server without Rasa, and a guest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from switchboard.settings import Settings
from tests.support.chat_server import SECRET
from tests.support.edge import Edge, Guest, serving


@pytest.fixture
def settings(redis_url: str, tmp_path: Path) -> Settings:
    """Nothing of it comes from the environment of whoever runs the tests."""
    return Settings(_env_file=None, redis_url=redis_url, secret_key=SECRET, data_dir=tmp_path)


@pytest.fixture
async def edge(settings: Settings) -> AsyncIterator[Edge]:
    async with serving(settings) as running:
        yield running


@pytest.fixture
async def ada(edge: Edge) -> AsyncIterator[Guest]:
    async with edge.guest("Ada") as guest:
        yield guest
