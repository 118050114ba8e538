"""Who is killed, and when: by how far the customers have come, so that there is always something to spoil."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass

import httpx

from switchboard.launch.cluster import REDIS, Cluster
from tests.chaos.customers import Progress

EDGES, WORKERS = ("edge-one", "edge-two"), ("worker-one", "worker-two")
OTHERS = (*EDGES, "actions", "archiver", "nginx")
FIRST, LAST = 0.05, 0.9  # of all messages
TOGETHER = 0.2  # how likely a kill follows another at once
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Kill:
    """Once so many messages have come to an end."""

    after: int
    victim: str


def plan(dice: random.Random, messages: int, kills: int, workers: int, redis: int = 2) -> list[Kill]:
    """`kills` in all, of which so many of workers, and so many of Redis besides. Nobody is spared."""
    victims = _each(dice, WORKERS, workers) + _each(dice, OTHERS, kills - workers) + [REDIS] * redis
    dice.shuffle(victims)
    times = sorted(dice.randrange(int(FIRST * messages), int(LAST * messages)) for _ in victims)
    for at in range(1, len(times)):
        if dice.random() < TOGETHER:
            times[at] = times[at - 1]
    return [Kill(after, victim) for after, victim in zip(times, victims, strict=True)]


def _each(dice: random.Random, names: tuple[str, ...], times: int) -> list[str]:
    """So many of them, each at least once."""
    return [*names, *(dice.choice(names) for _ in range(times - len(names)))]


async def carry_out(kills: list[Kill], cluster: Cluster, progress: Progress, *, spare_a_worker: bool) -> None:
    """Kill them all. `spare_a_worker`: never one while the other is not there."""
    for kill in kills:
        await progress.reach(kill.after)
        if spare_a_worker and kill.victim in WORKERS:
            (other,) = set(WORKERS) - {kill.victim}
            await _ready(f"{cluster.url(other)}/chat/v1/health")
        await cluster.members[kill.victim].kill()


async def _ready(url: str) -> None:
    async with httpx.AsyncClient() as http:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get(url)).status_code == 200:
                    return
            await asyncio.sleep(POLL_SECONDS)
