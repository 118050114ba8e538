"""A goodbye, which ends whatever is under way."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.affirm_deny import left


class ActionGoodbye(Action):
    """Says goodbye; in a form, also that nothing has been changed."""

    def name(self) -> str:
        return "action_goodbye"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        form = (tracker.active_loop or {}).get("name")
        dispatcher.utter_message(response="utter_goodbye_halfway" if form else "utter_goodbye")
        return left(form, domain) if form else []
