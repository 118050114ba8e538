"""What a Socket.IO client may cost: bounded memory, bounded time, and no line in the log for its nonsense."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import pytest
from websockets.client import WebSocketClientProtocol, connect
from websockets.exceptions import ConnectionClosed

from channels import pace
from channels.socket_io import engine, server
from switchboard.log.events import MessageSent
from switchboard.log.log import Draft
from switchboard.turns.turn import BOT
from tests.support.edge import Edge, Guest
from tests.support.waiting import bounded, until

PATH = "/chat/v1/socket.io/"
POLLING = {"EIO": "4", "transport": "polling"}
TEXT = "x" * 60_000
MESSAGES = 300  # 18 MB: more than all buffers between the server and a client that does not read


def transports(edge: Edge) -> dict[str, Any]:
    """The engine's connections."""
    sockets: dict[str, Any] = edge.app.ctx.socket_io._engine.sockets
    return sockets


async def gone(edge: Edge) -> None:
    """Until no connection is open."""

    async def none() -> bool:
        return all(socket.closed for socket in transports(edge).values()) and not edge.chat.streams

    await until(none)


def packet(kind: str, data: Any) -> str:
    return kind + json.dumps(data)


class Polling:
    """A polling client by hand."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self.query = dict(POLLING)

    async def open(self) -> None:
        answer = await self._guest.http.get(PATH, params=self.query)
        assert answer.status_code == 200
        self.query["sid"] = json.loads(answer.text[1:])["sid"]

    async def send(self, body: str | bytes) -> httpx.Response:
        return await self._guest.http.post(PATH, params=self.query, content=body)

    async def poll(self) -> httpx.Response:
        return await self._guest.http.get(PATH, params=self.query)

    async def sign_in(self, **auth: Any) -> None:
        await self.open()
        assert (await self.send(packet("40", {"token": self._guest.token, **auth}))).status_code == 200
        text = ""
        while '42["connected"' not in text:
            text += (await self.poll()).text


def socket(edge: Edge, **options: Any) -> Any:
    url = f"{edge.url.replace('http', 'ws')}{PATH}?EIO=4&transport=websocket"
    return connect(url, ping_interval=None, close_timeout=0.1, **options)


async def sign_in(ws: WebSocketClientProtocol, token: str, **auth: Any) -> None:
    assert str(await ws.recv()).startswith("0{")
    await ws.send(packet("40", {"token": token, **auth}))
    while '42["connected"' not in str(await ws.recv()):
        pass


async def flood(edge: Edge, conversation: str) -> None:
    for number in range(MESSAGES):
        await edge.chat.log.publish(conversation, Draft(MessageSent(f"m{number}", BOT, TEXT)))


async def test_a_websocket_that_reads_nothing_is_cut_off(
    edge: Edge, ada: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WRITE_SECONDS", 0.2)
    conversation = await ada.open()
    async with bounded(), socket(edge, max_queue=1) as ws:
        await sign_in(ws, ada.token, conversationId=conversation)
        await flood(edge, conversation)
        await gone(edge)
    assert (await ada.send(conversation, text="still here")).status_code == 202


async def test_a_client_that_stops_polling_is_cut_off(edge: Edge, ada: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = await ada.open()
    client = Polling(ada)
    await client.sign_in(conversationId=conversation, stream=True)
    monkeypatch.setattr(engine, "WRITE_SECONDS", 0.2)
    async with bounded():
        await flood(edge, conversation)
        await gone(edge)
    assert (await client.poll()).status_code == 400


async def test_what_waits_for_a_client_that_does_not_poll_is_bounded(
    edge: Edge, ada: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = await ada.open()
    client = Polling(ada)
    await client.sign_in(conversationId=conversation)
    monkeypatch.setattr(engine, "WRITE_SECONDS", 60)
    await flood(edge, conversation)
    (waiting,) = transports(edge).values()
    assert sum(len(item.data) for item in waiting.queue._queue) < 3 * len(TEXT)


async def test_commands_of_a_client_that_reads_no_answer_end_the_connection(
    edge: Edge, ada: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Polling(ada)
    await client.sign_in()
    monkeypatch.setattr(engine, "WRITE_SECONDS", 0.2)
    async with bounded():
        for number in range(3):
            await client.send(f'42{number}["read",{{"upTo":1}}]')
        await gone(edge)


@pytest.mark.parametrize("event", ["stop", "dance"])
async def test_a_flood_of_commands_ends_the_connection_for_good(
    edge: Edge, ada: Guest, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "REFUSALS", 5)
    async with bounded(), socket(edge) as ws:
        await sign_in(ws, ada.token)
        heard = []
        with pytest.raises(ConnectionClosed):
            for number in range(400):
                await ws.send(f'42{number}["{event}",{{}}]')
            while True:
                heard.append(await ws.recv())
        await gone(edge)
    assert any('"too_many"' in str(answer) for answer in heard)
    assert "41" in heard  # which tells a client to stay away


NONSENSE: dict[str, str | bytes] = {
    "nothing": "",
    "no packet": "hello",
    "an unknown type": "9",
    "bytes": b"\x00\xff",
    "binary as text": "bAAAA",
    "no JSON": "42[oops]",
    "an object": '42{"a":1}',
    "an empty list": "42[]",
    "an event that is no text": "42[[1]]",
    "an event of ours": '42["connect",{}]',
    "another event of ours": '42["disconnect","x"]',
    "another namespace": '42/admin,["send_message",{}]',
    "deep nesting": "42" + "[" * 30_000 + "]" * 30_000,
    "deep nesting in no event": "4" + "[" * 30_000,
    "a huge number": "42[" + "9" * 5_000 + "]",
    "an answer that nobody asked for": "430[]",
    "a refusal": '44{"message":"no"}',
    "an attachment": '451-["send_message",{"_placeholder":true,"num":0}]',
    "a server's packet": '0{"sid":"x"}',
}


@pytest.mark.parametrize("data", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_ends_a_websocket_without_a_trace(
    edge: Edge, ada: Guest, data: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with bounded(), socket(edge) as ws:
        await sign_in(ws, ada.token)
        await ws.send(data)
        with pytest.raises(ConnectionClosed):
            while True:
                await ws.recv()
        await gone(edge)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("data", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_in_a_polling_request_is_refused_without_a_trace(
    edge: Edge, ada: Guest, data: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    client = Polling(ada)
    await client.sign_in()
    answer = await client.send(data)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_packet")
    assert (await client.send("\x1e".join(["3"] * 17))).status_code == 400
    assert (await client.send('421["stop",{}]')).status_code == 200
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_request_over_the_limit_is_refused_unread(edge: Edge, ada: Guest) -> None:
    client = Polling(ada)
    await client.sign_in()
    assert (await client.send("42" + "x" * 100_000)).status_code == 413


async def test_a_frame_over_the_limit_ends_a_websocket(edge: Edge, ada: Guest) -> None:
    async with bounded(), socket(edge) as ws:
        await sign_in(ws, ada.token)
        await ws.send("42" + "x" * 100_000)
        with pytest.raises(ConnectionClosed):
            while True:
                await ws.recv()
        await gone(edge)


async def test_who_shows_no_token_in_time_is_cut_off(edge: Edge, ada: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "CONNECT_SECONDS", 0.1)
    async with bounded(), socket(edge) as ws:
        with pytest.raises(ConnectionClosed):
            while True:
                await ws.recv()
    client = Polling(ada)
    await client.open()
    await gone(edge)
    assert (await client.poll()).status_code == 400


async def test_only_so_many_may_wait_without_a_token(edge: Edge, ada: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_NEWCOMERS", 2)
    signed_in = Polling(ada)
    await signed_in.sign_in()
    for _ in range(2):
        await Polling(ada).open()
    answer = await ada.http.get(PATH, params=POLLING)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert (await signed_in.send('421["stop",{}]')).status_code == 200


async def test_scripts_of_other_sites_read_nothing(edge: Edge, ada: Guest) -> None:
    evil = await ada.http.get(PATH, params=POLLING, headers={"Origin": "https://evil.example"})
    assert (evil.status_code, evil.json()["code"]) == (403, "forbidden")
    assert "access-control-allow-origin" not in evil.headers
    shop = await ada.http.get(PATH, params=POLLING, headers={"Origin": "https://shop.example"})
    assert shop.headers["access-control-allow-origin"] == "https://shop.example"
    jsonp = await ada.http.get(PATH, params={**POLLING, "j": "0"})
    assert (jsonp.status_code, jsonp.json()["code"]) == (400, "no_jsonp")


@pytest.mark.parametrize(
    "query",
    [{}, {"EIO": "3", "transport": "polling"}, {"EIO": "4", "transport": "flash"}, {**POLLING, "sid": "../../x"}],
)
async def test_a_handshake_that_is_none_is_refused(edge: Edge, ada: Guest, query: dict[str, str]) -> None:
    assert (await ada.http.get(PATH, params=query)).status_code == 400
    assert (await ada.http.post(PATH, params=query, content="3")).status_code == 400
    assert not transports(edge)
