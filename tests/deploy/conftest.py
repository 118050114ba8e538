"""The shipped `deploy/nginx.conf`, run by an nginx without rights, in front of two edges."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from switchboard.launch import proxy
from tests.support.edge_process import EdgeProcess, free_port, two_edges
from tests.support.redis_server import RedisServer
from tests.support.waiting import until

PING_SECONDS = 0.3  # 15 as shipped


@dataclass
class Proxy:
    """A running nginx, and what is behind it."""

    url: str
    one: EdgeProcess
    two: EdgeProcess


def need_nginx() -> None:
    """Skips on a machine without one, fails in CI."""
    if proxy.program():
        return
    missing = "nginx is not installed: `apt-get install nginx-light` brings it"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@contextlib.asynccontextmanager
async def in_front_of(
    one: EdgeProcess, two: EdgeProcess, folder: Path, read_seconds: float = 60
) -> AsyncIterator[Proxy]:
    """An nginx that answers; `read_seconds` is its time-out."""
    port = free_port()
    changed = {"proxy_read_timeout    60s;": f"proxy_read_timeout {read_seconds * 1000:.0f}ms;"}
    command = proxy.configured(folder, port, {5006: one.port, 5007: two.port}, changed)
    process = await asyncio.create_subprocess_exec(*command)
    try:
        async with httpx.AsyncClient() as http:

            async def answers() -> bool:
                assert process.returncode is None, (folder / "error.log").read_text()
                with contextlib.suppress(httpx.TransportError):
                    return (await http.get(f"http://127.0.0.1:{port}/chat/v1/health")).status_code == 200
                return False

            await until(answers)
        yield Proxy(f"http://127.0.0.1:{port}", one, two)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def edges_behind_nginx(redis_url: str, folder: Path) -> AsyncIterator[Proxy]:
    """Two edges that share nothing but Redis, and nginx."""
    need_nginx()
    async with (
        two_edges(redis_url, folder, ping=PING_SECONDS) as (one, two),
        in_front_of(one, two, folder) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def running_proxy(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One for all tests of a module."""
    folder = tmp_path_factory.mktemp("nginx")
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(edges_behind_nginx(redis_server.url, folder)) as running,
    ):
        yield running


@pytest.fixture(name="proxy")
def proxy_of_this_test(running_proxy: Proxy, redis_url: str) -> Proxy:
    """With an empty Redis."""
    return running_proxy


@pytest.fixture
async def ada(proxy: Proxy) -> AsyncIterator[httpx.AsyncClient]:
    """A guest, who knows nginx only."""
    async with httpx.AsyncClient(base_url=proxy.url, timeout=20) as http:
        session = (await http.post("/chat/v1/sessions", json={"name": "Ada"})).json()
        http.headers["Authorization"] = f"Bearer {session['token']}"
        yield http
