"""Yes, no, stop, and what the bot does not understand."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.affirm_deny import ActionAffirm, ActionStop
from actions.out_of_scope import ActionAskBack
from tests.support.demo_shop import message, slots_of, tracker

ASKED_BACK = [message("glorp"), {"event": "action", "name": "action_ask_back"}]


def bot(*buttons: tuple[str, str]) -> dict[str, Any]:
    offered = [{"title": title, "payload": payload} for title, payload in buttons]
    return {"event": "bot", "text": "…", "data": {"buttons": offered}}


def said(dispatcher: CollectingDispatcher) -> list[str]:
    return [message["response"] for message in dispatcher.messages]


async def test_low_confidence_offers_the_two_likeliest_intents_by_their_titles(
    dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    latest = message("glorp", "nlu_fallback", 0.3)
    ranking = ("nlu_fallback", "affirm", "get_refund", "inform", "track_order", "cancel_order")
    latest["intent_ranking"] = [{"name": name, "confidence": 0.1} for name in ranking]
    await ActionAskBack().run(dispatcher, tracker(latest), domain)
    assert [(button["title"], button["payload"]) for button in dispatcher.messages[0]["buttons"]] == [
        ("Return or refund", "/get_refund"),
        ("Track an order", "/track_order"),
        ("Something else", "/help"),
    ]


async def test_the_second_time_in_a_row_offers_a_person(
    dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    for intent in ("nlu_fallback", "out_of_scope"):
        await ActionAskBack().run(dispatcher, tracker(message("fnord", intent), events=ASKED_BACK), domain)
    assert said(dispatcher) == ["utter_offer_person"] * 2


async def test_after_an_understood_message_it_asks_back_afresh(
    dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    events = [*ASKED_BACK, message("thanks", "thanks"), {"event": "action", "name": "utter_welcome"}]
    await ActionAskBack().run(dispatcher, tracker(message("sing", "out_of_scope"), events=events), domain)
    assert said(dispatcher) == ["utter_out_of_scope"]


async def test_yes_takes_the_offer_of_the_last_message(
    dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    events = [message("hello"), bot(("Yes, leave a message", "/contact_human_agent"), ("No, thanks", "/deny"))]
    followup = await ActionAffirm().run(dispatcher, tracker(message("yes", "affirm"), events=events), domain)
    assert [event["name"] for event in followup] == ["contact_human_agent_form"]


async def test_yes_to_a_menu_or_to_an_older_offer_asks_what_for(
    dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    menu = [message("hello"), bot(("Track an order", "/track_order"))]
    older = [message("hello"), bot(("Yes, please", "/get_refund")), message("thanks"), bot()]
    for events in (menu, older):
        assert await ActionAffirm().run(dispatcher, tracker(message("yes", "affirm"), events=events), domain) == []
    assert said(dispatcher) == ["utter_go_ahead"] * 2


def test_stop_ends_the_form_and_forgets_its_answers_but_not_the_order(
    dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    given = tracker(message("never mind", "stop"), form="change_shipping_address_form", order_number="1001", street="x")
    events = ActionStop().run(dispatcher, given, domain)
    assert slots_of(events) == {"street": None, "town": None, "address_confirmed": None, "requested_slot": None}
    assert {"event": "active_loop", "timestamp": None, "name": None} in events
    assert said(dispatcher) == ["utter_stopped"]


def test_a_no_without_a_form_is_a_no(dispatcher: CollectingDispatcher, domain: dict[str, Any]) -> None:
    assert ActionStop().run(dispatcher, tracker(message("no", "deny")), domain) == []
    assert said(dispatcher) == ["utter_fine"]
