"""Whoever is upset: a person who is there takes over; without one the bot does what it can."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine

from actions.contact_human_agent import ActionCallUpset, ValidateContactHumanAgentForm
from actions.track_order import ValidateTrackOrderForm
from switchboard.handoff.operators import Operators
from switchboard.runtime import runtime
from tests.support.demo_shop import in_form, message, slots_of, tracker

TURN = {"turn": {"id": "t4", "term": 1, "fence": 1, "step": "action_it 0", "again": False}}
TOLD = "the driver left my sofa in the rain, you idiots"


def upset(text: str, beneath: str = "nlu_fallback") -> dict[str, Any]:
    """What NLU makes of it, in a turn of ours."""
    latest = message(text, "upset", 0.8)
    latest["intent_ranking"].append({"name": beneath, "confidence": 0.7})
    return {**latest, "metadata": TURN}


@pytest.fixture
async def desk(demo_shop: Engine, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Operators]:
    """The operators that actions ask for; nobody is there yet."""
    monkeypatch.setenv("REDIS_URL", redis_url)
    runtime.cache_clear()
    services = runtime()
    assert services.operators is not None
    yield services.operators
    await services.log.redis.close()
    await services.log.redis.connection_pool.disconnect()


async def come(desk: Operators) -> None:
    await desk.say("user_eve", "Eve", "online", [], 5)


async def test_a_person_who_is_there_takes_over(
    desk: Operators, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    await come(desk)
    (event,) = await ActionCallUpset().run(dispatcher, tracker(upset(TOLD, "complaint")), domain)
    assert (event["event"], event["name"]) == ("followup", "action_listen")
    (said,) = dispatcher.messages
    assert said["response"] == "utter_upset_person_comes"
    assert said["custom"]["handoff"]["reason"] == "upset"


async def test_where_a_person_comes_the_form_asks_nothing_more(
    desk: Operators, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    await come(desk)
    again, event = await ActionCallUpset().run(dispatcher, tracker(upset("idiots"), form="track_order_form"), domain)
    assert (again["event"], again["name"]) == ("active_loop", "track_order_form")
    assert (event["event"], event["name"]) == ("followup", "action_listen")
    assert [said["response"] for said in dispatcher.messages] == ["utter_upset_person_comes"]


@pytest.mark.parametrize(
    ("beneath", "form", "response"),
    [
        ("nlu_fallback", None, "utter_upset_offer_person"),
        ("track_order", None, "utter_upset_offer_person"),
        ("complaint", "track_order_form", "utter_upset_in_form"),
    ],
)
async def test_without_a_person_it_says_sorry_and_offers_to_leave_a_message(
    desk: Operators, dispatcher: CollectingDispatcher, domain: dict[str, Any],
    beneath: str, form: str | None, response: str,
) -> None:  # fmt: skip
    assert await ActionCallUpset().run(dispatcher, tracker(upset(TOLD, beneath), form=form), domain) == []
    assert [said["response"] for said in dispatcher.messages] == [response]
    for variation in domain["responses"][response]:
        assert variation["buttons"][0]["payload"] == "/contact_human_agent"


async def test_without_a_person_a_complaint_that_says_what_happened_is_filed(
    desk: Operators, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    events = await ActionCallUpset().run(dispatcher, tracker(upset(TOLD, "complaint")), domain)
    assert slots_of(events) == {"complaint_text": TOLD}
    assert events[-1]["name"] == "complaint_form"
    assert dispatcher.messages == []


async def test_a_form_lets_go_of_the_message_only_where_a_person_can_have_it(
    desk: Operators, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    answer = upset("you idiots, call me: 07700 900123")
    contact, slots = ValidateContactHumanAgentForm(), {"contact_message": "Hi", "requested_slot": "contact_detail"}
    asked = in_form(answer, contact.form_name(), {}, **slots)
    assert slots_of(await contact.run(dispatcher, asked, domain)) == {"contact_detail": "07700 900123"}
    track = ValidateTrackOrderForm()
    nothing = in_form(upset("you idiots"), track.form_name(), {}, requested_slot="order_number")
    assert await track.run(dispatcher, nothing, domain) == []
    await come(desk)
    (rejected,) = await contact.run(dispatcher, asked, domain)
    assert (rejected["event"], rejected["name"]) == ("action_execution_rejected", "contact_human_agent_form")
    assert dispatcher.messages == []


async def test_the_bot_calls_a_person_in_the_middle_of_a_form_and_the_form_goes_on_afterwards(desk: Operators) -> None:
    from tests.support.assistant import assistant

    await come(desk)
    conversation = uuid.uuid4().hex
    assert "number" in (await assistant().say(conversation, "track my order"))[0]["text"]
    sorry, called = await assistant().say(conversation, "1001, YOU USELESS IDIOTS!!!", TURN)
    assert "sorry" in sorry["text"]
    handoff = called["custom"]["handoff"]
    assert (handoff["reason"], handoff["context"]["form"]) == ("upset", "track_order_form")
    back = await assistant().say(conversation, "ada@example.com")
    assert "SwiftPost" in "".join(each.get("text") or "" for each in back)
