"""Feedback: a rating of the conversation from 1 to 5."""

from __future__ import annotations

from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.forms import Form
from actions.orders import shop_answers
from actions.voice import Voice
from shop.desk import shop_desk
from switchboard.reply import Reply
from switchboard.tasks import Report, TaskError, task

RATINGS = {word: number for number, word in enumerate(("one", "two", "three", "four", "five"), start=1)}
RATINGS |= {str(number): number for number in RATINGS.values()}
GOOD = 4


@task("feedback", title="Saving your rating", timeout=10.0, effects=True, keyed=True)
async def leave_rating(report: Report, key: str, rating: int) -> None:
    """Keep the rating; the same key keeps the last one. Raises `Unavailable`."""
    with shop_answers():
        await shop_desk().client.leave_rating(key, rating)


class ValidateFeedbackForm(Form):
    """Takes a rating."""

    flow = "feedback"
    explanations: ClassVar[dict[str, str]] = {"rating": "utter_bad_rating"}

    def validate_rating(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take 1 to 5, in digits or in words."""
        rating = RATINGS.get(str(value).strip().lower())
        return {"rating": str(rating) if rating else None}

    async def check(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        return []


class ActionFeedback(Action):
    """Keeps the rating."""

    def name(self) -> str:
        return "action_feedback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        rating = RATINGS[str(tracker.get_slot("rating"))]
        async with Reply(dispatcher, tracker) as reply:
            voice = Voice(reply, domain)
            try:
                await reply.run(leave_rating, key=tracker.sender_id, rating=rating)
                await voice.say("utter_rated_well" if rating >= GOOD else "utter_rated_badly")
            except TaskError:
                await voice.say("utter_not_rated")
        return [SlotSet("rating", None)]
