"""An action server that is away, silent or wrong: the turn ends, soon, in an honest message and a way on."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from switchboard.engine import endpoint
from switchboard.launch.environment import action_environment, chat_environment
from switchboard.settings import Settings
from tests.engine.conftest import Talk, said
from tests.support.bad_server import CUT, HANG, HTML, answer, misbehaving

FINE = answer(json.dumps({"events": [], "responses": [{"text": "At last."}]}))
WRONG = {
    "a defect": answer('{"error": "SECRET", "request_body": {"SECRET": 1}}', 500),
    "an action that it does not know": answer('{"error": "SECRET", "action_name": "action_stream"}', 404),
    "a page": answer("<h1>SECRET</h1>", kind=HTML),
    "a page that says bad request": answer("<h1>SECRET</h1>", 400, HTML),
    "half of an object": answer('{"events": [SECRET'),
    "nothing": answer("null"),
    "a list": answer("[]"),
    "events that are none": answer('{"events": 5}'),
    "an event that nobody knows": answer('{"events": [{"event": "SECRET"}]}'),
    "an event that lacks something": answer('{"events": [{"event": "reminder", "name": "SECRET"}]}'),
    "responses that are none": answer('{"responses": {"text": "SECRET"}}'),
    "buttons that are none": answer('{"responses": [{"text": "SECRET", "buttons": 5}]}'),
}


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "PAUSES", (0.01, 0.01, 0.01))


async def ask(talk: Talk, url: str, text: str = "stream") -> list[dict[str, Any]]:
    talk.agent.action_endpoint.url = url
    return await talk.say(text)


async def assert_apologised(talk: Talk, messages: list[dict[str, Any]]) -> None:
    """The customer knows, may try again or ask for a person, and Rasa has no half of a turn."""
    (apology,) = messages
    assert apology["text"] == "That went wrong."
    assert [button["title"] for button in apology["buttons"]] == ["Try again", "Talk to a person"]
    assert await talk.ends() == ["action_failed"]
    assert await talk.tracker() == []
    assert "SECRET" not in json.dumps([line.json for line in await talk.log.read(talk.id, 0, count=1_000)])


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_a_wrong_answer_is_final_and_ends_the_turn(talk: Talk, wrong: bytes) -> None:
    async with misbehaving(wrong) as server:
        await assert_apologised(talk, await ask(talk, server.url))
        assert server.calls == 1


@pytest.mark.parametrize("away", [CUT, answer("<h1>Bad gateway</h1>", 502, HTML), answer("", 503)])
async def test_a_server_that_is_away_is_tried_again_and_its_answer_counts(talk: Talk, away: bytes) -> None:
    async with misbehaving(away, away, FINE) as server:
        (message,) = await ask(talk, server.url)
        assert (message["text"], server.calls) == ("At last.", 3)
    assert await talk.ends() == ["completed"]
    assert said(await talk.tracker()) == [("user", "stream"), ("bot", "At last.")]


async def test_a_server_that_stays_away_is_tried_a_few_times(talk: Talk) -> None:
    async with misbehaving(CUT) as server:
        await assert_apologised(talk, await ask(talk, server.url))
        assert server.calls == 4


async def test_a_server_that_nobody_started_is_apologised_for(talk: Talk) -> None:
    await assert_apologised(talk, await ask(talk, "http://127.0.0.1:9/webhook"))


async def test_a_server_that_is_silent_is_given_up_and_told_so(
    talk: Talk, action_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk.agent.action_endpoint, "seconds", 0.2)
    async with misbehaving(HANG) as server:
        await assert_apologised(talk, await ask(talk, server.url))
        assert server.calls == 1
        async with asyncio.timeout(5):
            await server.hung_up.wait()
    (answered,) = await ask(talk, action_url)
    assert answered["text"] == "One, two, three.", "it is back"


async def test_the_time_covers_all_tries(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "PAUSES", (60.0,) * 5)
    monkeypatch.setattr(talk.agent.action_endpoint, "seconds", 0.2)
    async with misbehaving(CUT) as server:
        await assert_apologised(talk, await ask(talk, server.url))


async def test_a_defect_of_rasas_own_actions_ends_the_turn_too(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("SECRET: a server of responses that is down")

    monkeypatch.setattr(talk.agent.processor.nlg, "generate", break_down)
    await assert_apologised(talk, await talk.say("hello"))


@pytest.mark.parametrize("seconds", [120.0, 0.5, 600.0])
def test_whoever_waits_for_an_action_waits_longer_than_the_bot(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    for name in ("SANIC_RESPONSE_TIMEOUT", "TICKET_LOCK_LIFETIME"):
        monkeypatch.delenv(name, raising=False)
    settings = Settings(_env_file=None, action_seconds=seconds)
    server = float(action_environment(settings)["SANIC_RESPONSE_TIMEOUT"])
    lock = float(chat_environment(settings)["TICKET_LOCK_LIFETIME"])
    assert seconds < server < lock
