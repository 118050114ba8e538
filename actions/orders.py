"""Orders that a guest has proven to be theirs: what the flows that touch an order share.

Slots prove nothing: whoever can send a message can set them. The pair of order number and e-mail address is checked
against the shop in every turn of a form, and again by every task.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.conversation import (
    SURE,
    confidence_of,
    entity_of,
    intent_of,
    last_buttons,
    message_id_of,
    requested_slot,
    slot_before,
)
from actions.forms import Form
from actions.voice import Voice
from shop.client import NotProven, Order, OrderRefused, Proof, ShopUnavailable, TriesExhausted
from shop.desk import shop_desk
from switchboard.calling import call_person
from switchboard.reply import Reply
from switchboard.tasks import Refused, TaskError, TimedOut, Unavailable, Uncertain

ORDER_NUMBER = re.compile(r"#?(\d{4,6})")
PHONE = re.compile(r"\+?\d[\d ()/-]{6,20}\d")
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")


PAIR = ("order_number", "email", "last_order", "last_email")  # forgotten when they turn out to be wrong


@contextmanager
def shop_answers() -> Iterator[None]:
    """Turn the shop's errors into those of tasks."""
    try:
        yield
    except NotProven as error:
        raise Refused("wrong_pair") from error
    except TriesExhausted as error:
        raise Refused("too_many_tries") from error
    except OrderRefused as error:
        raise Refused(error.reason) from error
    except ShopUnavailable as error:
        raise Unavailable("shop") from error


async def open_order(order_number: str, email: str, conversation_id: str, attempt: str) -> Order:
    """Return the order, in a task. Raises `Refused` with `wrong_pair` or `too_many_tries`, and `Unavailable`."""
    with shop_answers():
        return await shop_desk().proofs.open_order(Proof(order_number, email), conversation_id, attempt)


def credentials(tracker: Tracker) -> dict[str, str]:
    """Return what `open_order` needs of this conversation."""
    return {
        "order_number": str(tracker.get_slot("order_number") or ""),
        "email": str(tracker.get_slot("email") or ""),
        "conversation_id": tracker.sender_id,
        "attempt": message_id_of(tracker),
    }


def last_proof(tracker: Tracker) -> Proof | None:
    """Return what whoever speaks has proven last, in whichever conversation. It proves nothing by itself."""
    number = ORDER_NUMBER.fullmatch(str(tracker.get_slot("last_order") or ""))
    email = EMAIL.fullmatch(str(tracker.get_slot("last_email") or ""))  # people put right what is remembered: be strict
    return Proof(number.group(1), email.group(0).lower()) if number and email else None


def offered(tracker: Tracker) -> Proof | None:
    """Return the proof of the order that our last message has asked about, if that is this person's."""
    proof = last_proof(tracker)
    if proof is None or requested_slot(tracker) != "order_number":
        return None
    titles = [button.get("title", "") for button in last_buttons(tracker)]
    return proof if any(proof.order_number in title.split() for title in titles) else None


def says(tracker: Tracker, intent: str) -> bool:
    """True for a clear yes or no that names no order by itself."""
    sure = intent_of(tracker) == intent and confidence_of(tracker) >= SURE
    return sure and entity_of(tracker, "order_number") is None


class ActionAskOrderNumber(Action):
    """Asks a form's first question: is it about the order of last time? Or which one is it?"""

    def name(self) -> str:
        return "action_ask_order_number"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        proof = last_proof(tracker)
        if proof and not tracker.get_slot("order_declined"):
            dispatcher.utter_message(response="utter_offer_order", number=proof.order_number)
        else:
            dispatcher.utter_message(response="utter_ask_order_number")
        return []


