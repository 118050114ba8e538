"""What every form of this bot does alike: it listens for answers, and lets go of messages that are none."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.events import ActionExecutionRejected, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.conversation import (
    SURE,
    UPSET,
    author_before,
    author_of,
    confidence_in,
    confidence_of,
    entity_of,
    intent_of,
    requested_slot,
    slot_before,
    text_before,
    text_of,
)
from switchboard.calling import person_is_there

# Intents that a form's question can be answered with; when they bring nothing usable, the form explains what it needs.
# Any other intent is a question or a wish of its own: the form steps back, and asks again afterwards.
ANSWERS = frozenset({"inform", "affirm", "nlu_fallback"})
# Intents that are no answer in the customer's own words: "yes please" is nobody's reason for a return.
SMALL_TALK = frozenset({"affirm", "deny", "stop", "thanks", "greet", "goodbye"})
LONGEST_WISH = 10  # words; somebody who writes more has more to say than yes
SUBJECT = ("order_number", "email", "order_summary")  # what a confirmation is about: a person's own
DOUBTS = re.compile(r"\?|\b(?:maybe|perhaps|if|unless|why not)\b", re.IGNORECASE)  # what makes a yes no clear one
# What makes a wish no clear yes: a question, a condition, a "don't", another thing.
HESITATES = re.compile(
    r"\?|\b(?:no|nope|not|never|(?:do|does|is|are|ca|wo|would|should|could)n['’]?t|maybe|perhaps|might|possibly|unsure"
    r"|if|unless|until|but|wait|hold|later|first|before|after|think|how|what|when|why|will|can i|could i|should i"
    r"|other|another|different|instead|wrong|else|too|also|only|both|rather|new"
    r"|to (?:my|the|an?|our|his|her|their|\d))\b",
    re.IGNORECASE,
)


class Form(FormValidationAction, ABC):
    """Validates `<flow>_form`. A message that answers nothing is explained or left to the rules."""

    flow: ClassVar[str]
    explanations: ClassVar[dict[str, str]] = {}  # slot -> response for an answer that is none

    def name(self) -> str:
        return f"validate_{self.flow}_form"

    @abstractmethod
    async def check(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Return what follows from all slots together, once the message has filled some."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Return the slots that the message fills, or a rejection when it starts another flow or calls for a person."""
        asked = requested_slot(tracker)
        if asked and (self._starts_another_flow(tracker, domain) or await self._is_for_a_person(tracker)):
            return [ActionExecutionRejected(self.form_name())]
        events: list[EventType] = await super().run(dispatcher, tracker, domain)
        if events:
            return [*events, *await self.check(dispatcher, tracker)]
        return self._explain(asked, dispatcher, tracker) if asked else []

    def _starts_another_flow(self, tracker: Tracker, domain: DomainDict) -> bool:
        """True for "track order 1002" in another form: its number must not be taken for this form's."""
        intent = intent_of(tracker)
        if intent == self.flow or f"{intent}_form" not in domain.get("forms", {}):
            return False
        return confidence_of(tracker) >= SURE and not self.keeps(tracker)

    async def _is_for_a_person(self, tracker: Tracker) -> bool:
        """True if whoever is upset can have a person now. Without one the form takes what it can use of the message."""
        return intent_of(tracker) == UPSET and await person_is_there(tracker)

    def keeps(self, tracker: Tracker) -> bool:
        """True if the message belongs to this form whatever its intent."""
        return False

    def _explain(self, asked: str, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Ask again, with an explanation; or return nothing, which leaves the message to the rules."""
        if intent_of(tracker) == self.flow:
            return [SlotSet(asked, None)]
        if not may_answer(tracker):
            return []
        if asked in self.explanations:
            dispatcher.utter_message(response=self.explanations[asked])
        return [SlotSet(asked, None)]


def may_answer(tracker: Tracker) -> bool:
    """True unless the message is clearly a question or a wish of its own."""
    return intent_of(tracker) in ANSWERS or confidence_of(tracker) < SURE


def free_text(tracker: Tracker) -> str | None:
    """Return the message as an answer in the customer's own words, or `None` if it is a button or small talk."""
    text = text_of(tracker)
    if not text or text.startswith("/"):
        return None
    small_talk = intent_of(tracker) in SMALL_TALK and confidence_of(tracker) >= SURE
    return None if small_talk and len(text.split()) <= 6 and not re.search(r"\d", text) else text


def repeats_wish(tracker: Tracker, flow: str, slot: str) -> bool:
    """True if the message answers the confirmation question `slot` by wishing again, clearly, for what `flow` does.

    "Go ahead and cancel" does; a question, a condition, a "don't", a pressed button and a message sent twice don't.
    """
    text = text_of(tracker)
    if requested_slot(tracker) != slot or text.startswith("/") or len(text.split()) > LONGEST_WISH:
        return False
    if text == text_before(tracker):
        return False
    return not HESITATES.search(text) and confidence_in(tracker, "affirm", flow) >= SURE


def repeated_wish(tracker: Tracker, flow: str, slot: str) -> dict[str, Any]:
    """Return the slot's yes if the message repeats the wish, for a form's `extract_<slot>`."""
    return {slot: True} if repeats_wish(tracker, flow, slot) else {}


def confirmation(
    flow: str, slot: str, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker
) -> dict[str, Any]:
    """Return the yes or no, if it is a clear one. "No, 1002" corrects, and "maybe" is neither.

    In a group somebody else may say yes to what was asked of the owner of the order: it counts for nobody, and not for
    an order of their own either, which nobody has asked about.
    """
    was_asked = author_before(tracker) == author_of(tracker) and all(tracker.get_slot(name) for name in SUBJECT)
    if not was_asked or corrects(tracker, "order_number") or corrects(tracker, "email"):
        return {slot: None}
    doubtful = bool(value) and bool(DOUBTS.search(text_of(tracker)))
    if doubtful or (confidence_of(tracker) < SURE and not repeats_wish(tracker, flow, slot)):
        dispatcher.utter_message(response="utter_yes_or_no")
        return {slot: None}
    return {slot: value}


def corrects(tracker: Tracker, slot: str) -> bool:
    """True if the message names another order number or e-mail address than the one that the form has."""
    named = entity_of(tracker, slot)
    return named is not None and named.lstrip("#").lower() != slot_before(tracker, slot)
