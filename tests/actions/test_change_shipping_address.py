"""Addresses as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.change_shipping_address import ValidateChangeShippingAddressForm, is_street, is_town, split_address
from tests.support.demo_shop import in_form, message, slots_of


@pytest.mark.parametrize(
    ("text", "street", "town"),
    [
        ("12 Byron Row", "12 Byron Row", None),
        ("12 Byron Row, LS1 4AB Leeds", "12 Byron Row", "LS1 4AB Leeds"),
        ("12 Byron Row\nLeeds LS1 4AB", "12 Byron Row", "Leeds LS1 4AB"),
        ("Flat 3, 18 Park Avenue, Leeds LS1 4AB", "Flat 3, 18 Park Avenue", "Leeds LS1 4AB"),
        ("my new address is 7 Mill Road, Cambridge", "7 Mill Road, Cambridge", None),
        ("please send it to 7 Mill Road, 75001 Paris.", "7 Mill Road", "75001 Paris"),
        ("Hauptstrasse 12, 10115 Berlin", "Hauptstrasse 12", "10115 Berlin"),
        ("9 Quay Street, Dublin 8", "9 Quay Street", "Dublin 8"),
    ],
)
def test_an_address_is_split_at_its_postcode(text: str, street: str, town: str | None) -> None:
    assert split_address(text) == (street, town)


@pytest.mark.parametrize(
    ("text", "valid"), [("12 Byron Row", True), ("Byron Row", False), ("12", False), ("x" * 300 + " 1", False)]
)
def test_a_street_has_a_name_and_a_number(text: str, valid: bool) -> None:
    assert is_street(text) is valid


@pytest.mark.parametrize(
    ("text", "valid"),
    [("LS1 4AB Leeds", True), ("Leeds", False), ("LS1 4AB", False), ("75001 Paris", True), ("Dublin 8", True)],
)
def test_a_town_has_a_postcode_and_a_name(text: str, valid: bool) -> None:
    assert is_town(text) is valid


@pytest.mark.parametrize(
    ("asked", "latest", "slots", "response"),
    [
        ("street", message("12 Byron Row"), {"street": "12 Byron Row"}, None),
        ("street", message("1001 Main Road", "track_order", 0.9), {"street": "1001 Main Road"}, None),
        ("street", message("somewhere nice", "nlu_fallback", 0.2), {"street": None}, "utter_bad_street"),
        ("street", message("how long does it take?", "delivery_period"), {}, None),
        ("street", message("never mind", "stop"), {}, None),
        ("town", message("Leeds, LS1 4AB"), {"town": "Leeds, LS1 4AB"}, None),
        ("town", message("Leeds"), {"town": None}, "utter_bad_town"),
    ],
)
async def test_an_answer_is_taken_and_a_question_is_not(
    dispatcher: CollectingDispatcher, domain: dict[str, Any],
    asked: str, latest: dict[str, Any], slots: dict[str, Any], response: str | None,
) -> None:  # fmt: skip
    given = in_form(latest, "change_shipping_address_form", {}, requested_slot=asked)
    assert slots_of(await ValidateChangeShippingAddressForm().run(dispatcher, given, domain)) == slots
    assert [said["response"] for said in dispatcher.messages] == ([response] if response else [])


async def test_both_parts_may_come_in_one_answer(dispatcher: CollectingDispatcher, domain: dict[str, Any]) -> None:
    given = in_form(message("12 Byron Row, LS1 4AB Leeds"), "change_shipping_address_form", {}, requested_slot="street")
    slots = slots_of(await ValidateChangeShippingAddressForm().run(dispatcher, given, domain))
    assert slots == {"street": "12 Byron Row", "town": "LS1 4AB Leeds"}


async def test_a_corrected_order_number_is_no_street(dispatcher: CollectingDispatcher, domain: dict[str, Any]) -> None:
    correction = message("sorry, I meant 1002", "other_order", order_number="1002")
    given = in_form(correction, "change_shipping_address_form", {}, requested_slot="street")
    slots = slots_of(await ValidateChangeShippingAddressForm().run(dispatcher, given, domain))
    assert slots == {"order_number": "1002"}
