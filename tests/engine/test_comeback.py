"""People have the conversation for a while: what Rasa does of it, nothing, and what it knows of it afterwards."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from switchboard.handoff.case import Wish
from switchboard.handoff.desk import Desk
from switchboard.handoff.operators import Operators
from switchboard.log.errors import Owned
from switchboard.log.inbox import Inbox
from tests.engine.conftest import Talk, said
from tests.handoff.conftest import EVE
from tests.support.people import ADA, message
from tests.support.tiny_bot import ActionSlow
from tests.support.waiting import bounded, until


async def says(talk: Talk, text: str) -> None:
    """The operator."""
    await talk.log.publish(talk.id, message(text, author=EVE), asks=True, author=EVE.id)


async def back(talk: Talk, outcome: Any = "returned") -> list[str]:
    """The bot goes on; what it says then."""
    before = len((await talk.state())["messages"])
    await Desk(talk.log).end(talk.id, outcome, EVE.id)
    await talk.answered()
    return [each["text"] for each in (await talk.state())["messages"][before:]]


def slots_of(events: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(event["name"], event["value"]) for event in events if event["event"] == "slot"]


async def test_a_response_hands_over_at_once_with_the_end_of_its_turn(talk: Talk) -> None:
    answer = await talk.say("a person please")
    assert [each["text"] for each in answer] == ["I call somebody."]
    assert "custom" not in answer[0]
    state = await talk.state()
    assert (state["owner"], state["handoff"]["reason"], state["handoff"]["team"]) == ("queue:tea", "asked", "tea")
    last = [line.type for line in await talk.log.read_back(talk.id, 3)]
    assert last == ["handoff.requested", "owner.changed", "turn.completed"]
    assert said(await talk.tracker()) == [("user", "a person please"), ("bot", "I call somebody.")]


async def test_the_bot_goes_on_in_its_form_and_knows_what_was_said_and_by_whom(talk: Talk) -> None:
    assert (await talk.say("order tea"))[0]["text"] == "Which tea?"
    assert [each["text"] for each in await talk.say("green")] == ["How many cups?"]
    desk = Desk(talk.log)
    await desk.claim(talk.id, EVE)
    before = slots_of(await talk.tracker())
    await says(talk, "I am Eve. Anything wrong?")
    for text in ("the kettle is broken", "/restart", '/order{"tea": "black"}'):
        await talk.ask(text)
    await says(talk, "We send another one.")
    assert slots_of(await talk.tracker()) == before
    assert await back(talk) == ["I'm back, and go on from here.", "How many cups?"]
    events = await talk.tracker()
    assert said(events)[4:] == [
        ("bot", "I am Eve. Anything wrong?"),
        ("user", "the kettle is broken"),
        ("user", "/restart"),
        ("user", '/order{"tea": "black"}'),
        ("bot", "We send another one."),
        ("bot", "I'm back, and go on from here."),
        ("bot", "How many cups?"),
    ]
    eves = [event["metadata"]["author"] for event in events if event.get("text") == "We send another one."]
    assert eves == [EVE.id]
    assert slots_of(events) == before
    assert [each["text"] for each in await talk.say("two")] == ["Done."]
    assert dict(slots_of(await talk.tracker()))["tea"] == "green"


async def test_who_asks_for_a_person_in_a_form_is_asked_again_at_the_return_and_the_form_takes_the_answer(
    talk: Talk,
) -> None:
    await talk.say("order tea")
    await talk.say("green")
    await Operators(talk.log.redis).say(EVE.id, EVE.name, "online", [], 5)
    before = len((await talk.state())["messages"])
    await talk.ask("/help", payload="/help")
    await talk.answered()
    assert [each["text"] for each in (await talk.state())["messages"][before + 1 :]] == ["I call somebody."]
    assert (await talk.state())["owner"] == "queue:support"
    await Desk(talk.log).claim(talk.id, EVE)
    assert await back(talk) == ["I'm back, and go on from here.", "How many cups?"]
    assert [each["text"] for each in await talk.say("two")] == ["Done."]


async def test_without_a_form_the_bot_says_that_it_is_back_in_the_domains_words_and_stories_go_on(talk: Talk) -> None:
    await talk.say("a person please")
    await Desk(talk.log).claim(talk.id, EVE)
    await talk.ask("thanks")
    assert await back(talk, "resolved") == ["So that is done."]
    assert [each["text"] for each in await talk.say("hello")] == ["Hello there."]
    assert [each["text"] for each in await talk.say("hello")] == ["Hello there."]


async def test_an_operator_who_steps_in_ends_the_turn_and_what_it_had_said_is_remembered(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ActionSlow, "begun", asyncio.Event())
    monkeypatch.setattr(ActionSlow, "gate", asyncio.Event())

    async def streams() -> bool:
        return any(each["status"] == "streaming" for each in (await talk.state())["messages"])

    async with bounded():
        await talk.ask("slow please")
        await ActionSlow.begun.wait()
        await until(streams)
        await talk.ask("hello")  # comes behind it, and is nobody's now
        await Desk(talk.log).claim(talk.id, EVE)
        ActionSlow.gate.set()
        await says(talk, "Let me.")
        assert await back(talk) == ["I'm back, and go on from here."]
    assert sorted(said(await talk.tracker())) == sorted([
        ("user", "slow please"),
        ("user", "hello"),
        ("bot", "At "),
        ("bot", "Let me."),
        ("bot", "I'm back, and go on from here."),
    ])  # fmt: skip
    assert "last." not in str(await talk.state())
    assert [each["text"] for each in await talk.say("hello")] == ["Hello there."]


async def test_an_hour_of_talk_with_a_person_ends_no_session_of_rasas(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk.say("order tea")
    await talk.say("green")
    await Desk(talk.log).claim(talk.id, EVE)
    later = time.time() + 61 * 60
    monkeypatch.setattr(time, "time", lambda: later)
    await says(talk, "Still there?")
    assert (await back(talk))[-1] == "How many cups?"
    assert [each["text"] for each in await talk.say("two")] == ["Done."]
    assert [event["event"] for event in await talk.tracker()].count("session_started") == 1


async def test_what_the_bot_failed_to_hear_at_its_return_it_hears_before_the_next_message(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from switchboard.engine import rasa_engine

    async def fails(*_: object) -> None:
        raise RuntimeError("a defect")

    await talk.say("a person please")
    await Desk(talk.log).claim(talk.id, EVE)
    await says(talk, "All is well.")
    with monkeypatch.context() as broken:
        broken.setattr(rasa_engine, "come_back", fails)
        assert await back(talk) == ["That went wrong."]
    assert [each["text"] for each in await talk.say("hello")] == ["Hello there."]
    assert said(await talk.tracker())[2:] == [("bot", "All is well."), ("user", "hello"), ("bot", "Hello there.")]


async def test_nothing_of_rasas_writes_while_people_have_it(talk: Talk) -> None:
    from rasa.core.lock_store import LockError

    await talk.say("hello")
    await Desk(talk.log).request(talk.id, Wish("asked"), ADA.id)
    before = await talk.tracker()
    with pytest.raises(LockError):
        async with talk.agent.lock_store.lock(talk.id, lock_lifetime=1):
            pytest.fail("the bot has it")
    with pytest.raises(Owned):
        await Inbox(talk.log.redis).hold(talk.id)
    assert await talk.tracker() == before
