"""An edge in a process of its own, whose log must stay free of tracebacks, and a bot that answers behind it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from switchboard.log.connection import connect
from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox
from switchboard.log.log import Log
from switchboard.turns.worker import Worker
from tests.support.edge import Guest
from tests.support.edge_process import EdgeProcess, edge_process
from tests.support.host_site import HostSite
from tests.support.redis_server import RedisServer
from tests.support.scripted_bot import ScriptedBot
from tests.support.waiting import running


@contextlib.asynccontextmanager
async def answering_edge(redis_url: str, folder: Path) -> AsyncIterator[EdgeProcess]:
    """The edge, and in this process a worker with the bot."""
    client = connect(redis_url)
    follower = Follower(client)
    worker = Worker(Log(client), Inbox(client), follower, ScriptedBot(), drain_seconds=0.0)
    async with running(follower.run()), running(worker.run()), edge_process(redis_url, folder / "edge.log") as process:
        yield process
    await client.close()
    await client.connection_pool.disconnect()


@pytest.fixture(scope="module")
def fuzzed(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    """One for all tests of a module: nothing that comes in may harm what comes in later. It has a host's keys."""
    folder = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch, start_blocking_portal() as portal:
        patch.setenv("IDENTITY_KEYS", str(HostSite(folder / "keys.json").file))
        with portal.wrap_async_context_manager(answering_edge(redis_server.url, folder)) as process:
            yield process


@pytest.fixture
async def edge(fuzzed: EdgeProcess, redis_url: str) -> AsyncIterator[EdgeProcess]:
    """Checks at the end that nothing went wrong inside."""
    yield fuzzed
    async with httpx.AsyncClient(base_url=fuzzed.url) as http:
        assert (await http.get("/chat/v1/health")).status_code == 200
    output = fuzzed.output.read_text()
    assert "Traceback" not in output and " ERROR " not in output, output[-4000:]


@pytest.fixture
async def ada(edge: EdgeProcess) -> AsyncIterator[Guest]:
    """A guest with a client of her own."""
    async with httpx.AsyncClient(base_url=edge.url, timeout=10) as http:
        session = (await http.post("/chat/v1/sessions", json={"name": "Ada"})).json()
        http.headers["Authorization"] = f"Bearer {session['token']}"
        yield Guest(http, session["participant"]["id"], session["token"])
