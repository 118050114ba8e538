"""Redis stops or dies under turns of a real Rasa: they are answered once it is back, once, by the same worker."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

import pytest

from switchboard.log import connection
from switchboard.turns.turn import Turn
from tests.engine.conftest import Talk, said
from tests.support.people import start
from tests.support.redis_server import RedisServer
from tests.support.tiny_bot import ActionSlow
from tests.support.waiting import until

BOUND_SECONDS = 60
WAIT_SECONDS = 0.5  # for an answer of Redis; five in the product
Fault = tuple[Callable[[RedisServer], None], Callable[[RedisServer], None]]
FAULTS: dict[str, Fault] = {
    "stopped": (RedisServer.pause, RedisServer.go_on),
    "killed": (RedisServer.stop, RedisServer.start),
}


@pytest.fixture
def redis_server(durable_redis: RedisServer) -> RedisServer:
    """What was acknowledged is there again when it comes back."""
    return durable_redis


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once a turn could not say something."""
    monkeypatch.setattr(connection, "WAIT_SECONDS", WAIT_SECONDS)
    event, append = asyncio.Event(), Turn._append

    async def watched(*args: object, **options: object) -> None:
        try:
            await append(*args, **options)  # type: ignore[arg-type]
        except Exception:
            event.set()
            raise

    monkeypatch.setattr(Turn, "_append", watched)
    return event


@pytest.mark.timeout(2 * BOUND_SECONDS)
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_turns_go_on_when_redis_is_back(
    talk: Talk, redis_server: RedisServer, refused: asyncio.Event, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, back = fault
    monkeypatch.setattr(ActionSlow, "begun", asyncio.Event())
    monkeypatch.setattr(ActionSlow, "gate", asyncio.Event())
    others = [dataclasses.replace(talk, id=await start(talk.log, f"c_{n + 2}")) for n in range(4)]
    async with asyncio.timeout(BOUND_SECONDS):
        await talk.ask("wait")
        await ActionSlow.begun.wait()
        for other in others:
            await other.ask("hello")
            await other.ask("hello please")
        away(redis_server)
        ActionSlow.gate.set()  # Rasa has something to say, and nobody takes it
        await refused.wait()
        back(redis_server)
        await talk.answered()
        assert said(await talk.tracker()) == [("user", "wait"), ("bot", "At last."), ("bot", "Done.")]
        assert await texts(talk) == ["wait", "At last.", "Done."]
        for other in others:
            assert await texts(other) == ["hello", "hello please", "Hello there.", "Hello there."]
            assert await other.ends() == ["completed"] * 2
        assert [message["text"] for message in await talk.say("hello")] == ["Hello there."]
    assert await talk.ends() == ["completed"] * 2


@pytest.mark.timeout(2 * BOUND_SECONDS)
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_an_action_that_streams_is_called_again_when_redis_is_back(
    talk: Talk,
    redis_server: RedisServer,
    fault: Fault,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    away, back = fault
    monkeypatch.setattr(connection, "WAIT_SECONDS", WAIT_SECONDS)
    monkeypatch.setattr(ActionSlow, "begun", asyncio.Event())
    monkeypatch.setattr(ActionSlow, "gate", asyncio.Event())

    async def is_called_again() -> bool:
        return "the action server answered 500; trying again" in caplog.text

    async with asyncio.timeout(BOUND_SECONDS):
        await talk.ask("wait please")
        await ActionSlow.begun.wait()
        away(redis_server)
        ActionSlow.gate.set()
        await until(is_called_again)
        back(redis_server)
        await talk.answered()
    assert said(await talk.tracker()) == [("user", "wait please"), ("bot", "At last."), ("bot", "Done.")]
    assert await texts(talk) == ["wait please", "At last.", "Done."]
    assert await talk.ends() == ["completed"]


async def texts(talk: Talk) -> list[str]:
    """Sorted by who said it: a question may come before the answer to the one before."""
    messages = (await talk.state())["messages"]
    return [message["text"] for message in sorted(messages, key=lambda m: m["author"]["role"] == "bot")]
