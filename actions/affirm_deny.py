"""A bare yes, no or stop: what it means depends on what the bot has just asked."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.conversation import last_buttons

KEPT = frozenset({"order_number", "email"})  # slots that outlive a form that was stopped


def offered_form(tracker: Tracker, domain: DomainDict) -> str | None:
    """Return the form behind the last message's "Yes…" button, which a typed yes stands for."""
    for button in last_buttons(tracker):
        form = f"{button.get('payload', '').lstrip('/').split('{')[0]}_form"
        if button.get("title", "").startswith("Yes") and form in domain.get("forms", {}):
            return form
    return None


def left(form: str, domain: DomainDict) -> list[EventType]:
    """Return what ends the form without a question, and forgets its answers."""
    slots = domain.get("forms", {}).get(form, {}).get("required_slots", [])
    forgotten: list[EventType] = [SlotSet(slot, None) for slot in slots if slot not in KEPT]
    return [*forgotten, SlotSet("requested_slot", None), ActiveLoop(None)]


class ActionAffirm(Action):
    """Does what was offered last."""

    def name(self) -> str:
        return "action_affirm"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        form = offered_form(tracker, domain)
        if form:
            return [FollowupAction(form)]
        dispatcher.utter_message(response="utter_go_ahead")
        return []


class ActionStop(Action):
    """Ends the form that is under way, if any, and forgets its answers."""

    def name(self) -> str:
        return "action_stop"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        form = (tracker.active_loop or {}).get("name")
        if not form:
            dispatcher.utter_message(response="utter_fine")
            return []
        dispatcher.utter_message(response="utter_stopped")
        return left(form, domain)
