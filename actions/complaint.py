"""Complaints: what went wrong, kept for people to read."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.conversation import intent_of, message_id_of, requested_slot, text_of
from actions.forms import Form, free_text
from actions.orders import shop_answers
from actions.voice import Voice
from shop.desk import shop_desk
from switchboard.reply import Reply
from switchboard.tasks import Report, TaskError, task

TELLS_SOMETHING = 8  # words; a shorter first message is a wish to complain rather than the complaint


@task("complaint", title="Filing your complaint", timeout=10.0, effects=True)
async def file_complaint(report: Report, key: str, complaint: str, order_number: str | None) -> str:
    """Keep the complaint and return its reference. Raises `Unavailable`."""
    with shop_answers():
        return await shop_desk().client.file_complaint(key, complaint, order_number)


class ValidateComplaintForm(Form):
    """Takes the complaint in the customer's own words."""

    flow = "complaint"

    def keeps(self, tracker: Tracker) -> bool:
        """A complaint may be about anything."""
        return len(text_of(tracker).split()) >= TELLS_SOMETHING

    def extract_complaint_text(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take the answer to our question, or a first message that says what happened."""
        text = free_text(tracker)
        if not text:
            return {}
        if requested_slot(tracker) == "complaint_text":
            return {"complaint_text": text}
        told = intent_of(tracker) == self.flow and len(text.split()) >= TELLS_SOMETHING
        return {"complaint_text": text} if told and not re.search(r"\bcomplai", text, re.IGNORECASE) else {}

    def validate_complaint_text(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take anything."""
        return {"complaint_text": value}

    async def check(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        return []


class ActionComplaint(Action):
    """Files the complaint."""

    def name(self) -> str:
        return "action_complaint"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        async with Reply(dispatcher, tracker) as reply:
            voice = Voice(reply, domain)
            key = f"{tracker.sender_id}/{message_id_of(tracker)}"
            complaint = str(tracker.get_slot("complaint_text"))
            try:
                reference = await reply.run(
                    file_complaint, key=key, complaint=complaint, order_number=tracker.get_slot("order_number")
                )
                await voice.say("utter_complaint_filed", reference=reference)
            except TaskError:
                await voice.say("utter_complaint_not_filed")
        return [SlotSet("complaint_text", None)]
