"""Complaints: what went wrong, kept for people to read."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.conversation import SURE, confidence_of, intent_of, message_id_of, requested_slot, text_of
from actions.forms import Form, free_text
from actions.orders import EMAIL, PHONE, shop_answers
from actions.voice import Voice
from shop.desk import shop_desk
from switchboard.nlu.signs import INSULTS, SWEARING
from switchboard.reply import Reply
from switchboard.tasks import Report, TaskError, task

TELLS_SOMETHING = 5  # words; a shorter first message is a wish to complain rather than the complaint
TOO_LONG_FOR_A_WISH = 8  # words; a shorter answer may be another flow's wish, such as "I want to track my order"
QUESTION = re.compile(
    r"^(?:and |so |but )?(?:how|what|when|where|which|who|can|could|do|does|is|are|will)\b", re.IGNORECASE
)
TELLING = 3  # of them besides those that only say who is angry at whom
ANGER_ALONE = frozenset(
    re.findall(
        r"\S+",
        """
    a about absolute absolutely all am amateurs an and angry annoyed are at awful bad been bot bunch company complain
    complaining complaint crap crooks customer damn dear disappointed disappointing disgrace disgusting do even ever
    experience extremely feel file formal fuming furious guys had happy hate have hello help here hi hopeless horrible
    hopelessly how i i'd i'll i'm idiots in incompetent is it i've joke just like lot lousy make me my never not of off
    on one order pathetic people place please poor really ridiculous rubbish satisfied seen service shame shit shocking
    shop simply sick so some somebody someone store stupid such support terrible that that's the them there these they
    thing this to totally truly unacceptable unhappy upset us useless utterly very want wanted was what why with work
    worse worst would you you're your
    """,
    )
)


def telling(text: str) -> int:
    """Return how many words say what happened, beside anger, contacts and numbers."""
    words = re.findall(r"[^\W\d_](?:[^\W\d_]|')*", PHONE.sub(" ", EMAIL.sub(" ", text)).replace("’", "'").lower())
    return sum(word not in ANGER_ALONE and word not in SWEARING and word not in INSULTS for word in words)


def is_complaint(text: str) -> bool:
    """True if a first message says what happened, beside that somebody is angry about it."""
    told = len(text.split()) >= TELLS_SOMETHING and not QUESTION.search(text)
    return told and telling(text) >= TELLING


@task("complaint", title="Filing your complaint", timeout=10.0, effects=True, keyed=True)
async def file_complaint(report: Report, key: str, complaint: str, order_number: str | None) -> str:
    """Keep the complaint and return its reference. Raises `Unavailable`."""
    with shop_answers():
        return await shop_desk().client.file_complaint(key, complaint, order_number)


class ValidateComplaintForm(Form):
    """Takes the complaint in the customer's own words."""

    flow = "complaint"
    explanations: ClassVar[dict[str, str]] = {"complaint_text": "utter_bad_complaint_text"}

    def keeps(self, tracker: Tracker) -> bool:
        """A complaint may be about anything."""
        return len(text_of(tracker).split()) >= TOO_LONG_FOR_A_WISH

    def extract_complaint_text(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take the answer to our question, or a first message that says what happened. A contact alone is kept."""
        text = free_text(tracker)
        if not text:
            return {}
        if requested_slot(tracker) == "complaint_text":
            contact = EMAIL.search(text)
            if telling(text) or not contact:
                return {"complaint_text": text} if telling(text) else {}
            dispatcher.utter_message(response="utter_complaint_contact")
            return {"email": contact.group(0).lower()}
        sure = intent_of(tracker) == self.flow and confidence_of(tracker) >= SURE
        return {"complaint_text": text} if sure and is_complaint(text) else {}

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
            events: list[EventType] = [SlotSet("complaint_text", None)]
            try:
                reference = await reply.run(
                    file_complaint, key=key, complaint=complaint, order_number=tracker.get_slot("order_number")
                )
                await voice.say("utter_complaint_filed", reference=reference)
                events.append(SlotSet("open_issue", reference))  # remembered: see credentials.yml
            except TaskError:
                await voice.say("utter_complaint_not_filed")
        return events
