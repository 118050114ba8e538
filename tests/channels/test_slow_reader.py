"""A client that takes nothing costs a bounded amount, for a bounded time."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest
from websockets.client import connect

from channels import socket as edge_socket
from channels import stream, wire
from switchboard.log.events import MessageSent
from switchboard.log.log import Draft
from switchboard.turns.turn import BOT
from tests.support.chat_server import Guest, Server
from tests.support.waiting import until

TEXT = "x" * 60_000
MESSAGES = 200  # 12 MB: more than all buffers between the server and a client that does not read


async def _flood(server: Server, guest: Guest) -> None:
    """Much, for whoever reads; returns once their stream is over."""

    async def reading() -> bool:
        return bool(server.chat.streams)

    await until(reading)
    (task,) = server.chat.streams
    for n in range(MESSAGES):
        await server.append(guest, Draft(MessageSent(f"m{n}", BOT, TEXT)))

    async def over() -> bool:
        return task.done()

    await until(over)
    assert not server.chat.streams


async def test_a_client_that_reads_nothing_is_cut_off(
    server: Server, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "WRITE_SECONDS", 0.2)
    monkeypatch.setattr(wire, "LINGER_SECONDS", 0.2)
    host, port = server.url.removeprefix("http://").split(":")
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.setblocking(False)
        await loop.sock_connect(client, (host, int(port)))
        head = f"GET {guest.path}/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {guest.token}\r\n\r\n"
        await loop.sock_sendall(client, head.encode())
        await _flood(server, guest)
    assert (await guest.send(text="still here")).status_code == 202


async def test_a_websocket_that_reads_nothing_is_cut_off(
    server: Server, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_socket, "WRITE_SECONDS", 0.2)
    monkeypatch.setattr(wire, "LINGER_SECONDS", 0.2)
    url = f"ws{server.url[4:]}{guest.path}/socket"
    async with connect(url, max_queue=1, close_timeout=0.1, ping_interval=None) as client:
        await client.send(json.dumps({"id": 1, "connect": {"token": guest.token}}))
        await _flood(server, guest)
    assert (await guest.send(text="still here")).status_code == 202
