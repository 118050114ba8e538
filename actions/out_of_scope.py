"""Asking back: for messages about other things, and for messages that the bot isn't sure about."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.conversation import events_of_last_turn, intent_of
from actions.voice import variation
from switchboard.calling import call_person, enough

CHOICES = 2


class ActionAskBack(Action):
    """Offers the likeliest intents that have a title; the second time in a row, calls a person, or offers to."""

    def name(self) -> str:
        return "action_ask_back"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        if asked_back_before(tracker, self.name()):
            if await call_person(dispatcher, tracker, "unsure", "utter_unsure_person_comes"):
                return enough(tracker)
            dispatcher.utter_message(response="utter_offer_person")
        elif intent_of(tracker) == "out_of_scope":
            dispatcher.utter_message(response="utter_out_of_scope")
        else:
            buttons = likeliest(tracker, domain)
            buttons.append({"title": variation(domain, "utter_none_of_these")["text"], "payload": "/help"})
            dispatcher.utter_message(text=variation(domain, "utter_did_you_mean")["text"], buttons=buttons)
        return []


def asked_back_before(tracker: Tracker, action: str) -> bool:
    """True if the bot asked back in the turn before this one."""
    return any(event.get("event") == "action" and event.get("name") == action for event in events_of_last_turn(tracker))


def likeliest(tracker: Tracker, domain: DomainDict) -> list[dict[str, str]]:
    """Return buttons for the likeliest intents that a customer can choose: those with `utter_title_<intent>`."""
    ranking = (tracker.latest_message or {}).get("intent_ranking") or []
    titled = [intent["name"] for intent in ranking if f"utter_title_{intent['name']}" in domain["responses"]]
    return [
        {"title": variation(domain, f"utter_title_{name}")["text"], "payload": f"/{name}"} for name in titled[:CHOICES]
    ]
