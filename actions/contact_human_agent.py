"""A person, if one is there; else a message for people: what it is about, and how to reach who wrote it."""

from __future__ import annotations

from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.complaint import is_complaint
from actions.conversation import beneath, intent_of, message_id_of, requested_slot, text_of
from actions.forms import Form, free_text
from actions.orders import EMAIL, PHONE, shop_answers
from actions.voice import Voice
from shop.desk import shop_desk
from switchboard.calling import call_person, enough
from switchboard.reply import Reply
from switchboard.tasks import Report, TaskError, task

A_WISH = 8  # words; "please let me talk to somebody" is no message for that somebody yet


@task("contact_human_agent", title="Passing on your message", timeout=10.0, effects=True, keyed=True)
async def leave_message(report: Report, key: str, message: str, contact: str) -> str:
    """Keep the message for the team and return its reference. Raises `Unavailable`."""
    with shop_answers():
        return await shop_desk().client.leave_message(key, message, contact)


def contact_in(text: str) -> str | None:
    """Return the first e-mail address, or else phone number, in the text."""
    match = EMAIL.search(text) or PHONE.search(text)
    return match.group(0) if match else None


class ValidateContactHumanAgentForm(Form):
    """Takes a message and a way to answer it. An e-mail address that was given before is not asked for again."""

    flow = "contact_human_agent"
    explanations: ClassVar[dict[str, str]] = {"contact_detail": "utter_bad_contact_detail"}

    def keeps(self, tracker: Tracker) -> bool:
        """A message may be about anything."""
        return requested_slot(tracker) == "contact_message"

    def extract_contact_message(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take any text but another call for a person."""
        text = free_text(tracker)
        if requested_slot(tracker) != "contact_message" or not text:
            return {}
        again = intent_of(tracker) == self.flow and len(text.split()) < A_WISH
        return {} if again else {"contact_message": text}

    def extract_contact_detail(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take it from any message of this form, even from the first."""
        contact = contact_in(text_of(tracker))
        if contact is None and tracker.get_slot("contact_message"):
            contact = tracker.get_slot("contact_detail") or tracker.get_slot("email")
        return {"contact_detail": contact} if contact else {}

    def validate_contact_message(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take anything."""
        return {"contact_message": value}

    def validate_contact_detail(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take an e-mail address or a phone number."""
        return {"contact_detail": contact_in(str(value or ""))}

    async def check(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        return []


class ActionCallPerson(Action):
    """Hands over to a person who is there; without one the rules go on with the form."""

    def name(self) -> str:
        return "action_call_person"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        return enough(tracker) if await call_person(dispatcher, tracker, "asked", "utter_person_comes") else []


class ActionCallUpset(Action):
    """Hands whoever is upset over to a person who is there; without one says sorry, and offers to leave a message.

    Without one a complaint that says what happened is filed at once, so that nobody has to tell it again.
    """

    def name(self) -> str:
        return "action_call_upset"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        form = (tracker.active_loop or {}).get("name")
        if await call_person(dispatcher, tracker, "upset", "utter_upset_person_comes"):
            return enough(tracker)
        if form:
            dispatcher.utter_message(response="utter_upset_in_form")
            return []
        if beneath(tracker) == "complaint" and is_complaint(text_of(tracker)):
            return [SlotSet("complaint_text", text_of(tracker)), FollowupAction("complaint_form")]
        dispatcher.utter_message(response="utter_upset_offer_person")
        return []


class ActionContactHumanAgent(Action):
    """Passes the message on."""

    def name(self) -> str:
        return "action_contact_human_agent"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        async with Reply(dispatcher, tracker) as reply:
            voice = Voice(reply, domain)
            key = f"{tracker.sender_id}/{message_id_of(tracker)}"
            message, contact = str(tracker.get_slot("contact_message")), str(tracker.get_slot("contact_detail"))
            try:
                reference = await reply.run(leave_message, key=key, message=message, contact=contact)
                await voice.say("utter_message_left", reference=reference, contact=contact)
            except TaskError:
                await voice.say("utter_message_not_left")
        return [SlotSet("contact_message", None), SlotSet("contact_detail", None)]
