"""The shipped `deploy/nginx.conf`, run by an nginx without rights, in front of two edges."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from switchboard.launch import proxy
from tests.support.edge_process import EdgeProcess, edge_process, free_port
from tests.support.waiting import until

PING_SECONDS = 0.5
READ_SECONDS = 3  # nginx's time-out in the tests; 60 as shipped, with a ping every 15


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
async def in_front_of(one: EdgeProcess, two: EdgeProcess, folder: Path) -> AsyncIterator[Proxy]:
    """An nginx that answers."""
    port = free_port()
    shorter = {"proxy_read_timeout    60s;": f"proxy_read_timeout {READ_SECONDS}s;"}
    command = proxy.configured(folder, port, {5006: one.port, 5007: two.port}, shorter)
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


@pytest.fixture(name="proxy")
async def running_proxy(redis_url: str, tmp_path: Path) -> AsyncIterator[Proxy]:
    """Two edges that share nothing but Redis, and nginx."""
    need_nginx()
    async with (
        edge_process(redis_url, tmp_path / "one.log", ping=PING_SECONDS) as one,
        edge_process(redis_url, tmp_path / "two.log", ping=PING_SECONDS) as two,
        in_front_of(one, two, tmp_path) as running,
    ):
        yield running


@pytest.fixture
async def ada(proxy: Proxy) -> AsyncIterator[httpx.AsyncClient]:
    """A guest, who knows nginx only."""
    async with httpx.AsyncClient(base_url=proxy.url, timeout=20) as http:
        session = (await http.post("/chat/v1/sessions", json={"name": "Ada"})).json()
        http.headers["Authorization"] = f"Bearer {session['token']}"
        yield http
