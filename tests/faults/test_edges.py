"""Several edges, as processes of their own: clients come to any of them, and any of them may die."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from switchboard.log.events import MessageDelta, MessageStarted
from switchboard.log.log import Draft, Log
from switchboard.turns.turn import BOT
from tests.support.edge_process import EdgeProcess, two_edges
from tests.support.scripted_bot import ScriptedBot, working
from tests.support.waiting import bounded, until


@pytest.fixture
async def edges(redis_url: str, tmp_path: Path) -> AsyncIterator[tuple[EdgeProcess, EdgeProcess]]:
    async with two_edges(redis_url, tmp_path) as edges:
        yield edges


async def open_conversation(http: httpx.AsyncClient, url: str) -> str:
    """A guest signs in; the client has the token from here on."""
    session = (await http.post(f"{url}/chat/v1/sessions")).json()
    http.headers["Authorization"] = f"Bearer {session['token']}"
    return str((await http.post(f"{url}/chat/v1/conversations", json={})).json()["conversationId"])


async def entries(http: httpx.AsyncClient, stream: str, after: str) -> AsyncIterator[dict[str, Any]]:
    """The entries after a position, until the connection ends, however it does."""
    with contextlib.suppress(httpx.TransportError):
        async with http.stream("GET", stream, headers={"Last-Event-ID": after}, timeout=None) as response:
            async for line in response.aiter_lines():
                frame = json.loads(line[6:]) if line.startswith("data: ") else {}
                if frame.get("type") == "connected":
                    assert frame["recovered"] is True
                elif "timestamp" in frame and "offset" in frame:
                    yield frame


async def test_a_client_goes_on_at_another_edge_when_its_own_is_killed(
    edges: tuple[EdgeProcess, EdgeProcess], log: Log
) -> None:
    one, two = edges
    words = [f"{n}·é⟩ " for n in range(300)]
    async with bounded(), httpx.AsyncClient() as http:
        conversation = await open_conversation(http, one.url)
        start = await log.publish(conversation, Draft(MessageStarted("m_1", BOT, "t1")))
        position = (start[0].epoch, start[0].offset)

        async def write() -> None:
            for word in words:
                await log.publish(conversation, Draft(MessageDelta("m_1", word)))

        writing = asyncio.create_task(write())
        got: list[dict[str, Any]] = []
        killed = False
        for server in (one, two):
            stream = f"{server.url}/chat/v1/conversations/{conversation}/stream"
            async for entry in entries(http, stream, f"{position[0]}.{position[1]}"):
                assert entry.get("first", entry["offset"]) == position[1] + 1, "lost or doubled"
                got.append(entry)
                position = (entry["epoch"], entry["offset"])
                come = position[1] - start[0].offset  # words; under pressure a frame has several
                if come >= 100 and not killed:
                    one.kill()
                    killed = True
                if come == len(words):
                    break
        await writing
    assert killed
    assert "".join(entry["delta"] for entry in got) == "".join(words)


async def test_one_message_that_comes_fifty_times_over_two_edges_is_answered_once(
    edges: tuple[EdgeProcess, EdgeProcess], log: Log
) -> None:
    bot = ScriptedBot()
    async with bounded(), httpx.AsyncClient() as http, working(log, bot):
        conversation = await open_conversation(http, edges[0].url)
        body = {"clientMessageId": uuid.uuid4().hex, "text": "hello"}
        path = f"/chat/v1/conversations/{conversation}/messages"
        answers = await asyncio.gather(*(http.post(edges[n % 2].url + path, json=body) for n in range(50)))
        last = await http.post(edges[1].url + path, json={"clientMessageId": uuid.uuid4().hex, "text": "bye"})

        async def both_answered() -> bool:
            return sum(entry["type"] == "turn.completed" for entry in await logged(log, conversation)) == 2

        await until(both_answered)
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [202]
    assert len({answer.json()["messageId"] for answer in answers}) == 1
    messages = [answers[0].json()["messageId"], last.json()["messageId"]]
    said = await logged(log, conversation)
    assert [entry["messageId"] for entry in said if entry["type"] == "turn.started"] == messages
    assert [message.message_id for message in bot.asked] == messages
    texts = [entry["text"] for entry in said if entry["type"] == "message.sent"]
    assert sorted(texts) == ["You said bye.", "You said hello.", "bye", "hello"]


async def logged(log: Log, conversation: str) -> list[dict[str, Any]]:
    """Every entry."""
    return [json.loads(line.json) for line in await log.read(conversation, 0)]
