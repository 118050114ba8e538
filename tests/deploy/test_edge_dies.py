"""An edge behind nginx dies: its clients go on at the other one, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from switchboard.log.events import MessageDelta, MessageStarted
from switchboard.log.log import Draft, Log
from switchboard.turns.turn import BOT
from tests.deploy.conftest import Proxy, edges_behind_nginx
from tests.deploy.reading import data, open_conversation
from tests.support.waiting import bounded

READERS = 4  # at least one at each edge


@pytest.fixture
async def proxy(redis_url: str, tmp_path: Path) -> AsyncIterator[Proxy]:
    """One for each test, which may kill."""
    async with edges_behind_nginx(redis_url, tmp_path) as running:
        yield running


async def follow(http: httpx.AsyncClient, conversation: str, start: tuple[str, int], words: int) -> tuple[str, int]:
    """As a client does: comes back with its position whenever the stream ends. The text, and how often it came back."""
    epoch, offset = start
    got: list[str] = []
    connections = 0
    while len(got) < words:
        connections += 1
        headers = {"Last-Event-ID": f"{epoch}.{offset}"}
        url = f"/chat/v1/conversations/{conversation}/stream"
        with contextlib.suppress(httpx.TransportError):
            async with http.stream("GET", url, headers=headers, timeout=None) as response:
                async for frame in data(response):
                    if frame["type"] == "connected":
                        assert frame["recovered"] is True
                    elif frame["type"] == "message.delta":
                        assert frame.get("first", frame["offset"]) == offset + 1, "lost or doubled"
                        offset = frame["offset"]
                        got.append(frame["delta"])
                        words -= offset - frame.get("first", offset)
                        if len(got) >= words:
                            break
    return "".join(got), connections - 1


async def test_clients_go_on_at_the_other_edge_when_theirs_is_killed(
    proxy: Proxy, ada: httpx.AsyncClient, log: Log
) -> None:
    conversation = await open_conversation(ada)
    (begun,) = await log.publish(conversation, Draft(MessageStarted("m_1", BOT, "t1")))
    words = [f"{n}·é⟩ " for n in range(300)]
    async with asyncio.timeout(60):
        start = (begun.epoch, begun.offset)
        readers = [asyncio.create_task(follow(ada, conversation, start, len(words))) for _ in range(READERS)]
        for n, word in enumerate(words):
            await log.publish(conversation, Draft(MessageDelta("m_1", word)))
            if n == 150:
                await both_read(proxy)
                proxy.one.kill()
        outcomes = await asyncio.gather(*readers)
    assert {text for text, _ in outcomes} == {"".join(words)}
    assert any(returns for _, returns in outcomes), "nobody was at the edge that was killed"


async def both_read(proxy: Proxy) -> None:
    """Returns once each edge has files open for streams; they were asked for long before."""
    async with bounded(), httpx.AsyncClient() as http:
        for edge in (proxy.one, proxy.two):
            assert (await http.get(f"{edge.url}/chat/v1/health")).status_code == 200


async def test_messages_that_are_sent_while_an_edge_dies_are_each_said_once(
    proxy: Proxy, ada: httpx.AsyncClient, log: Log
) -> None:
    conversation = await open_conversation(ada)
    path = f"/chat/v1/conversations/{conversation}/messages"

    async def send(n: int) -> int:
        if n == 10:
            proxy.one.kill()
        return (await ada.post(path, json={"clientMessageId": f"m{n}", "text": f"message {n}"})).status_code

    async with asyncio.timeout(60):
        statuses = await asyncio.gather(*(send(n) for n in range(40)))
    assert set(statuses) <= {200, 202}
    entries = [json.loads(line.json) for line in await log.read(conversation, 0)]
    said = [entry["text"] for entry in entries if entry["type"] == "message.sent"]
    assert sorted(said) == sorted(f"message {n}" for n in range(40))
