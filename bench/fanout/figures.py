"""What is measured, one function a figure. Each starts the servers that it needs and stops them."""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from bench.fanout.crowd import Crowd
from bench.fanout.servers import ROOT, Ours, Peer, Server

ROUNDS = 20
SECONDS = 15.0  # a steady load lasts so long
SETTLE_SECONDS = 5.0
KILLED_SECONDS = 20.0  # by then nothing waits for a timer any more
KILL_ROUNDS = 4
PING_SECONDS = 15.0

Figures = dict[str, float]
Serving = Callable[[], AbstractContextManager[Server]]


def fan_out(serving: Serving, readers: int) -> Figures:
    """Deliveries a second (median of rounds, an entry to every reader each), and a CPU second; KiB a reader."""
    with serving() as server:
        empty = server.rss
        crowd = Crowd(server.port, server.handshake)
        crowd.join(readers)
        crowd.stay(SETTLE_SECONDS)
        each = (server.rss - empty) / readers / 1024
        crowd.entries = 0
        rates, cpu = [], server.cpu
        for n in range(1, ROUNDS + 1):
            begun = time.perf_counter()
            server.publish()
            crowd.wait_for(n * readers)
            rates.append(readers / (time.perf_counter() - begun))
        cpu = server.cpu - cpu
        crowd.leave()
    return {
        "deliveries_per_s": statistics.median(rates),
        "deliveries_per_cpu_s": readers * ROUNDS / cpu,
        "kib_per_reader": each,
    }


def edge(ours: Ours, *, websocket: bool = False) -> Peer:
    """Our own server, as the others are served."""

    @contextmanager
    def serving() -> Iterator[Server]:
        with ours.serving(websocket=websocket) as (server, _):
            yield server

    return serving


def idle(ours: Ours, readers: int, conversations: int) -> Figures:
    """Cores that streams take on which nothing happens but pings, over two ping intervals."""
    with ours.serving(conversations=conversations) as (server, _):
        empty = server.rss
        crowd = Crowd(server.port, server.handshake)
        crowd.join(readers)
        crowd.stay(2 * PING_SECONDS)
        each = (server.rss - empty) / readers / 1024
        cpu, begun = server.cpu, time.monotonic()
        crowd.stay(2 * PING_SECONDS)
        cores = (server.cpu - cpu) / (time.monotonic() - begun)
        crowd.leave()
    return {"cores": cores, "kib_per_reader": each}


def latency(ours: Ours, *, readers: int, conversations: int, per_second: float, size: int = 0) -> Figures:
    """Milliseconds from before the call of `publish`, in another process, to the reader; and the pace that was kept."""
    with ours.serving(conversations=conversations) as (server, ids):
        crowd = Crowd(server.port, server.handshake)
        crowd.join(readers)
        pace = _under_load(ours, crowd, ids, per_second, size)
        crowd.leave()
    return _delays(crowd) | {"entries_per_s": pace}


def stalled(ours: Ours, *, readers: int, per_second: float, size: int) -> Figures:
    """The same, for the others, without and with one reader that takes nothing. It is cut off on the way."""
    with ours.serving() as (server, ids):
        crowd = Crowd(server.port, server.handshake)
        crowd.join(readers)
        rounds = []
        for _ in range(3):
            _under_load(ours, crowd, ids, per_second, size)
            without = _delays(crowd)["p99_ms"]
            with socket.socket() as lazy:
                lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                lazy.connect(("127.0.0.1", server.port))
                lazy.sendall(server.handshake(0)[0].say)
                _under_load(ours, crowd, ids, per_second, size)
            rounds.append((without, _delays(crowd)["p99_ms"]))
        crowd.leave()
    return {
        "p99_ms_without": statistics.median(without for without, _ in rounds),
        "p99_ms_with": statistics.median(beside for _, beside in rounds),
        "ratio": statistics.median(beside / without for without, beside in rounds),
    }


def _under_load(ours: Ours, crowd: Crowd, ids: list[str], per_second: float, size: int) -> float:
    """Read while another process publishes; the pace that it kept."""
    crowd.stay(1.0)
    crowd.delays.clear()
    order = {"redis": ours.redis, "conversations": ids, "per_second": per_second, "seconds": SECONDS, "size": size}
    command = [sys.executable, "-m", "bench.fanout.load"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as publisher:
        assert publisher.stdin
        assert publisher.stdout
        publisher.stdin.write(json.dumps(order) + "\n")
        publisher.stdin.flush()
        wanted = crowd.entries + int(len(ids) * per_second * SECONDS) * (len(crowd) // len(ids))
        crowd.wait_for(wanted)
        return float(publisher.stdout.readline())


def _delays(crowd: Crowd) -> Figures:
    points = statistics.quantiles(crowd.delays, n=100)
    return {"p50_ms": points[49], "p99_ms": points[98]}


def wire_bytes(ours: Ours) -> Figures:
    """What a reader gets for 1,000 and for 10,000 tokens: ten times as much, and not more."""
    sizes = {}
    for tokens in (1_000, 10_000):
        with ours.serving() as (server, _):
            crowd = Crowd(server.port, server.handshake)
            crowd.join(1)
            for n in range(1, tokens + 1):
                server.publish()
                crowd.wait_for(n)
            sizes[tokens] = crowd.bytes
            crowd.leave()
    return {"bytes_1000": sizes[1_000], "bytes_10000": sizes[10_000], "ratio": sizes[10_000] / sizes[1_000]}


def kills(ours: Ours) -> Figures:
    """Memory of the edge after each 10,000 readers whose connection was reset in mid-stream.

    Not after none: the first ones make room that the others use again.
    """
    with ours.serving() as (server, _):

        def kill(times: int) -> int:
            for _ in range(times):
                crowd = Crowd(server.port, server.handshake)
                crowd.join(500)
                server.publish()
                crowd.wait_for(250)
                crowd.leave(reset=True)
            crowd.stay(KILLED_SECONDS)
            return server.rss

        after = [kill(20) for _ in range(KILL_ROUNDS)]
    return {
        "mib_after_10000": after[0] / 2**20,
        "mib_after_20000": after[1] / 2**20,
        "ratio": after[1] / after[0],
        "mib_after_all": after[-1] / 2**20,
        "kib_a_kill": (after[-1] - after[0]) / 2**10 / (10_000 * (KILL_ROUNDS - 1)),
    }
