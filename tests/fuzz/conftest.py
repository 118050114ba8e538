"""An edge in a process of its own, whose log must stay free of tracebacks, and a bot that answers behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import redis.asyncio

from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox
from switchboard.log.log import Log
from switchboard.turns.worker import Worker
from tests.support.edge import Guest
from tests.support.edge_process import EdgeProcess, edge_process
from tests.support.host_site import HostSite
from tests.support.scripted_bot import ScriptedBot
from tests.support.waiting import running


@pytest.fixture
async def edge(
    redis_url: str, log: Log, client: redis.asyncio.Redis[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[EdgeProcess]:
    """It has a host's keys, so that identities are looked at. Checks at the end that nothing went wrong inside."""
    monkeypatch.setenv("IDENTITY_KEYS", str(HostSite(tmp_path / "keys.json").file))
    follower = Follower(client)
    worker = Worker(log, Inbox(client), follower, ScriptedBot(), drain_seconds=0.0)
    async with (
        running(follower.run()),
        running(worker.run()),
        edge_process(redis_url, tmp_path / "edge.log") as process,
    ):
        yield process
        async with httpx.AsyncClient(base_url=process.url) as http:
            assert (await http.get("/chat/v1/health")).status_code == 200
        output = process.output.read_text()
        assert "Traceback" not in output and " ERROR " not in output, output[-4000:]


@pytest.fixture
async def ada(edge: EdgeProcess) -> AsyncIterator[Guest]:
    """A guest with a client of her own."""
    async with httpx.AsyncClient(base_url=edge.url, timeout=10) as http:
        session = (await http.post("/chat/v1/sessions", json={"name": "Ada"})).json()
        http.headers["Authorization"] = f"Bearer {session['token']}"
        yield Guest(http, session["participant"]["id"], session["token"])
