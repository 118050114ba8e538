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

from switchboard.settings import Settings
from tests.support.chat_server import SECRET
from tests.support.edge import Guest, serving
from tests.support.redis_server import RedisServer
from tests.support.resuming import over_sse

MESSAGES = 20
RETRY_SECONDS = 0.1
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


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_what_was_accepted_is_there_once_and_clients_know(
    durable_redis: RedisServer,
    tmp_path: Path,
    fault: tuple[Callable[[RedisServer], None], Callable[[RedisServer], None]],
) -> None:
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
