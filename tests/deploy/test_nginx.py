"""The shipped nginx configuration: nothing is held back, cut, lost or doubled, and no client is bound to an edge."""

from __future__ import annotations

import asyncio
import json
import uuid
from pathlib import Path

import httpx
import pytest
import redis.asyncio
from websockets.client import connect

from switchboard.log.events import MessageDelta, MessageSent, MessageStarted
from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox
from switchboard.log.log import Draft, Log
from switchboard.turns.turn import BOT
from switchboard.turns.worker import Worker
from tests.deploy.conftest import PING_SECONDS, Proxy, in_front_of
from tests.deploy.reading import data, open_conversation, until_type
from tests.support.clients import client as npm_client
from tests.support.scripted_bot import ScriptedBot, stream
from tests.support.waiting import bounded, running

CODINGS = pytest.mark.parametrize("coding", ["gzip, deflate, br", "identity"])
READ_SECONDS = 1.5  # nginx's time-out for those who are quiet
IDLE_TIMES = 10  # the time-out of nginx passes so often: as in ten idle minutes, with the 60 s as shipped


@CODINGS
async def test_each_delta_comes_before_the_next_is_published(
    proxy: Proxy, ada: httpx.AsyncClient, log: Log, coding: str
) -> None:
    conversation = await open_conversation(ada)
    url = f"/chat/v1/conversations/{conversation}/stream"
    async with bounded(), ada.stream("GET", url, headers={"Accept-Encoding": coding}) as response:
        assert "content-encoding" not in response.headers
        frames = data(response)
        await until_type(frames, "snapshot")
        await log.publish(conversation, Draft(MessageStarted("m_1", BOT, "t1")))
        for word in ("one ", "two ", "three"):
            await log.publish(conversation, Draft(MessageDelta("m_1", word)))
            assert (await until_type(frames, "message.delta"))["delta"] == word


