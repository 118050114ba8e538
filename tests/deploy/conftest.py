"""The shipped `deploy/nginx.conf`, run by an nginx without rights, in front of two edges."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.edge_process import EdgeProcess, edge_process, free_port
from tests.support.waiting import until

SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx.conf"
PING_SECONDS = 0.5
READ_SECONDS = 3  # nginx's time-out in the tests; 60 as shipped, with a ping every 15
MAIN = """
daemon off;
pid {folder}/nginx.pid;
worker_processes 1;
error_log {folder}/error.log info;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on;  # as in Debian's
    include {folder}/site.conf;
}}
"""


@dataclass
class Proxy:
    """A running nginx, and what is behind it."""

    url: str
    one: EdgeProcess
    two: EdgeProcess


def nginx() -> str:
    """The program, which Debian puts where only root looks. Skips on a machine without one, fails in CI."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found:
        return found
    missing = "nginx is not installed: `apt-get install nginx-light` brings it"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


def rendered(port: int, one: int, two: int) -> str:
    """The shipped file with ports that are free and a shorter time-out. Nothing else is changed."""
    text = SHIPPED.read_text(encoding="utf-8")
    for pattern, value, times in (
        (r"listen 80;", f"listen 127.0.0.1:{port};", 1),
        (r"127\.0\.0\.1:5006", f"127.0.0.1:{one}", 2),
        (r"127\.0\.0\.1:5007", f"127.0.0.1:{two}", 2),
        (r"proxy_read_timeout +60s;", f"proxy_read_timeout {READ_SECONDS}s;", 1),
    ):
        text, count = re.subn(pattern, value, text)
        assert count == times, pattern
    return text


@contextlib.asynccontextmanager
async def in_front_of(one: EdgeProcess, two: EdgeProcess, folder: Path) -> AsyncIterator[Proxy]:
    """An nginx that answers."""
    program, port = nginx(), free_port()
    (folder / "site.conf").write_text(rendered(port, one.port, two.port))
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
    process = await asyncio.create_subprocess_exec(
        program, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")
    )
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


@pytest.fixture
async def proxy(redis_url: str, tmp_path: Path) -> AsyncIterator[Proxy]:
    """Two edges that share nothing but Redis, and nginx."""
    nginx()
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
