"""Cancelling, returning, readdressing: only what was confirmed, and the bot says what really happened."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine

from actions.cancel_order import ActionCancelOrder, ValidateCancelOrderForm
from actions.change_shipping_address import ActionChangeShippingAddress, ValidateChangeShippingAddressForm
from actions.get_refund import ActionGetRefund, ValidateGetRefundForm
from actions.orders import OrderAction, OrderForm
from shop.client import Address, Order, OrderStatus, Proof, ShopUnavailable
from shop.database import DatabaseShop
from tests.support.demo_shop import in_form, message, slots_of, tracker

ADA = "ada@example.com"
SUBJECT = {"order_number": "1002", "email": ADA, "order_summary": "wool throw"}
ADDRESS = {"street": "5 High Street", "town": "CB1 2AB Cambridge"}
ACTIONS: list[tuple[OrderAction, str, dict[str, Any]]] = [
    (ActionCancelOrder(), "1002", {"cancel_confirmed": True}),
    (ActionGetRefund(), "1003", {"refund_confirmed": True, "refund_reason": "damaged"}),
    (ActionChangeShippingAddress(), "1002", {"address_confirmed": True, **ADDRESS}),
]


async def state(engine: Engine, number: str) -> Order:
    return await DatabaseShop(engine).find_order(Proof(number, ADA))


async def act(
    action: OrderAction, number: str, slots: dict[str, Any], dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run the action; return its one message and the slots that it leaves."""
    given = tracker(message("yes", "affirm"), **{"order_number": number, "email": ADA, **slots})
    left = slots_of(await action.run(dispatcher, given, domain))
    assert len(dispatcher.messages) == 1
    return dispatcher.messages[0], left


@pytest.mark.parametrize(("action", "number", "slots"), ACTIONS)
async def test_what_was_confirmed_is_done_and_said(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any],
    action: OrderAction, number: str, slots: dict[str, Any],
) -> None:  # fmt: skip
    said, left = await act(action, number, slots, dispatcher, domain)
    order = await state(demo_shop, number)
    done = {
        "action_cancel_order": order.status is OrderStatus.cancelled and "£44.00" in said["text"],
        "action_get_refund": order.refund is not None and order.refund.reference in said["text"],
        "action_change_shipping_address": order.address == Address(**ADDRESS) and ADDRESS["street"] in said["text"],
    }
    assert done[action.name()]
    assert set(slots) <= set(left)
    assert {name: value for name, value in left.items() if value} == {"last_order": number, "last_email": ADA}


@pytest.mark.parametrize(("action", "number", "slots"), ACTIONS)
async def test_without_a_yes_nothing_is_done(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any],
    action: OrderAction, number: str, slots: dict[str, Any],
) -> None:  # fmt: skip
    before = await state(demo_shop, number)
    unconfirmed = {name: False if name.endswith("confirmed") else value for name, value in slots.items()}
    said, _ = await act(action, number, unconfirmed, dispatcher, domain)
    assert await state(demo_shop, number) == before
    assert not any(word in said["text"] for word in ("Done", "I've cancelled", "I've opened", "I've changed"))


@pytest.mark.parametrize(("action", "number", "slots"), ACTIONS)
async def test_a_confirmed_effect_that_the_shop_refuses_is_not_claimed(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any],
    action: OrderAction, number: str, slots: dict[str, Any],
) -> None:  # fmt: skip
    """Order 1001 was shipped between the confirmation and the deed."""
    before = await state(demo_shop, "1001")
    said, _ = await act(action, "1001", slots, dispatcher, domain)
    assert await state(demo_shop, "1001") == before
    assert "1001" in said["text"]
    assert said["buttons"]


@pytest.mark.parametrize(("action", "number", "slots"), ACTIONS)
async def test_an_unavailable_shop_is_an_apology_with_a_retry_and_a_person(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
    action: OrderAction, number: str, slots: dict[str, Any],
) -> None:  # fmt: skip
    async def down(*_: object) -> None:
        raise ShopUnavailable("down")

    for method in ("cancel_order", "request_refund", "change_address"):
        monkeypatch.setattr(DatabaseShop, method, down)
    before = await state(demo_shop, number)
    said, _ = await act(action, number, slots, dispatcher, domain)
    assert await state(demo_shop, number) == before
    assert "orry" in said["text"]
    assert [button["payload"] for button in said["buttons"]] == [f"/{action.flow}", "/contact_human_agent"]


