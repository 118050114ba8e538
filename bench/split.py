"""Two edges and two workers, each a process: what a turn costs a worker, and how smooth streams stay meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import statistics
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psutil

from bench.server import free_port, prepare
from bench.turns import MANY, TURNS, Ours, Rest
from switchboard.launch.cluster import Cluster
from switchboard.launch.logs import LogFolder
from switchboard.launch.screen import Screen
from switchboard.settings import Settings

ROUNDS = 6
PROBE_SECONDS = 20.0
PARTS = ("edge-one", "edge-two", "worker-one", "worker-two", "actions")
ONE, BOTH = ("worker-one",), ("worker-one", "worker-two")


async def measure(folder: Path) -> dict[str, float]:
    """Turns per CPU second of workers, and the delays of an idle stream in milliseconds."""
    async with (
        _cluster(folder) as cluster,
        httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=4 * MANY)) as http,
    ):
        edge, worker = cluster.url("edge-one"), cluster.url("worker-one")
        await _turns(http, edge, Ours)
        rounds = [await _round(cluster, http, edge, worker) for _ in range(ROUNDS)]
        return {
            "cpu_per_turn_one_worker_ms": 1000 * statistics.median(one for one, _, _ in rounds),
            "cpu_per_turn_rest_ms": 1000 * statistics.median(rest for _, rest, _ in rounds),
            "cpu_per_turn_two_workers_ms": 1000 * statistics.median(two for _, _, two in rounds),
            "one_worker_over_rest": statistics.median(rest / one for one, rest, _ in rounds),
            "two_workers_over_one": statistics.median(one / two for one, _, two in rounds),
            **await _delays(cluster, http),
        }


async def _round(cluster: Cluster, http: httpx.AsyncClient, edge: str, worker: str) -> tuple[float, float, float]:
    """CPU seconds a turn: of one worker behind an edge, of the same with Rasa's REST channel, of both workers."""
    with _paused(cluster, "worker-two"):
        one = await _cost(cluster, ONE, http, edge, Ours)
        rest = await _cost(cluster, ONE, http, worker, Rest)
    return one, rest, await _cost(cluster, BOTH, http, edge, Ours)


@contextlib.asynccontextmanager
async def _cluster(folder: Path) -> AsyncIterator[Cluster]:
    settings = Settings(port=free_port(), data_dir=folder / "data", redis_url=None, action_url=None)
    running = Cluster(
        settings, LogFolder(folder / "logs"), Screen(io.StringIO()), {part: free_port() for part in PARTS}
    )
    with contextlib.chdir(prepare(folder)):
        try:
            await running.start_redis()
            await running.start()
            yield running
        finally:
            await running.stop()


@contextlib.contextmanager
def _paused(cluster: Cluster, name: str) -> Iterator[None]:
    child = cluster.members[name].child
    assert child
    child.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        child.signal(signal.SIGCONT)


async def _cost(
    cluster: Cluster, workers: tuple[str, ...], http: httpx.AsyncClient, url: str, kind: type[Rest | Ours]
) -> float:
    processes = [psutil.Process(child.pid) for name in workers if (child := cluster.members[name].child)]
    before = sum(sum(process.cpu_times()[:2]) for process in processes)
    await _turns(http, url, kind)
    return (sum(sum(process.cpu_times()[:2]) for process in processes) - before) / (MANY * TURNS)


async def _turns(http: httpx.AsyncClient, url: str, kind: type[Rest | Ours]) -> None:
    """So many conversations side by side."""
    chats = [kind(http, url) for _ in range(MANY)]
    await asyncio.gather(*(chat.open() for chat in chats))
    await asyncio.gather(*(_hold(chat) for chat in chats))
    await asyncio.gather(*(chat.close() for chat in chats))


async def _hold(chat: Rest | Ours) -> None:
    for _ in range(TURNS):
        await chat.turn()


async def _delays(cluster: Cluster, http: httpx.AsyncClient) -> dict[str, float]:
    """Of an idle stream at an edge, without and with busy workers, and of one at a worker itself."""
    figures = {"idle_p99_ms": _p99(await _probe(cluster, "edge-two"))}
    for name, where in (("edge", "edge-two"), ("worker", "worker-one")):
        probing = asyncio.create_task(_probe(cluster, where))
        while not probing.done():
            await _turns(http, cluster.url("edge-one"), Ours)
        figures[f"busy_at_{name}_p99_ms"] = _p99(probing.result())
    return figures


def _p99(delays: list[float]) -> float:
    return statistics.quantiles(delays, n=100)[-1]


async def _probe(cluster: Cluster, name: str) -> list[float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bench.probe", cluster.url(name), str(PROBE_SECONDS)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "REDIS_URL": cluster.settings.redis, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    output, _ = await process.communicate()
    delays: list[float] = json.loads(output)
    return delays
