"""One conversation with many readers: what an idle stream costs, and how many entries a second reach them all.

`python -m bench.fanout` compares an edge process (`python -m channels`) with a plain SSE server on Node, pair by pair,
with the same readers, each server pinned to one core and the readers to another, and writes `fanout.json`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import psutil

from switchboard.launch.redis_server import binary as binary
from switchboard.log.connection import connect
from switchboard.log.events import MessageDelta, MessageStarted
from switchboard.log.log import Draft, Log
from switchboard.turns.turn import BOT
from tests.support.clients import installed_node
from tests.support.redis_server import RedisServer

READERS = 5_000
ENTRIES = 1  # at a time: many at once would measure how well a server puts them into one packet
ROUNDS = 30
ROOT = Path(__file__).parents[1]
SERVER_CORE, READER_CORE = 0, 1

Publish = Callable[[], Awaitable[None]]


class Counter(asyncio.Protocol):
    """A reader that only counts events."""

    total = 0
    wanted = 0
    reached = asyncio.Event()

    def __init__(self, request: bytes) -> None:
        self._request = request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        Counter.total += data.count(b"data: ")
        if Counter.total >= Counter.wanted:
            Counter.reached.set()

    @classmethod
    async def wait_for(cls, total: int) -> None:
        """Until so many events have come, to all readers together."""
        cls.wanted = total
        cls.reached.clear()
        if cls.total < total:
            async with asyncio.timeout(120):
                await cls.reached.wait()


@contextlib.asynccontextmanager
async def readers(port: int, head: str) -> AsyncIterator[None]:
    """All of them, connected and told so."""
    loop, transports = asyncio.get_running_loop(), []
    Counter.total = 0
    for at in range(0, READERS, 250):
        connecting = [loop.create_connection(lambda: Counter(head.encode()), "127.0.0.1", port) for _ in range(250)]
        transports += [transport for transport, _ in await asyncio.gather(*connecting)]
        await Counter.wait_for(at + 250)
    yield
    for transport in transports:
        transport.abort()


async def rate(publish: Publish) -> float:
    """Deliveries a second, one round."""
    wanted = Counter.total + READERS * ENTRIES
    started = time.perf_counter()
    await publish()
    await Counter.wait_for(wanted)
    return READERS * ENTRIES / (time.perf_counter() - started)


async def ours(redis: RedisServer) -> dict[str, float]:
    """The edge."""
    environment = {**os.environ, "REDIS_URL": redis.url, "SECRET_KEY": "x" * 32, "LOG_LEVEL": "ERROR"}
    port = _free_port()
    command = [sys.executable, "-m", "channels", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:  # noqa: ASYNC220
        try:
            os.sched_setaffinity(process.pid, {SERVER_CORE})
            return await _measure_ours(redis, process.pid, f"http://127.0.0.1:{port}", port)
        finally:
            process.terminate()


async def _measure_ours(redis: RedisServer, pid: int, url: str, port: int) -> dict[str, float]:
    token, conversation = await _sign_in(url)
    log = Log(connect(redis.url))
    await log.publish(conversation, Draft(MessageStarted("m_1", BOT, "t1")))
    empty = _rss(pid)
    path = f"/chat/v1/conversations/{conversation}/stream"
    position = (await log.describe(conversation)).offset
    epoch = (await log.describe(conversation)).epoch
    head = (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nLast-Event-ID: {epoch}.{position}\r\n\r\n"
    )

    async def publish() -> None:
        await log.publish(conversation, *(Draft(MessageDelta("m_1", "x" * 40)) for _ in range(ENTRIES)))

    async with readers(port, head):
        each = (_rss(pid) - empty) / READERS
        idle = await _idle_cores(pid)
        Counter.total = 0  # pings
        rates = [await rate(publish) for _ in range(ROUNDS)]
    return {"deliveries_per_s": statistics.median(rates), "kib_per_stream": each / 1024, "idle_cores": idle}


async def node() -> dict[str, float]:
    """The peer."""
    command = [str(installed_node()), str(ROOT / "bench" / "peers" / "sse.mjs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: ASYNC220
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            os.sched_setaffinity(process.pid, {SERVER_CORE})
            empty = _rss(process.pid)
            filler = (
                '{"epoch":"01234567","offset":1000,"type":"message.delta","messageId":"m_1","delta":"' + "x" * 40 + '"}'
            )
            body = json.dumps([{"id": n, "json": filler} for n in range(ENTRIES)])

            async def publish() -> None:
                async with httpx.AsyncClient(timeout=60) as http:
                    await http.post(f"http://127.0.0.1:{port}/publish", content=body)

            async with readers(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
                each = (_rss(process.pid) - empty) / READERS
                rates = [await rate(publish) for _ in range(ROUNDS)]
            return {"deliveries_per_s": statistics.median(rates), "kib_per_stream": each / 1024}
        finally:
            process.kill()


async def _sign_in(url: str) -> tuple[str, str]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        async with asyncio.timeout(30):
            while not await _is_up(http):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        token = (await http.post("/chat/v1/sessions")).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        opened = await http.post("/chat/v1/conversations", json={}, headers=headers)
        return token, opened.json()["conversationId"]


async def _is_up(http: httpx.AsyncClient) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return (await http.get("/chat/v1/health")).status_code == 200
    return False


async def _idle_cores(pid: int) -> float:
    """CPU seconds a second, over one ping interval."""
    process = psutil.Process(pid)
    before, started = sum(process.cpu_times()[:2]), time.perf_counter()
    await asyncio.sleep(16)
    return (sum(process.cpu_times()[:2]) - before) / (time.perf_counter() - started)


def _rss(pid: int) -> int:
    return int(psutil.Process(pid).memory_info().rss)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def compare(folder: Path) -> dict[str, object]:
    """Both, twice, in turn; the ratio of the better rounds' medians."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.sched_setaffinity(0, {READER_CORE})
    redis = RedisServer(binary(), folder)
    redis.start()
    try:
        pairs = [(await ours(redis), await node()) for _ in range(2)]
    finally:
        redis.stop()
    ratios = [mine["deliveries_per_s"] / theirs["deliveries_per_s"] for mine, theirs in pairs]
    return {"readers": READERS, "ours": pairs[-1][0], "node_sse": pairs[-1][1], "ratio": statistics.median(ratios)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        report = json.dumps(asyncio.run(compare(Path(scratch))), indent=2)
    (ROOT / "bench" / "fanout.json").write_text(report + "\n")
    print(report)
