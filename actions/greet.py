"""A greeting by name, for whoever speaks: the chat's sign-in says who that is."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.conversation import name_of
from actions.what_you_know import is_known


class ActionGreet(Action):
    """Says hello; by name to who has one, and again to who has been here before."""

    def name(self) -> str:
        return "action_greet"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        name = name_of(tracker)
        if name is None:
            dispatcher.utter_message(response="utter_greet")
        elif is_known(tracker):
            dispatcher.utter_message(response="utter_greet_again", name=name)
        else:
            dispatcher.utter_message(response="utter_greet_by_name", name=name)
        return []
