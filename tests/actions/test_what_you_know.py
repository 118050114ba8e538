"""Who asks is told what is remembered of them, and can have it forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine

from actions.affirm_deny import ActionAffirm
from actions.what_you_know import ActionForgetMe, ActionWhatYouKnow, masked
from switchboard.people.memory import Lesson, Memory
from switchboard.runtime import runtime
from tests.support.demo_shop import message, slots_of, tracker

KNOWN = {"last_order": "1001", "last_email": "ada@example.com", "open_issue": "C-12"}
FORGOTTEN = dict.fromkeys(("order_number", "email", *KNOWN))


def said_by_ada(text: str, intent: str) -> dict[str, Any]:
    return message(text, intent) | {"metadata": {"author": "user_ada", "author_name": "Ada"}}


async def taught() -> Memory:
    """What the actions use, knowing an order of Ada's and one of Eve's."""
    memory = runtime().memory
    assert memory is not None
    before = datetime.now(UTC) - timedelta(seconds=1)
    await memory.learn(
        [Lesson(person, "last_order", "1001", "c_1", before, 3600) for person in ("user_ada", "user_eve")]
    )
    return memory


async def test_everything_is_told_but_the_address_that_others_might_read(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    given = tracker(said_by_ada("what do you know about me", "what_you_know"), **KNOWN)
    await ActionWhatYouKnow().run(dispatcher, given, domain)
    (said,) = dispatcher.messages
    assert all(words in said["text"] for words in ("Ada", "1001", "a…@example.com", "C-12"))
    assert KNOWN["last_email"] not in said["text"]
    assert said["buttons"][0] == {"title": "Yes, forget it", "payload": "/forget_me"}


async def test_of_who_is_new_nothing_is_known(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    await ActionWhatYouKnow().run(dispatcher, tracker(message("what do you know", "what_you_know")), domain)
    (said,) = dispatcher.messages
    assert "nothing" in said["text"] and not said["buttons"]


async def test_it_is_forgotten_here_and_everywhere_and_nobody_elses_is(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    memory = await taught()
    given = tracker(said_by_ada("forget me", "forget_me"), **KNOWN)
    assert slots_of(await ActionForgetMe().run(dispatcher, given, domain)) == FORGOTTEN
    assert await memory.of("user_ada") == []
    assert len(await memory.of("user_eve")) == 1
    assert "forgotten" in dispatcher.messages[0]["text"]


async def test_yes_to_the_offer_forgets(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    memory = await taught()
    buttons = [{"title": "Yes, forget it", "payload": "/forget_me"}]
    offer = [
        said_by_ada("what do you know", "what_you_know"),
        {"event": "bot", "text": "?", "data": {"buttons": buttons}},
    ]
    given = tracker(said_by_ada("yes", "affirm"), events=offer, **KNOWN)
    assert slots_of(await ActionAffirm().run(dispatcher, given, domain)) == FORGOTTEN
    assert await memory.of("user_ada") == []


@pytest.mark.parametrize("text", ["yes", "/forget_me"])
async def test_nobody_says_yes_for_somebody_else(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any], text: str
) -> None:
    memory = await taught()
    buttons = [{"title": "Yes, forget it", "payload": "/forget_me"}]
    asked = message("what do you know", "what_you_know") | {"metadata": {"author": "user_eve"}}
    offer = [asked, {"event": "bot", "text": "?", "data": {"buttons": buttons}}]
    given = tracker(said_by_ada(text, "affirm" if text == "yes" else "forget_me"), events=offer, **KNOWN)
    action = ActionAffirm() if text == "yes" else ActionForgetMe()
    assert slots_of(await action.run(dispatcher, given, domain)) == {}
    assert len(await memory.of("user_ada")) == 1
    assert dispatcher.messages[0]["buttons"][0]["payload"] == "/forget_me", "now it is Ada who is asked"


async def test_in_company_nothing_is_told(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    latest = said_by_ada("what do you know about me", "what_you_know")
    latest["metadata"]["in_company"] = True
    await ActionWhatYouKnow().run(dispatcher, tracker(latest, **KNOWN), domain)
    (said,) = dispatcher.messages
    assert "1001" not in said["text"] and "conversation of your own" in said["text"]


async def test_what_could_not_be_forgotten_is_said_to_be_there(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    await taught()
    with demo_shop.begin() as connection:
        connection.exec_driver_sql("DROP TABLE memories")
    given = tracker(said_by_ada("forget me", "forget_me"), **KNOWN)
    assert await ActionForgetMe().run(dispatcher, given, domain) == []
    assert "nothing is forgotten" in dispatcher.messages[0]["text"]


def test_an_address_is_known_again_by_its_owner_alone() -> None:
    assert masked("ada@example.com") == "a…@example.com"
