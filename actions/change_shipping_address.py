"""Sending an order to another address, before it has left."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.conversation import entity_of, intent_of, requested_slot, text_of
from actions.forms import confirmation, free_text, may_answer, repeated_wish
from actions.orders import EMAIL, OrderAction, OrderForm, credentials, open_order, shop_answers
from actions.voice import Voice
from shop.client import Address, Order, Proof
from shop.desk import shop_desk
from shop.rules import why_not_change_address
from switchboard.reply import Reply
from switchboard.tasks import Report, task

LONGEST_PART = 200  # characters of a street or a town, as the shop keeps them

POSTCODE = re.compile(
    r"\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b"  # United Kingdom
    r"|\b[a-z]\d[\dw] ?[a-z\d]{4}\b|\bdublin \d{1,2}\b"  # Ireland
    r"|\b\d{4,5}\b|\b\d{2}-\d{3}\b|\b\d{3} \d{2}\b",  # the European Union
    re.IGNORECASE,
)
LEAD_IN = re.compile(r"^(?:[^\d,]*\b(?:is|it's|to|at)\s+)(?=\S)", re.IGNORECASE)
NEW_ADDRESS = re.compile(r"\bto (\d{1,4}[a-z]? [a-z].+)$", re.IGNORECASE | re.DOTALL)


@task("change_shipping_address", title="Changing the address", timeout=10.0, effects=True, keyed=True)
async def change_shipping_address(
    report: Report, order_number: str, email: str, conversation_id: str, attempt: str, street: str, town: str
) -> Order:
    """Send the order elsewhere and return it.

    Raises `Refused` (`wrong_pair`, `too_many_tries`, `already_shipped`, `already_delivered`, `order_cancelled`) and
    `Unavailable`.
    """
    await open_order(order_number, email, conversation_id, attempt)
    with shop_answers():
        return await shop_desk().client.change_address(Proof(order_number, email), Address(street, town), report.key)


def split_address(text: str) -> tuple[str, str | None]:
    """Return street and town of "12 Byron Row, LS1 4AB Leeds"; the town is `None` where no postcode follows."""
    parts = [part.strip(" .") for part in re.split(r"[,\n;]", LEAD_IN.sub("", text.strip())) if part.strip(" .")]
    for index, part in enumerate(parts[1:], start=1):
        if POSTCODE.search(part):
            return ", ".join(parts[:index]), ", ".join(parts[index:])
    return ", ".join(parts), None


def is_street(text: str) -> bool:
    """True for a name of three letters or more with a house number, and nothing that was meant for us."""
    return bool(re.search(r"\d", text)) and len(re.findall(r"[^\W\d_]", text)) >= 3 and len(text) <= LONGEST_PART


def is_town(text: str) -> bool:
    """True for a postcode beside a name."""
    code = POSTCODE.search(text)
    rest = POSTCODE.sub("", text) if code else ""
    named = len(re.findall(r"[^\W\d_]", rest)) >= 2 or bool(code and code.group(0).lower().startswith("dublin"))
    return bool(code) and named and len(text) <= LONGEST_PART


class ValidateChangeShippingAddressForm(OrderForm):
    """Asks for street, town and a confirmation, unless the order has left."""

    flow = "change_shipping_address"
    confirmed = "address_confirmed"
    explanations: ClassVar[dict[str, str]] = {
        **OrderForm.explanations,
        "street": "utter_bad_street",
        "town": "utter_bad_town",
        "address_confirmed": "utter_yes_or_no",
    }

    def why_not(self, order: Order) -> str | None:
        return why_not_change_address(order)

    def keeps(self, tracker: Tracker) -> bool:
        """An address may sound like anything."""
        asked = requested_slot(tracker)
        text = text_of(tracker)
        return (asked == "street" and is_street(text)) or (asked == "town" and is_town(text))

    def extract_street(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> dict[str, Any]:
        """Take the answer to our question, or what follows "to" in the wish itself."""
        if requested_slot(tracker) is None and intent_of(tracker) == self.flow:
            given = NEW_ADDRESS.search(EMAIL.sub("", text_of(tracker)))
            return {"street": given.group(1)} if given else {}
        return self._answer(tracker, "street")

    def extract_town(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> dict[str, Any]:
        """Take the answer to our question."""
        return self._answer(tracker, "town")

    def _answer(self, tracker: Tracker, slot: str) -> dict[str, Any]:
        text = free_text(tracker)
        if requested_slot(tracker) != slot or not text:
            return {}
        if intent_of(tracker) == "other_order":  # "sorry, I meant 1002"
            number = entity_of(tracker, "order_number")
            return {"order_number": number} if number else {}
        return {slot: text} if self.keeps(tracker) or may_answer(tracker) else {}

    def validate_street(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take a street with a house number, and the town too if it follows."""
        street, town = split_address(str(value or ""))
        if not is_street(street):
            dispatcher.utter_message(response="utter_bad_street")
            return {"street": None}
        return {"street": street, "town": town} if town and is_town(town) else {"street": street}

    def validate_town(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take a postcode with a town."""
        town = LEAD_IN.sub("", str(value or "").strip(" ."))
        if not is_town(town):
            dispatcher.utter_message(response="utter_bad_town")
            return {"town": None}
        return {"town": town}

    def extract_address_confirmed(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take the same wish once more for a yes."""
        return repeated_wish(tracker, self.flow, "address_confirmed")

    def validate_address_confirmed(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take a clear yes or no."""
        return confirmation(self.flow, "address_confirmed", value, dispatcher, tracker)


class ActionChangeShippingAddress(OrderAction):
    """Changes the address that was confirmed."""

    flow = "change_shipping_address"
    answers = ("street", "town", "address_confirmed")

    async def act(self, reply: Reply, voice: Voice, tracker: Tracker) -> None:
        if not tracker.get_slot("address_confirmed"):
            await voice.say("utter_address_not_changed")
            return
        street, town = str(tracker.get_slot("street")), str(tracker.get_slot("town"))
        order: Order = await reply.run(change_shipping_address, **credentials(tracker), street=street, town=town)
        await voice.say(
            "utter_address_changed", number=order.number, street=order.address.street, town=order.address.town
        )
