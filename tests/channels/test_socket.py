"""The WebSocket: the entries of the stream, and commands with replies."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.client import WebSocketClientProtocol, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from channels import socket as edge_socket
from switchboard.log import connection
from switchboard.log.events import Participant
from switchboard.people.identity import Session
from tests.support.chat_server import HOME
from tests.support.edge import Edge, Guest
from tests.support.redis_server import RedisServer
from tests.support.waiting import bounded

DRIP_SECONDS = 0.01  # between the bytes of a client that is slow to say what it wants


@asynccontextmanager
async def opened(edge: Edge, conversation: str, **options: Any) -> AsyncIterator[WebSocketClientProtocol]:
    url = f"{edge.url.replace('http', 'ws')}/chat/v1/conversations/{conversation}/socket"
    async with bounded(), connect(url, **options) as ws:
        yield ws


async def command(ws: WebSocketClientProtocol, **body: Any) -> None:
    await ws.send(json.dumps(body))


async def receive(ws: WebSocketClientProtocol) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(await ws.recv())
    return frame


async def closed(ws: WebSocketClientProtocol) -> int | None:
    """Reads on until the server closes; the code."""
    with pytest.raises(ConnectionClosed):
        while True:
            await ws.recv()
    return ws.close_code


@asynccontextmanager
async def connected(edge: Edge, guest: Guest, conversation: str) -> AsyncIterator[WebSocketClientProtocol]:
    async with opened(edge, conversation) as ws:
        await command(ws, id=1, connect={"token": guest.token})
        assert (await receive(ws))["result"] == {"participant": guest.participant}
        assert (await receive(ws))["type"] == "connected"
        assert (await receive(ws))["type"] == "snapshot"
        yield ws


async def test_a_message_is_sent_acknowledged_and_read_back(edge: Edge, ada: Guest) -> None:
    async with connected(edge, ada, await ada.open()) as ws:
        await command(ws, id="s", send={"clientMessageId": "m1", "text": "hi"})
        frames = [await receive(ws), await receive(ws)]
    reply = next(frame for frame in frames if "id" in frame)
    entry = next(frame for frame in frames if "id" not in frame)
    assert reply["result"]["duplicate"] is False
    assert (entry["type"], entry["text"], entry["messageId"]) == ("message.sent", "hi", reply["result"]["messageId"])


async def test_a_client_that_comes_back_goes_on_where_it_was(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    await ada.send(conversation, text="hi")
    epoch = (await ada.snapshot(conversation))["epoch"]
    async with opened(edge, conversation) as ws:
        await command(ws, id=1, connect={"token": ada.token, "epoch": epoch, "offset": 3})
        _, hello, entry = [await receive(ws) for _ in range(3)]
    assert (hello["recovered"], entry["offset"]) == (True, 4)


@pytest.mark.parametrize(
    "position",
    [
        {"epoch": "{epoch}"},
        {"offset": 3},
        {"epoch": "{epoch}", "offset": "3"},
        {"epoch": "{epoch}", "offset": 3.5},
        {"epoch": "{epoch}", "offset": True},
        {"epoch": "{epoch}", "offset": -1},
        {"epoch": "{epoch}", "offset": 10**9},
        {"epoch": 5, "offset": 3},
        {"epoch": ["x"], "offset": {}},
        {"epoch": "zz", "offset": 3},
        {"epoch": None, "offset": None},
    ],
    ids=str,
)
async def test_a_position_that_is_none_of_this_log_gives_a_snapshot(
    edge: Edge, ada: Guest, position: dict[str, Any]
) -> None:
    conversation = await ada.open()
    if position.get("epoch") == "{epoch}":
        position = {**position, "epoch": (await ada.snapshot(conversation))["epoch"]}
    async with opened(edge, conversation) as ws:
        await command(ws, id=1, connect={"token": ada.token, **position})
        reply, hello, snapshot = [await receive(ws) for _ in range(3)]
    assert (reply["id"], hello["recovered"], snapshot["type"], snapshot["offset"]) == (1, False, "snapshot", 3)


BAD = {
    "no JSON": "hello",
    "a list": "[]",
    "no id": '{"send": {}}',
    "an unknown command": '{"id": 2, "dance": {}}',
    "a bad message": '{"id": 2, "send": {"text": ""}}',
    "a message that is no object": '{"id": 2, "send": 5}',
    "deep nesting": "[" * 30_000,
    "bytes that are no UTF-8": b"\xff\xfe",
}


@pytest.mark.parametrize("frame", BAD.values(), ids=BAD.keys())
async def test_a_bad_command_gets_an_error_and_the_socket_goes_on(edge: Edge, ada: Guest, frame: str | bytes) -> None:
    async with connected(edge, ada, await ada.open()) as ws:
        await ws.send(frame)
        error = (await receive(ws))["error"]
        assert error["code"] in ("bad_json", "invalid", "unknown_command")
        assert error["temporary"] is False
        await command(ws, id=3, send={"clientMessageId": "m1", "text": "still here"})
        assert 3 in [(await receive(ws)).get("id") for _ in range(2)]


async def test_a_frame_over_the_limit_ends_the_socket(edge: Edge, ada: Guest) -> None:
    async with connected(edge, ada, await ada.open()) as ws:
        await ws.send("x" * 100_000)
        assert await closed(ws) == 1009


async def test_a_bad_token_and_a_foreign_conversation_are_refused_for_good(edge: Edge, ada: Guest, eve: Guest) -> None:
    conversation = await ada.open()
    for token in ("junk", "", eve.token):
        async with opened(edge, conversation) as ws:
            await command(ws, id=1, connect={"token": token})
            assert "error" in await receive(ws)
            assert await closed(ws) == 3500


async def test_a_first_command_that_is_no_connect_ends_the_socket(edge: Edge, ada: Guest) -> None:
    async with opened(edge, await ada.open()) as ws:
        await command(ws, id=1, send={"clientMessageId": "m1", "text": "hi"})
        assert await closed(ws) == 3502


async def test_a_client_that_does_not_connect_in_time_is_cut_off(
    edge: Edge, ada: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_socket, "CONNECT_SECONDS", 0.1)
    async with opened(edge, await ada.open()) as ws:
        assert await closed(ws) == 3502


async def drip(ws: WebSocketClientProtocol, **body: Any) -> None:
    """A command, byte by byte, until it is out or the server has had enough."""
    closed = asyncio.ensure_future(ws.wait_closed())
    try:
        for byte in Frame(Opcode.TEXT, json.dumps(body).encode()).serialize(mask=True):
            if closed.done() or ws.transport.is_closing():
                return
            ws.transport.write(bytes([byte]))
            await asyncio.wait({closed}, timeout=DRIP_SECONDS)
    finally:
        closed.cancel()


async def test_a_first_command_that_comes_byte_by_byte_has_no_more_time(
    edge: Edge, ada: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_socket, "CONNECT_SECONDS", 0.1)
    async with opened(edge, await ada.open()) as ws:
        await drip(ws, id=1, connect={"token": ada.token})
        assert await closed(ws) == 3502


async def test_a_command_that_comes_byte_by_byte_holds_nothing_up_and_is_obeyed(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    async with connected(edge, ada, conversation) as ws:
        dripping = asyncio.create_task(drip(ws, id=2, send={"clientMessageId": "slow", "text": "at last"}))
        await ada.send(conversation, text="meanwhile")
        assert (await receive(ws))["text"] == "meanwhile"
        assert not dripping.done()
        frames = [await receive(ws), await receive(ws)]
        assert {frame.get("text", frame.get("id")) for frame in frames} == {2, "at last"}


async def test_another_sites_page_is_refused_and_a_named_one_is_not(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    for origin, code in ((HOME, None), (edge.url, None), ("https://evil.example", 3500), ("null", 3500)):
        async with opened(edge, conversation, origin=origin) as ws:
            if code is None:
                await command(ws, id=1, connect={"token": ada.token})
                assert "result" in await receive(ws)
            else:
                assert (await receive(ws))["code"] == await closed(ws) == code


async def test_a_socket_ends_with_its_token(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    brief = Session(Participant(ada.participant, "customer", "Ada"), int(time.time()) + 4)
    async with opened(edge, conversation) as ws:
        await command(ws, id=1, connect={"token": edge.chat.sessions.sign(brief)})
        types = []
        while (last := await receive(ws)).get("type") != "disconnect":
            types.append(last.get("type"))
        assert types[1:3] == ["connected", "snapshot"]
        assert (last["type"], last["code"], last["reconnect"]) == ("disconnect", 3500, False)
        assert await closed(ws) == 3500


async def test_a_server_that_is_full_asks_the_client_to_come_later(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    edge.chat.settings = edge.chat.settings.copy(update={"max_streams": 0})
    async with opened(edge, conversation) as ws:
        last = await receive(ws)
        assert (last["type"], last["code"], last["reconnect"]) == ("disconnect", 3009, True)
        assert await closed(ws) == 3009


async def test_a_log_that_cannot_be_reached_asks_the_client_to_come_again(
    edge: Edge, ada: Guest, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "WAIT_SECONDS", 0.5)
    conversation = await ada.open()
    redis_server.pause()
    try:
        async with opened(edge, conversation) as ws:
            await command(ws, id=1, connect={"token": ada.token})
            reply, last = await receive(ws), await receive(ws)
            assert (reply["id"], reply["error"]["code"], reply["error"]["temporary"]) == (1, "unavailable", True)
            assert (last["type"], last["code"], last["reconnect"]) == ("disconnect", 3010, True)
            assert await closed(ws) == 3010
    finally:
        redis_server.go_on()


async def test_a_server_that_stops_says_so(edge: Edge, ada: Guest) -> None:
    async with connected(edge, ada, await ada.open()) as ws:
        stopping = asyncio.create_task(edge.chat.stop(5))
        assert (await receive(ws))["code"] == 3001
        assert await closed(ws) == 3001
        await stopping


UNMENDED = """
import asyncio
from sanic.server.websockets.impl import asyncio as used
async def main():
    async def nothing(): pass
    await used.wait([nothing()])
asyncio.run(main())
"""


def test_the_mend_of_sanics_websockets_is_still_needed() -> None:
    """If this fails, Sanic or Python has changed: delete `channels.sanic_compat`."""
    mended = "from channels.sanic_compat import mend_websockets; mend_websockets()\n" + UNMENDED
    assert subprocess.run([sys.executable, "-c", UNMENDED], capture_output=True, check=False).returncode != 0
    assert subprocess.run([sys.executable, "-c", mended], capture_output=True, check=False).returncode == 0


def test_the_edge_does_not_need_rasa() -> None:
    program = "import sys, channels.blueprint; sys.exit('rasa' in sys.modules or 'tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
