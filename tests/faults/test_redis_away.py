"""Redis stops, or dies and comes back with its file: clients are told, and what was accepted is there, once."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from switchboard.log import follower
from switchboard.log.errors import LogUnavailable
from switchboard.log.events import MessageCompleted, MessageDelta, MessageStarted
from switchboard.log.log import Draft, Log
from switchboard.settings import Settings
from switchboard.turns.turn import BOT
from tests.support.chat_server import SECRET
from tests.support.edge import Guest, serving
from tests.support.redis_server import RedisServer
from tests.support.resuming import over_sse

MESSAGES = 20
DELTAS = 300
RETRY_SECONDS = 0.1
QUIET_SECONDS = 2.0  # 10 in production: after twice as much silence clients are told
BOUND_SECONDS = 60
Fault = tuple[Callable[[RedisServer], None], Callable[[RedisServer], None]]
FAULTS: dict[str, Fault] = {
    "stopped": (RedisServer.pause, RedisServer.go_on),
    "killed": (RedisServer.stop, RedisServer.start),
}


async def _say(guest: Guest, conversation: str, text: str, refused: asyncio.Event) -> None:
    """As clients do: again, with the same id, until the server has it."""
    body = {"clientMessageId": uuid.uuid4().hex, "text": text}
    while True:
        with contextlib.suppress(httpx.TransportError):
            answer = await guest.http.post(f"/chat/v1/conversations/{conversation}/messages", json=body)
            if answer.status_code in (200, 202):
                return
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) >= 1
            refused.set()
        await asyncio.sleep(RETRY_SECONDS)


async def _append(log: Log, conversation: str, draft: Draft, stuck: asyncio.Event) -> None:
    """As who writes an answer must: again, with the same key, until the log has it."""
    while True:
        try:
            await log.publish(conversation, draft)
            return
        except LogUnavailable:
            stuck.set()
        await asyncio.sleep(RETRY_SECONDS)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_message_that_is_streamed_meanwhile_loses_no_byte_and_repeats_none(
    durable_redis: RedisServer, tmp_path: Path, fault: Fault
) -> None:
    away, back = fault
    settings = Settings(_env_file=None, redis_url=durable_redis.url, secret_key=SECRET, data_dir=tmp_path)
    words = [f"{n}·é⟩ " for n in range(DELTAS)]
    text = "".join(words)
    got: list[dict[str, Any]] = []
    begun, under_way, stuck = asyncio.Event(), asyncio.Event(), asyncio.Event()
    async with asyncio.timeout(BOUND_SECONDS), serving(settings) as edge, edge.guest() as ada:
        conversation = await ada.open()

        async def read() -> None:
            async with contextlib.aclosing(over_sse(edge.url, ada, conversation)) as frames:
                async for frame in frames:
                    if frame["type"] == "snapshot":
                        assert not begun.is_set(), "what was missed was recovered"
                        begun.set()
                    elif frame["type"] == "message.delta":
                        got.append(frame)
                    elif frame["type"] == "message.completed":
                        return
                    if len(got) > DELTAS // 3:
                        under_way.set()

        async def write() -> None:
            drafts = [Draft(MessageDelta("m_1", word), f"piece {n}") for n, word in enumerate(words)]
            last = Draft(MessageCompleted("m_1", BOT, text, "t1"), "end")
            for draft in (Draft(MessageStarted("m_1", BOT, "t1"), "start"), *drafts, last):
                await _append(edge.chat.log, conversation, draft, stuck)

        reading = asyncio.create_task(read())
        await begun.wait()
        writing = asyncio.create_task(write())
        await under_way.wait()
        away(durable_redis)
        await stuck.wait()
        back(durable_redis)
        await asyncio.gather(writing, reading)
        (message,) = (await ada.snapshot(conversation))["messages"]
    assert "".join(frame["delta"] for frame in got) == text == message["text"]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_what_was_accepted_is_there_once_and_clients_know(
    durable_redis: RedisServer, tmp_path: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "QUIET_SECONDS", QUIET_SECONDS)
    away, back = fault
    settings = Settings(_env_file=None, redis_url=durable_redis.url, secret_key=SECRET, data_dir=tmp_path)
    said = [f"message {n}" for n in range(MESSAGES)]
    got: list[dict[str, Any]] = []
    live: list[bool] = []
    told, begun, refused, back_again = asyncio.Event(), asyncio.Event(), asyncio.Event(), asyncio.Event()
    async with asyncio.timeout(BOUND_SECONDS), serving(settings) as edge, edge.guest() as ada:
        ada.http.timeout = httpx.Timeout(30)
        conversation = await ada.open()

        async def read() -> None:
            async with contextlib.aclosing(over_sse(edge.url, ada, conversation)) as frames:
                async for frame in frames:
                    assert frame["type"] != "snapshot" or not begun.is_set(), "what was missed was recovered"
                    if frame["type"] == "snapshot":
                        begun.set()
                    if frame["type"] == "status":
                        live.append(frame["live"])
                        (back_again if frame["live"] else told).set()
                    if frame["type"] == "message.sent":
                        got.append(frame)
                        if frame["text"] == said[-1]:
                            return

        async def talk() -> None:
            for text in said[MESSAGES // 2 :]:
                await _say(ada, conversation, text, refused)

        reading = asyncio.create_task(read())
        await begun.wait()
        for text in said[: MESSAGES // 2]:
            await _say(ada, conversation, text, refused)
        talking = asyncio.create_task(talk())
        away(durable_redis)
        await told.wait()
        await refused.wait()
        back(durable_redis)
        await asyncio.gather(talking, reading)
        assert [message["text"] for message in (await ada.snapshot(conversation))["messages"]] == said
    assert [frame["text"] for frame in got] == said
    assert len({frame["offset"] for frame in got}) == len(said)
    assert live[0] is False
