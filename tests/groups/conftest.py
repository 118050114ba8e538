"""Two servers on one Redis, and people of whom Ada opens the conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from switchboard.settings import Settings
from tests.support.chat_server import SECRET
from tests.support.edge import Edge, Guest, serving
from tests.support.group import signed_in


@pytest.fixture
def settings(redis_url: str, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        redis_url=redis_url,
        secret_key=SECRET,
        data_dir=tmp_path,
        page_dir=tmp_path,
        limit_messages_per_person="off",
        limit_messages_per_conversation="off",
    )


@pytest.fixture
async def edge(settings: Settings) -> AsyncIterator[Edge]:
    async with serving(settings) as running:
        yield running


@pytest.fixture
async def other_edge(settings: Settings) -> AsyncIterator[Edge]:
    async with serving(settings) as running:
        yield running


@pytest.fixture
async def ada(edge: Edge) -> AsyncIterator[Guest]:
    async with edge.guest("Ada") as guest:
        yield guest


@pytest.fixture
async def bob(other_edge: Edge) -> AsyncIterator[Guest]:
    """On the other server."""
    async with other_edge.guest("Bob") as guest:
        yield guest


@pytest.fixture
async def carla(edge: Edge) -> AsyncIterator[Guest]:
    async with edge.guest("Carla") as guest:
        yield guest


@pytest.fixture
async def mia(edge: Edge) -> AsyncIterator[Guest]:
    """An operator."""
    async with signed_in(edge, "operator", "op_mia") as operator:
        yield operator


@pytest.fixture
async def shop(edge: Edge) -> AsyncIterator[Guest]:
    """A server of the site's."""
    async with signed_in(edge, "service", "shop") as service:
        yield service


@pytest.fixture
async def conversation(ada: Guest) -> str:
    """Ada's, with the bot."""
    return await ada.open()