class OrderForm(Form, ABC):
    """A form that begins with order number and e-mail, and ends early when the shop says no."""

    confirmed: ClassVar[str | None] = None  # the slot of the confirmation, where the flow asks for one
    explanations: ClassVar[dict[str, str]] = {
        "order_number": "utter_bad_order_number",
        "email": "utter_bad_email",
    }

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """As every form; after a no to the order that was offered it asks which one it is."""
        if offered(tracker) and says(tracker, "deny"):
            return [SlotSet("order_number", None), SlotSet("order_declined", True)]
        return await super().run(dispatcher, tracker, domain)

    @abstractmethod
    def why_not(self, order: Order) -> str | None:
        """Return the reason that forbids this flow for the order, to say so before asking on."""

    def extract_order_number(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take yes for the order that was offered."""
        proof = offered(tracker)
        if proof is None or not says(tracker, "affirm"):
            return {}
        return {"order_number": proof.order_number, "email": proof.email}

    def extract_email(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> dict[str, Any]:
        """Take the e-mail address that this person has proven before."""
        proof = last_proof(tracker)
        missing = tracker.get_slot("order_number") and not tracker.get_slot("email")
        return {"email": proof.email} if proof and missing else {}

    def validate_order_number(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, str | None]:
        """Take four to six digits, with or without a leading #."""
        match = ORDER_NUMBER.fullmatch(str(value or "").strip())
        return {"order_number": match.group(1) if match else None}

    def validate_email(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, str | None]:
        """Take what looks like an address, in lower case."""
        match = EMAIL.fullmatch(str(value or "").strip())
        return {"email": match.group(0).lower() if match else None}

    async def check(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Prove the pair once both are there. A wrong one is forgotten and asked for again, a new one unconfirmed."""
        pair = credentials(tracker)
        if not pair["order_number"] or not pair["email"]:
            return []
        try:
            order = await open_order(**pair)
        except Refused as error:
            if error.reason != "wrong_pair":
                return ended(error.reason)
            dispatcher.utter_message(response="utter_wrong_pair")
            return [SlotSet(slot, None) for slot in PAIR]
        except Unavailable:
            return ended("unavailable")
        reason = self.why_not(order)
        if reason:
            return ended(reason)
        is_new = any(pair[slot] != slot_before(tracker, slot) for slot in ("order_number", "email"))
        unconfirmed: list[EventType] = [SlotSet(self.confirmed, None)] if self.confirmed and is_new else []
        return [SlotSet("order_summary", order.summary), *unconfirmed]


def ended(reason: str) -> list[EventType]:
    """End the form; the flow's action says why."""
    return [SlotSet("refusal", reason), SlotSet("requested_slot", None)]


class OrderAction(Action, ABC):
    """The last step of a flow: says no, or acts. Every failure ends in an honest answer."""

    flow: ClassVar[str]
    answers: ClassVar[tuple[str, ...]] = ()  # slots of this flow alone, forgotten at its end

    def name(self) -> str:
        return f"action_{self.flow}"

    @abstractmethod
    async def act(self, reply: Reply, voice: Voice, tracker: Tracker) -> None:
        """Do it and say so. May raise any `TaskError`."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        forgotten = [*self.answers, "refusal"]
        refusal = tracker.get_slot("refusal")
        proven = False
        async with Reply(dispatcher, tracker) as reply:
            voice = Voice(reply, domain)
            try:
                if refusal:
                    raise Refused(refusal)
                await self.act(reply, voice, tracker)
                proven = True
            except Refused as error:
                await voice.refuse(self.flow, error.reason, number=tracker.get_slot("order_number"))
                if error.reason in {"wrong_pair", "too_many_tries"}:
                    forgotten += PAIR
            except Uncertain:
                if not await call_person(dispatcher, tracker, "task_failed", "utter_not_sure_person_comes"):
                    await voice.apologise(self.flow, "utter_not_sure")
            except TimedOut:
                await voice.apologise(self.flow, "utter_not_sure")
            except TaskError:
                await voice.apologise(self.flow)
        return [*(remembered(tracker) if proven else []), *(SlotSet(slot, None) for slot in forgotten)]


def remembered(tracker: Tracker) -> list[EventType]:
    """Return what is remembered of whoever has proven an order: see `remember` in credentials.yml."""
    pair = credentials(tracker)
    return [
        SlotSet("last_order", pair["order_number"]),
        SlotSet("last_email", pair["email"]),
        SlotSet("order_declined", None),
    ]


class ActionOrderMenu(Action):
    """Answers a bare order number or e-mail address with what could be done."""

    def name(self) -> str:
        return "action_order_menu"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        known = entity_of(tracker, "order_number") or entity_of(tracker, "email")
        dispatcher.utter_message(response="utter_which_action" if known else "utter_go_ahead")
        return []


class ActionOtherOrder(Action):
    """Takes another order: in a form the form asks for it; after a flow the flow starts again."""

    def name(self) -> str:
        return "action_other_order"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        corrected = entity_of(tracker, "order_number") or entity_of(tracker, "email")
        events: list[EventType] = [] if corrected else [SlotSet("order_number", None), SlotSet("order_declined", True)]
        if tracker.active_loop:
            dispatcher.utter_message(response="utter_another_order")
            return events
        form = last_order_form(tracker, domain)
        if form is None:
            dispatcher.utter_message(response="utter_not_the_order")
            return events
        dispatcher.utter_message(response="utter_another_order")
        return [*events, FollowupAction(form)]


def last_order_form(tracker: Tracker, domain: DomainDict) -> str | None:
    """Return the last form of this conversation that needed an order."""
    forms: dict[str, Any] = domain.get("forms", {})
    started = [event.get("name") for event in reversed(tracker.events) if event.get("event") == "active_loop"]
    return next((form for form in started if "order_number" in forms.get(form, {}).get("required_slots", [])), None)
