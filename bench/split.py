"""Two edges and two workers, each a process: what a turn costs a worker, and how smooth streams stay meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import json
import os
import statistics
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from bench.server import Server, free_port, plain_rasa, prepare
from bench.turns import MANY, TURNS, Ours, Rest
from switchboard.launch.cluster import Cluster
from switchboard.launch.logs import LogFolder
from switchboard.launch.screen import Screen
from switchboard.settings import Settings

ROUNDS = 6
PROBE_SECONDS = 20.0
PARTS = ("edge-one", "edge-two", "worker-one", "worker-two", "actions")
WORKERS = ("worker-one", "worker-two")


@dataclass(frozen=True)
class Deployment:
    """Everything that runs: the cluster, and two plain Rasas on its Redis and its action server."""

    cluster: Cluster
    rasas: tuple[Server, ...]
    http: httpx.AsyncClient

    @property
    def edge(self) -> str:
        """Where our customers come in."""
        return self.cluster.url("edge-one")

    def workers(self) -> list[Server]:
        """Ours, which answer behind the edges."""
        children = [(name, self.cluster.members[name].child) for name in WORKERS]
        return [Server(self.cluster.url(name), psutil.Process(child.pid)) for name, child in children if child]

    @contextlib.contextmanager
    def one_worker(self) -> Iterator[None]:
        """The second stands still meanwhile."""
        second = self.workers()[1].process
        second.suspend()
        try:
            yield
        finally:
            second.resume()


@dataclass(frozen=True)
class Round:
    """CPU seconds a turn of the processes that answer."""

    ours: float
    rest: float
    both_ours: float
    both_rest: float


async def measure(folder: Path) -> dict[str, float]:
    """Turns per CPU second of workers, and the delays of an idle stream in milliseconds."""
    async with _deployment(folder) as deployment:
        await _turns(deployment.http, Ours, deployment.edge)
        rounds = [await _round(deployment) for _ in range(ROUNDS)]
        return {
            "cpu_per_turn_one_worker_ms": 1000 * statistics.median(each.ours for each in rounds),
            "cpu_per_turn_rest_ms": 1000 * statistics.median(each.rest for each in rounds),
            "cpu_per_turn_two_workers_ms": 1000 * statistics.median(each.both_ours for each in rounds),
            "one_worker_over_rest": statistics.median(each.rest / each.ours for each in rounds),
            "two_workers_over_one": statistics.median(each.ours / each.both_ours for each in rounds),
            "two_rests_over_one": statistics.median(each.rest / each.both_rest for each in rounds),
            **await _delays(deployment),
        }


async def _round(deployment: Deployment) -> Round:
    workers, rasas = deployment.workers(), deployment.rasas
    with deployment.one_worker():
        ours = await _cost(deployment.http, Ours, workers[:1], [deployment.edge])
    rest = await _cost(deployment.http, Rest, rasas[:1], [rasas[0].url])
    both_ours = await _cost(deployment.http, Ours, workers, [deployment.edge])
    both_rest = await _cost(deployment.http, Rest, rasas, [each.url for each in rasas])
    return Round(ours, rest, both_ours, both_rest)


@contextlib.asynccontextmanager
async def _deployment(folder: Path) -> AsyncIterator[Deployment]:
    settings = Settings(port=free_port(), data_dir=folder / "data", redis_url=None, action_url=None)
    cluster = Cluster(
        settings, LogFolder(folder / "logs"), Screen(io.StringIO()), {part: free_port() for part in PARTS}
    )
    bot = prepare(folder)
    with contextlib.chdir(bot), contextlib.ExitStack() as stack:
        try:
            await cluster.start_redis()
            await cluster.start()
            environment = {"REDIS_URL": settings.redis, "ACTION_URL": f"{cluster.url('actions')}/webhook"}
            rasas = tuple(stack.enter_context(plain_rasa(bot, environment)) for _ in WORKERS)
            limits = httpx.Limits(max_connections=4 * MANY)
            async with httpx.AsyncClient(timeout=60, limits=limits) as http:
                yield Deployment(cluster, rasas, http)
        finally:
            await cluster.stop()


async def _cost(
    http: httpx.AsyncClient, kind: type[Rest | Ours], processes: Sequence[Server], urls: Sequence[str]
) -> float:
    before = sum(process.cpu_seconds() for process in processes)
    await _turns(http, kind, *urls)
    return (sum(process.cpu_seconds() for process in processes) - before) / (MANY * TURNS)


async def _turns(http: httpx.AsyncClient, kind: type[Rest | Ours], *urls: str) -> None:
    """So many conversations side by side, dealt out to the servers."""
    chats = [kind(http, url) for _, url in zip(range(MANY), itertools.cycle(urls), strict=False)]
    await asyncio.gather(*(chat.open() for chat in chats))
    await asyncio.gather(*(_hold(chat) for chat in chats))
    await asyncio.gather(*(chat.close() for chat in chats))


async def _hold(chat: Rest | Ours) -> None:
    for _ in range(TURNS):
        await chat.turn()


async def _delays(deployment: Deployment) -> dict[str, float]:
    """Of an idle stream at an edge, without and with busy workers, and of one at a worker itself."""
    cluster = deployment.cluster
    figures = {"idle_p99_ms": _p99(await _probe(cluster, "edge-two"))}
    for name, where in (("edge", "edge-two"), ("worker", "worker-one")):
        probing = asyncio.create_task(_probe(cluster, where))
        while not probing.done():
            await _turns(deployment.http, Ours, deployment.edge)
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
