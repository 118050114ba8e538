"""What every flow on an order shares: the pair is proven against the shop, whatever the slots say."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine

from actions.cancel_order import ActionCancelOrder, ValidateCancelOrderForm
from actions.orders import ActionOrderMenu, ActionOtherOrder
from actions.track_order import ValidateTrackOrderForm
from shop.client import Proof
from shop.database import DatabaseShop
from shop.proof import TRIES_PER_CONVERSATION
from tests.support.demo_shop import in_form, message, slots_of, tracker

ADA = "ada@example.com"
WRONG_PAIRS = [
    {"order_number": "1001", "email": "eve@example.com"},
    {"order_number": "9999", "email": ADA},
    {"order_number": "1005", "email": ADA},
]


async def test_the_right_pair_is_kept(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    given = in_form(
        message("#1001, Ada@Example.com"), "track_order_form", {"order_number": "#1001", "email": ADA.upper()}
    )
    slots = slots_of(await ValidateTrackOrderForm().run(dispatcher, given, domain))
    assert (slots["order_number"], slots["email"]) == ("1001", ADA)
    assert dispatcher.messages == []


@pytest.mark.parametrize("pair", WRONG_PAIRS)
async def test_a_wrong_pair_gets_one_answer_whether_the_order_exists_or_not(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any], pair: dict[str, str]
) -> None:
    given = in_form(message("here you are"), "track_order_form", pair)
    slots = slots_of(await ValidateTrackOrderForm().run(dispatcher, given, domain))
    assert (slots["order_number"], slots["email"]) == (None, None)
    assert [said["response"] for said in dispatcher.messages] == ["utter_wrong_pair"]


async def test_after_five_wrong_pairs_the_form_ends_even_for_the_right_one(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    form = ValidateTrackOrderForm()
    for number in range(TRIES_PER_CONVERSATION):
        await form.run(dispatcher, in_form(message(f"try {number}"), "track_order_form", WRONG_PAIRS[0]), domain)
    right = in_form(message("the right one"), "track_order_form", {"order_number": "1001", "email": ADA})
    slots = slots_of(await form.run(dispatcher, right, domain))
    assert slots["refusal"] == "too_many_tries"
    assert slots["requested_slot"] is None


@pytest.mark.parametrize("pair", WRONG_PAIRS)
async def test_slots_that_a_crafted_payload_could_set_prove_nothing(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any], pair: dict[str, str]
) -> None:
    """Even with every slot filled and confirmed, the task asks the shop."""
    given = tracker(message("/affirm", "affirm"), **pair, cancel_confirmed=True, order_summary="wool throw")
    slots = slots_of(await ActionCancelOrder().run(dispatcher, given, domain))
    assert len(dispatcher.messages) == 1
    assert "together" in dispatcher.messages[0]["text"]
    assert (slots["order_number"], slots["email"]) == (None, None)
    order = await DatabaseShop(demo_shop).find_order(Proof("1005", "grace@example.com"))
    assert order.status.value == "processing"


async def test_a_shop_that_does_not_answer_ends_the_form_honestly(
    dispatcher: CollectingDispatcher, domain: dict[str, Any], demo_shop: Engine
) -> None:
    with demo_shop.begin() as connection:
        connection.exec_driver_sql("DROP TABLE shop_orders")
    given = in_form(message("1001"), "track_order_form", {"order_number": "1001", "email": ADA})
    slots = slots_of(await ValidateTrackOrderForm().run(dispatcher, given, domain))
    assert slots["refusal"] == "unavailable"


@pytest.mark.parametrize(
    ("slot", "text", "response"),
    [("order_number", "yes", "utter_bad_order_number"), ("email", "ada at example", "utter_bad_email")],
)
async def test_an_answer_that_is_none_is_explained(
    dispatcher: CollectingDispatcher, domain: dict[str, Any], slot: str, text: str, response: str
) -> None:
    given = in_form(message(text, "nlu_fallback", 0.3), "track_order_form", {}, requested_slot=slot)
    events = await ValidateTrackOrderForm().run(dispatcher, given, domain)
    assert slots_of(events) == {slot: None}
    assert [said["response"] for said in dispatcher.messages] == [response]


async def test_a_question_is_left_to_the_rules(dispatcher: CollectingDispatcher, domain: dict[str, Any]) -> None:
    given = in_form(
        message("do you ship to France?", "delivery_options"), "track_order_form", {}, requested_slot="email"
    )
    assert await ValidateTrackOrderForm().run(dispatcher, given, domain) == []
    assert dispatcher.messages == []


async def test_a_wish_for_another_flow_is_let_go_with_its_number(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    wish = message("track order 1002", "track_order", order_number="1002")
    given = in_form(wish, "cancel_order_form", {"order_number": "1002"}, requested_slot="email")
    events = await ValidateCancelOrderForm().run(dispatcher, given, domain)
    assert [event["event"] for event in events] == ["action_execution_rejected"]


def test_a_bare_number_is_answered_with_what_can_be_done(dispatcher: CollectingDispatcher) -> None:
    ActionOrderMenu().run(dispatcher, tracker(message("1001", order_number="1001")), {})
    ActionOrderMenu().run(dispatcher, tracker(message("hmm")), {})
    assert [said["response"] for said in dispatcher.messages] == ["utter_which_action", "utter_go_ahead"]


def test_another_order_in_a_form_is_asked_for_by_the_form(
    dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    given = tracker(message("the other order", "other_order"), form="cancel_order_form", order_number="1001")
    assert slots_of(ActionOtherOrder().run(dispatcher, given, domain)) == {
        "order_number": None,
        "order_declined": True,
    }


def test_another_order_after_a_flow_starts_the_flow_again(
    dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    before = [{"event": "active_loop", "name": "track_order_form"}, {"event": "active_loop", "name": None}]
    given = tracker(message("and 1002?", "other_order", order_number="1002"), events=before, order_number="1002")
    assert ActionOtherOrder().run(dispatcher, given, domain) == [
        {"event": "followup", "timestamp": None, "name": "track_order_form"}
    ]


def test_another_order_out_of_the_blue_is_asked_back(dispatcher: CollectingDispatcher, domain: dict[str, Any]) -> None:
    ActionOtherOrder().run(dispatcher, tracker(message("the other order", "other_order")), domain)
    assert [said["response"] for said in dispatcher.messages] == ["utter_not_the_order"]
