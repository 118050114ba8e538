"""A server for each test, and somebody who talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from switchboard.settings import Settings
from tests.support import edge as plain
from tests.support.chat_server import HOME, SECRET, Guest, Server


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A team's own page."""
    folder = tmp_path / "page"
    (folder / "img").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>Shop</h1>")
    (folder / "style.css").write_text("h1 { color: red }")
    (folder / "img" / "logo.svg").write_text("<svg/>")
    (folder / ".secret").write_text("hidden")
    (tmp_path / "outside.txt").write_text("outside")
    return folder


@pytest.fixture
def settings(redis_url: str, page: Path, tmp_path: Path) -> Settings:
    """Nothing of it comes from the environment of whoever runs the tests."""
    return Settings(
        _env_file=None, redis_url=redis_url, secret_key=SECRET, page_dir=page, data_dir=tmp_path, allowed_origins=HOME
    )


@pytest.fixture
async def server(edge: plain.Edge) -> AsyncIterator[Server]:
    async with httpx.AsyncClient(base_url=edge.url, timeout=20) as http:
        yield Server(edge, http)


@pytest.fixture
async def guest(server: Server) -> Guest:
    return await server.guest()


@pytest.fixture
async def edge(settings: Settings) -> AsyncIterator[plain.Edge]:
    """The channels, served."""
    async with plain.serving(settings) as running:
        yield running


@pytest.fixture
async def ada(edge: plain.Edge) -> AsyncIterator[plain.Guest]:
    async with edge.guest("Ada") as guest:
        yield guest


@pytest.fixture
async def eve(edge: plain.Edge) -> AsyncIterator[plain.Guest]:
    """Somebody whose business Ada's conversations are not."""
    async with edge.guest("Eve") as guest:
        yield guest