async def test_other_answers_are_compressed(proxy: Proxy, ada: httpx.AsyncClient, log: Log) -> None:
    conversation = await open_conversation(ada)
    await log.publish(conversation, Draft(MessageSent("m_1", BOT, "hello " * 1_000)))
    answer = await ada.get(f"/chat/v1/conversations/{conversation}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["messages"][0]["text"].startswith("hello")
    assert (await ada.get("/")).headers["content-type"].startswith("text/html")
    assert (await ada.get("/chat/v1/health")).json()["status"] == "ready"


async def test_quiet_streams_and_sockets_outlive_the_time_out(
    proxy: Proxy, ada: httpx.AsyncClient, log: Log, tmp_path: Path
) -> None:
    """Pings are counted, not seconds: they come every `PING_SECONDS`."""
    conversation = await open_conversation(ada)
    pings = int(IDLE_TIMES * READ_SECONDS / PING_SECONDS)
    path = f"/chat/v1/conversations/{conversation}"
    async with (
        asyncio.timeout(60),
        in_front_of(proxy.one, proxy.two, tmp_path, READ_SECONDS) as hasty,
        ada.stream("GET", f"{hasty.url}{path}/stream") as response,
        connect(f"{hasty.url.replace('http', 'ws')}{path}/socket", ping_interval=None) as ws,
    ):
        await ws.send(json.dumps({"id": 1, "connect": {"token": ada.headers["Authorization"].split()[1]}}))
        frames = data(response)
        for _ in range(pings):
            await until_type(frames, "ping")
        await log.publish(conversation, Draft(MessageSent("m_1", BOT, "still here")))
        assert (await until_type(frames, "message.sent"))["text"] == "still here"
        said = [json.loads(await ws.recv())]
        while said[-1].get("type") != "message.sent":
            said.append(json.loads(await ws.recv()))
    assert [frame.get("type") for frame in said].count("ping") >= pings - 2


async def test_a_ticket_of_one_edge_is_good_at_every_edge(proxy: Proxy, ada: httpx.AsyncClient) -> None:
    """nginx takes turns: two streams in a row come to both edges."""
    conversation = await open_conversation(ada)
    async with bounded(), httpx.AsyncClient(base_url=proxy.url) as eventsource:
        for _ in range(2):
            issued = await ada.post(f"{proxy.one.url}/chat/v1/tickets", json={})
            url = f"/chat/v1/conversations/{conversation}/stream?ticket={issued.json()['ticket']}"
            async with eventsource.stream("GET", url) as response:
                assert (await until_type(data(response), "connected"))["recovered"] is False


async def test_what_is_sent_through_one_edge_is_read_at_both(proxy: Proxy, ada: httpx.AsyncClient) -> None:
    conversation = await open_conversation(ada)
    path = f"/chat/v1/conversations/{conversation}"
    async with (
        bounded(),
        ada.stream("GET", f"{path}/stream") as first,
        ada.stream("GET", f"{path}/stream") as second,
    ):
        readers = [data(first), data(second)]
        for frames in readers:
            await until_type(frames, "snapshot")
        for edge in (proxy.one, proxy.two):
            body = {"clientMessageId": uuid.uuid4().hex, "text": edge.url}
            assert (await ada.post(f"{edge.url}{path}/messages", json=body)).status_code == 202
            for frames in readers:
                assert (await until_type(frames, "message.sent"))["text"] == edge.url


async def test_a_socket_takes_commands_through_nginx(proxy: Proxy, ada: httpx.AsyncClient) -> None:
    conversation = await open_conversation(ada)
    url = f"{proxy.url.replace('http', 'ws')}/chat/v1/conversations/{conversation}/socket"
    async with bounded(), connect(url) as ws:
        await ws.send(json.dumps({"id": 1, "connect": {"token": ada.headers["Authorization"].split()[1]}}))
        while json.loads(await ws.recv()).get("type") != "snapshot":
            pass
        await ws.send(json.dumps({"id": 2, "send": {"clientMessageId": "x", "text": "hello"}}))
        frames = []
        while {"result", "message.sent"} - {frame.get("type", "result") for frame in frames if frame.get("id") != 1}:
            frames.append(json.loads(await ws.recv()))
    assert next(frame for frame in frames if frame.get("id") == 2)["result"]["duplicate"] is False


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]], ids="-".join)
async def test_socket_io_works_through_nginx(proxy: Proxy, ada: httpx.AsyncClient, transports: list[str]) -> None:
    token = ada.headers["Authorization"].split()[1]
    async with npm_client("socketio.mjs", url=proxy.url, transports=transports, auth={"token": token}) as socket:
        while (await socket.says())["event"] != "connected":
            pass
        await socket.tell({"emit": ["send_message", {"text": "hello", "clientMessageId": "x"}]})
        while (said := await socket.says())["event"] != "ack":
            pass
    assert "messageId" in json.dumps(said["data"])


@CODINGS
async def test_ag_ui_streams_through_nginx(
    proxy: Proxy, ada: httpx.AsyncClient, log: Log, client: redis.asyncio.Redis[str], coding: str
) -> None:
    bot = ScriptedBot()
    bot.answers["go"] = lambda turn: stream(turn, "one ", "two", pause=bot.wait)
    follower = Follower(client)
    worker = Worker(log, Inbox(client), follower, bot, drain_seconds=0.0)
    asked = {
        "threadId": "t",
        "runId": "r",
        "state": {},
        "messages": [{"id": "u1", "role": "user", "content": "go"}],
        "tools": [],
        "context": [],
        "forwardedProps": {},
    }
    async with running(follower.run()), running(worker.run()), bounded():
        headers = {"Accept-Encoding": coding}
        async with ada.stream("POST", "/chat/v1/agui", json=asked, headers=headers) as response:
            frames = data(response)
            first = await until_type(frames, "TEXT_MESSAGE_CONTENT")
            assert first["delta"] == "one ", "the first delta came while the bot still waited"
            bot.gate.set()
            await until_type(frames, "RUN_FINISHED")
