"""Nothing of who leaves stays in memory: not for a timer, and not for the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import json
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from socket import SO_LINGER, SOL_SOCKET

import httpx
import pytest
from sanic import Request
from sanic.http import Http
from sanic.server.protocols.http_protocol import HttpProtocol
from sanic.server.websockets.impl import WebsocketImplProtocol
from websockets.client import WebSocketClientProtocol, connect

from tests.support.edge import Edge, Guest
from tests.support.waiting import bounded, until

MANY = 20
RESET = struct.pack("ii", 1, 0)  # a close says so, instead of goodbye


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def parts() -> Counter[str]:
    """What Sanic makes for each connection, as it is in memory now."""
    kinds = (HttpProtocol, WebsocketImplProtocol, Http, Request)
    return Counter(type(thing).__name__ for thing in gc.get_objects() if issubclass(type(thing), kinds))


async def stream(edge: Edge, ada: Guest, conversation: str) -> asyncio.StreamWriter:
    """A reader of Server-Sent Events that has its snapshot."""
    where = httpx.URL(edge.url)
    reader, writer = await asyncio.open_connection(where.host, where.port)
    head = f"GET /chat/v1/conversations/{conversation}/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ada.token}"
    writer.write(f"{head}\r\n\r\n".encode())
    await reader.readuntil(b'"type":"snapshot"')
    return writer


async def socket(edge: Edge, ada: Guest, conversation: str) -> WebSocketClientProtocol:
    """The same on a WebSocket."""
    ws = await connect(f"{edge.url.replace('http', 'ws')}/chat/v1/conversations/{conversation}/socket")
    await ws.send(json.dumps({"id": 1, "connect": {"token": ada.token}}))
    while json.loads(await ws.recv()).get("type") != "snapshot":
        pass
    return ws


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("how", ["closed", "reset"])
@pytest.mark.parametrize("kind", [stream, socket])
async def test_a_reader_that_left_leaves_nothing(
    edge: Edge, ada: Guest, kind: Callable[..., Awaitable[asyncio.StreamWriter | WebSocketClientProtocol]], how: str
) -> None:
    conversation = await ada.open()
    before = parts()

    async def nothing_is_left() -> bool:
        return parts() <= before

    async with bounded():
        readers = [await kind(edge, ada, conversation) for _ in range(MANY)]
        assert parts()["Http"] >= MANY
        for reader in readers:
            if how == "reset":
                reader.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, RESET)
            reader.transport.close()
        await until(nothing_is_left)