@pytest.mark.parametrize(
    ("form", "number", "reason"),
    [
        (ValidateCancelOrderForm(), "1001", "already_shipped"),
        (ValidateCancelOrderForm(), "1003", "already_delivered"),
        (ValidateCancelOrderForm(), "1004", "already_cancelled"),
        (ValidateGetRefundForm(), "1001", "not_delivered"),
        (ValidateGetRefundForm(), "1004", "order_cancelled"),
        (ValidateChangeShippingAddressForm(), "1001", "already_shipped"),
        (ValidateChangeShippingAddressForm(), "1003", "already_delivered"),
        (ValidateChangeShippingAddressForm(), "1004", "order_cancelled"),
    ],
)
async def test_what_cannot_be_done_is_said_before_a_confirmation_is_asked_for(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any],
    form: OrderForm, number: str, reason: str,
) -> None:  # fmt: skip
    given = in_form(message("here"), form.form_name(), {"order_number": number, "email": ADA})
    slots = slots_of(await form.run(dispatcher, given, domain))
    assert (slots["refusal"], slots["requested_slot"]) == (reason, None)
    assert f"utter_{form.flow}_refused_{reason}" in domain["responses"]


@pytest.mark.parametrize(
    ("form", "slot"),
    [
        (ValidateCancelOrderForm(), "cancel_confirmed"),
        (ValidateGetRefundForm(), "refund_confirmed"),
        (ValidateChangeShippingAddressForm(), "address_confirmed"),
    ],
)
@pytest.mark.parametrize(
    ("latest", "value"),
    [
        (message("yes", "affirm", 0.95), True),
        (message("maybe", "affirm", 0.41), None),
        (message("no, 1002", "deny", 0.9, order_number="1002"), None),
    ],
)
def test_only_a_clear_yes_confirms(
    dispatcher: CollectingDispatcher, form: OrderForm, slot: str, latest: dict[str, Any], value: bool | None
) -> None:
    validate = getattr(form, f"validate_{slot}")
    assert validate(True, dispatcher, tracker(latest, **SUBJECT), {}) == {slot: value}


@pytest.mark.parametrize(
    ("form", "slot"),
    [
        (ValidateCancelOrderForm(), "cancel_confirmed"),
        (ValidateGetRefundForm(), "refund_confirmed"),
        (ValidateChangeShippingAddressForm(), "address_confirmed"),
    ],
)
def test_nobody_confirms_what_somebody_else_was_asked(
    dispatcher: CollectingDispatcher, form: OrderForm, slot: str
) -> None:
    """Neither who has named no order, nor who has proven another one."""
    before = message("do it for order 1003", form.flow) | {"metadata": {"author": "guest_ada"}}
    yes = message("yes", "affirm", 0.95)
    for author, slots, value in (("bob", {}, None), ("bob", SUBJECT, None), ("ada", {}, None), ("ada", SUBJECT, True)):
        latest = yes | {"metadata": {"author": f"guest_{author}"}}
        given = tracker(latest, form=form.form_name(), events=[before], **{"requested_slot": slot, **slots})
        assert getattr(form, f"validate_{slot}")(True, dispatcher, given, {}) == {slot: value}


async def test_a_yes_does_not_count_for_an_order_that_is_named_afterwards(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    """Bob says yes to Ada's question, then names an order of his own: he is asked."""
    form = ValidateCancelOrderForm()
    pair = {"order_number": "1002", "email": ADA}
    given = in_form(message("1002, ada@example.com"), form.form_name(), pair, cancel_confirmed=True)
    slots = slots_of(await form.run(dispatcher, given, domain))
    assert slots["order_summary"] and slots["cancel_confirmed"] is None


async def test_a_return_that_is_open_is_not_opened_again(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    await DatabaseShop(demo_shop).request_refund(Proof("1003", ADA), "damaged", "k")
    given = in_form(message("here"), "get_refund_form", {"order_number": "1003", "email": ADA})
    assert slots_of(await ValidateGetRefundForm().run(dispatcher, given, domain))["refusal"] == "already_open"


@pytest.mark.parametrize(
    ("latest", "reason"),
    [
        (message("the glaze has a crack in it", "nlu_fallback", 0.2), "the glaze has a crack in it"),
        (message("it's awful quality, I'm disappointed", "complaint"), "it's awful quality, I'm disappointed"),
        (message("how long does delivery take?", "delivery_period"), None),
        (message("no", "deny"), "not given"),
        (message("I'd rather not say", "stop"), "not given"),
        (message("yes please", "affirm"), None),
        (message("thanks", "thanks"), None),
    ],
)
async def test_a_reason_may_be_told_in_own_words(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any],
    latest: dict[str, Any], reason: str | None,
) -> None:  # fmt: skip
    given = in_form(latest, "get_refund_form", {}, requested_slot="refund_reason", refund_reason=None)
    assert slots_of(await ValidateGetRefundForm().run(dispatcher, given, domain)).get("refund_reason") == reason
