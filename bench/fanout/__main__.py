"""`python -m bench.fanout`: measures, prints, and writes `bench/fanout.json`; with names of figures, only those."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import sys
import tempfile
from pathlib import Path

from bench.fanout import figures, servers
from bench.fanout.figures import Figures, fan_out
from bench.fanout.servers import Ours
from switchboard.launch.redis_server import binary
from tests.support.redis_server import RedisServer

REPORT = Path(__file__).parents[1] / "fanout.json"
READERS = 10_000
FEWER = 2_000  # for a peer that loses connections of more while they wait for their turn
PAIRS = 2


def compare(ours: Ours) -> dict[str, object]:
    """One entry to all readers, ours and the others in turn, so that the machine's mood cancels out."""
    contestants = {
        "sse": figures.edge(ours),
        "node_sse": servers.node_sse,
        "raw_sanic": servers.raw_sanic,
        "websocket": figures.edge(ours, websocket=True),
        "node_socket_io": servers.node_socket_io,
        "rasa_socket_io": servers.rasa_socket_io,
    }
    crowds = {name: FEWER if name == "rasa_socket_io" else READERS for name in contestants}
    rounds = [{name: fan_out(serving, crowds[name]) for name, serving in contestants.items()} for _ in range(PAIRS)]
    result: dict[str, object] = {
        name: {figure: statistics.median(one[name][figure] for one in rounds) for figure in rounds[0][name]}
        for name in contestants
    }
    ratios = {}
    for mine in ("sse", "websocket"):
        for peer in contestants.keys() - {"sse", "websocket"}:
            ratios[f"{mine}/{peer}"] = _ratio(rounds, mine, peer)
    return result | {"ratios": dict(sorted(ratios.items()))}


def _ratio(rounds: list[dict[str, Figures]], mine: str, peer: str) -> Figures:
    return {
        figure: statistics.median(one[mine][figure] / one[peer][figure] for one in rounds)
        for figure in ("deliveries_per_s", "deliveries_per_cpu_s")
    }


def measure(ours: Ours, wanted: list[str]) -> dict[str, object]:
    """The figures that are wanted, or all."""
    known = {
        "fan_out": lambda: compare(ours),
        "idle_one_conversation": lambda: figures.idle(ours, READERS, 1),
        "idle_own_conversations": lambda: figures.idle(ours, READERS, READERS),
        "latency_200_viewers": lambda: figures.latency(ours, readers=200, conversations=1, per_second=25),
        "latency_1000_conversations": lambda: figures.latency(ours, readers=1_000, conversations=1_000, per_second=5),
        "stalled_reader": lambda: figures.stalled(ours, readers=50, per_second=25, size=20_000),
        "wire_bytes": lambda: figures.wire_bytes(ours),
        "kills": lambda: figures.kills(ours),
    }
    found: dict[str, object] = {}
    for name in wanted or known:
        found[name] = known[name]()
        print(json.dumps({name: found[name]}, indent=2), flush=True)
    return found


def main() -> None:
    """On two cores: the servers on one, the readers on the other."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as scratch:
        redis = RedisServer(binary(), Path(scratch))
        redis.start()
        os.sched_setaffinity(0, {servers.READER_CORE})
        try:
            found = measure(Ours(redis.url), sys.argv[1:])
        finally:
            redis.stop()
    if not sys.argv[1:]:
        about = {"python": platform.python_version(), "readers": READERS}
        REPORT.write_text(json.dumps(about | found, indent=2) + "\n")


if __name__ == "__main__":
    main()
