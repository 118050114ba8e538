"""Connections that say little, or nothing, and stay: they are cut, and nobody else notices."""

from __future__ import annotations

import asyncio
import contextlib
import random
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from tests.support.edge_process import EdgeProcess, edge_process
from tests.support.redis_server import RedisServer
from tests.support.waiting import bounded, until

REQUEST_SECONDS, IDLE_SECONDS = 1.5, 3.0
HALF_OPEN = 10_000
SLOW = 200
AT_ONCE = 500  # connections that are made before the server is asked whether it is well
FIRST, FIRST_IDS = [b"", b"GET /chat"], ["silent", "half a line"]
WAVES = 3  # the first also leaves room for what its closing needs
GROWTH = 500 * HALF_OPEN  # bytes that the last wave may add: fragments
PATIENT_SECONDS = 120.0  # longer than a wave takes, so that all of it is open at its height


@pytest.fixture(scope="module")
def running_edge(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    """One for all tests of the module but the greatest: what comes to it leaves nothing behind."""
    output = tmp_path_factory.mktemp("hostile") / "edge.log"
    started = edge_process(redis_server.url, output, request=REQUEST_SECONDS, keep_alive=IDLE_SECONDS)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(started) as process:
        yield process


@pytest.fixture
def edge(running_edge: EdgeProcess, redis_url: str) -> Iterator[EdgeProcess]:
    yield running_edge
    assert running_edge.process.returncode is None
    assert "Traceback" not in running_edge.output.read_text()


@pytest.fixture
def many_files() -> Iterator[None]:
    """Room for the connections of this test, and for those of its child."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = HALF_OPEN + 2_000
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.fail(f"the test needs {wanted} open files, the limit is {hard}: raise it with `ulimit -Hn`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def addresses(count: int) -> list[str]:
    """Of this machine, new ones each time: one has fewer ports than two waves need, and a used port rests a minute."""
    return [f"127.{random.randrange(1, 250)}.{random.randrange(250)}.{n + 1}" for n in range(count)]


def dial(edge: EdgeProcess, address: str) -> socket.socket:
    """A connection from an address of this machine, without blocking."""
    connection = socket.socket()
    connection.setblocking(False)
    connection.bind((address, 0))
    with contextlib.suppress(BlockingIOError):
        connection.connect(("127.0.0.1", edge.port))
    return connection


async def healthy(http: httpx.AsyncClient) -> None:
    """Somebody else is served, by a new connection."""
    async with bounded():
        assert (await http.get("/chat/v1/health", headers={"Connection": "close"})).status_code == 200


async def closed_again(edge: EdgeProcess, files: int) -> None:
    async def closed() -> bool:
        return edge.open_files() <= files

    await until(closed)


async def drip(edge: EdgeProcess, data: bytes) -> bytes:
    """Send a byte now and then, until the server has had enough; what it said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    said = asyncio.create_task(reader.read())
    try:
        for byte in data:
            writer.write(bytes([byte]))
            done, _ = await asyncio.wait({said}, timeout=0.1)
            if done:
                break
        return await said
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "start",
    [
        b"GET /chat/v1/health HTTP/1.1\r\nHost: x\r\n",
        b"POST /chat/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
        b"POST /chat/v1/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n",
    ],
    ids=["head", "body", "chunk"],
)
async def test_who_sends_a_byte_now_and_then_is_cut(edge: EdgeProcess, start: bytes) -> None:
    before = edge.open_files()
    async with httpx.AsyncClient(base_url=edge.url) as http, bounded():
        slow = [asyncio.create_task(drip(edge, start + b"x" * 1_000)) for _ in range(SLOW)]
        while not all(task.done() for task in slow):
            await healthy(http)
            await asyncio.wait(slow, timeout=0.2)
        answers = [await task for task in slow]
    assert {answer[:12] for answer in answers} <= {b"HTTP/1.1 408", b""}
    await closed_again(edge, before)


@contextlib.asynccontextmanager
async def rise(
    edge: EdgeProcess, http: httpx.AsyncClient, address: str, first: bytes, many: int
) -> AsyncIterator[None]:
    """So many connections that say `first` and no more."""
    connections: list[socket.socket] = []
    try:
        for n in range(many):
            connections.append(dial(edge, address))
            if n % AT_ONCE == AT_ONCE - 1:
                await healthy(http)  # and so many are accepted before the next come
                for connection in connections[-AT_ONCE:]:
                    with contextlib.suppress(OSError):
                        connection.send(first)
        yield
    finally:
        for connection in connections:
            connection.close()


@pytest.mark.parametrize("first", FIRST, ids=FIRST_IDS)
async def test_who_says_no_more_is_cut(edge: EdgeProcess, first: bytes) -> None:
    before = edge.open_files()
    async with httpx.AsyncClient(base_url=edge.url) as http, rise(edge, http, *addresses(1), first, AT_ONCE):
        await closed_again(edge, before + 1)  # `http`'s own


@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("first", FIRST, ids=FIRST_IDS)
async def test_ten_thousand_half_open_sockets_leave_nothing_behind(
    redis_url: str, tmp_path: Path, first: bytes
) -> None:
    height = []
    async with (
        edge_process(redis_url, tmp_path / "edge.log", request=PATIENT_SECONDS, keep_alive=PATIENT_SECONDS) as edge,
        httpx.AsyncClient(base_url=edge.url, timeout=20) as http,
    ):
        await healthy(http)
        before = edge.open_files()
        for address in addresses(WAVES):
            async with rise(edge, http, address, first, HALF_OPEN):
                assert edge.open_files() > HALF_OPEN
                height.append(edge.resident())
            await closed_again(edge, before + 1)
        await healthy(http)
    assert height[-1] - height[-2] < GROWTH
