"""A server that has lost a task on which it depends says so, and ends, so that its supervisor starts another."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import httpx
import pytest

from channels import vitals
from channels.vitals import Vitals
from switchboard.log.follower import ALIVE
from tests.support.edge import Edge
from tests.support.edge_process import edge_process
from tests.support.redis_server import RedisServer
from tests.support.waiting import bounded, until

NO_TEXT = b"\xff"  # published by whoever shares our Redis: the follower has no answer to that


async def test_a_server_whose_follower_has_died_is_not_healthy(
    edge: Edge, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = asyncio.Event()
    monkeypatch.setattr(vitals, "stop_process", stopped.set)
    async with bounded(), httpx.AsyncClient() as http:
        assert (await http.get(f"{edge.url}/chat/v1/health")).json()["status"] == "starting"
        await until_it_has_read(redis_server)
        await stopped.wait()
        answer = await http.get(f"{edge.url}/chat/v1/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "failed")


async def test_an_edge_whose_follower_has_died_ends_as_a_failure(redis_server: RedisServer, tmp_path: Path) -> None:
    async with edge_process(redis_server.url, tmp_path / "edge.log") as process, bounded():
        await until_it_has_read(redis_server)
        assert await process.process.wait() == os.EX_OK + 1
        assert "The follower of Redis has ended" in process.output.read_text()


async def until_it_has_read(redis_server: RedisServer) -> None:
    """Once somebody who follows was there to read it."""

    async def read() -> bool:
        return bool(redis_server.command("PUBLISH", ALIVE, NO_TEXT))  # type: ignore[arg-type]

    await until(read)


async def test_a_task_that_is_stopped_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[bool] = []
    monkeypatch.setattr(vitals, "stop_process", lambda: stopped.append(True))
    watched = Vitals()
    task = asyncio.create_task(asyncio.sleep(60))
    watched.watch(task)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (watched.failed, stopped) == (False, [])
