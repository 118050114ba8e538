"""The order of last time is offered to whom it belongs, once, and proven again before anything is said of it."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine

from actions.orders import ActionAskOrderNumber
from actions.track_order import ActionTrackOrder, ValidateTrackOrderForm
from tests.support.demo_shop import in_form, message, slots_of, tracker

ADA = "ada@example.com"
KNOWN = {"last_order": "1001", "last_email": ADA}
BUTTONS = [{"title": "Yes, order 1001", "payload": "/affirm"}, {"title": "Another order", "payload": "/other_order"}]
OFFER = [message("where is my order?", "track_order"), {"event": "bot", "text": "?", "data": {"buttons": BUTTONS}}]


def asked(dispatcher: CollectingDispatcher, **slots: Any) -> tuple[str, str | None]:
    ActionAskOrderNumber().run(dispatcher, tracker(message("track my order", "track_order"), **slots), {})
    (said,) = dispatcher.messages
    return said["response"], said.get("number")


async def answered(
    dispatcher: CollectingDispatcher,
    domain: dict[str, Any],
    latest: dict[str, Any],
    *before: dict[str, Any],
    **slots: Any,
) -> dict[str, Any]:
    """What the form makes of an answer to what it has asked last."""
    given = in_form(latest, "track_order_form", {}, **{"requested_slot": "order_number", **KNOWN, **slots})
    given.events[:0] = before
    return slots_of(await ValidateTrackOrderForm().run(dispatcher, given, domain))


def test_the_order_of_last_time_is_offered(dispatcher: CollectingDispatcher) -> None:
    assert asked(dispatcher, **KNOWN) == ("utter_offer_order", "1001")


@pytest.mark.parametrize(
    "slots",
    [
        {},
        {"last_order": "1001"},
        {**KNOWN, "order_declined": True},
        {**KNOWN, "last_order": "[1001](https://evil.example)"},
        {**KNOWN, "last_email": 7},
    ],
)
def test_otherwise_the_number_is_asked_for(dispatcher: CollectingDispatcher, slots: dict[str, Any]) -> None:
    assert asked(dispatcher, **slots) == ("utter_ask_order_number", None)


async def test_yes_takes_it_with_its_address(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    slots = await answered(dispatcher, domain, message("yes", "affirm"), *OFFER)
    assert (slots["order_number"], slots["email"]) == ("1001", ADA)
    assert slots["order_summary"]


async def test_no_has_the_form_ask_for_another(dispatcher: CollectingDispatcher, domain: dict[str, Any]) -> None:
    assert await answered(dispatcher, domain, message("no", "deny"), *OFFER) == {
        "order_number": None,
        "order_declined": True,
    }


async def test_yes_to_somebody_elses_offer_takes_nothing(
    dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    """In a group, where the latest message is not of whoever was asked."""
    slots = await answered(
        dispatcher, domain, message("yes", "affirm"), *OFFER, last_order="1007", last_email="grace@example.com"
    )
    assert slots == {"order_number": None}
    assert [said["response"] for said in dispatcher.messages] == ["utter_bad_order_number"]


async def test_an_address_that_is_known_is_not_asked_for(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    given = in_form(message("track 1003", "track_order"), "track_order_form", {"order_number": "1003"}, **KNOWN)
    slots = slots_of(await ValidateTrackOrderForm().run(dispatcher, given, domain))
    assert (slots["order_number"], slots["email"]) == ("1003", ADA)


async def test_an_order_that_is_not_ones_own_stays_closed_whatever_is_remembered(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    given = in_form(message("track 1005", "track_order"), "track_order_form", {"order_number": "1005"}, **KNOWN)
    slots = slots_of(await ValidateTrackOrderForm().run(dispatcher, given, domain))
    assert not any(slots.values())
    assert set(KNOWN) <= set(slots), "it is asked for from now on, instead of failing again"
    assert [said["response"] for said in dispatcher.messages] == ["utter_wrong_pair"]


@pytest.mark.parametrize(("number", "is_remembered"), [("1001", True), ("1005", False)])
async def test_only_what_was_proven_is_remembered(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any], number: str, is_remembered: bool
) -> None:
    given = tracker(message("where is it?", "track_order"), order_number=number, email=ADA)
    slots = slots_of(await ActionTrackOrder().run(dispatcher, given, domain))
    assert (slots["last_order"], slots["last_email"]) == ((number, ADA) if is_remembered else (None, None))
