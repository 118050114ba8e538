"""A bare yes, no or stop: what it means depends on what the bot has just asked."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.conversation import last_buttons
from actions.what_you_know import ActionForgetMe
from switchboard.calling import call_person, enough

KEPT = frozenset({"order_number", "email"})  # slots that outlive a form that was stopped


def offered_flow(tracker: Tracker) -> str | None:
    """Return the flow behind the last message's "Yes…" button, which a typed yes stands for."""
    yes = (button for button in last_buttons(tracker) if button.get("title", "").startswith("Yes"))
    return next((button.get("payload", "").lstrip("/").split("{")[0] for button in yes), None)


def left(form: str, domain: DomainDict) -> list[EventType]:
    """Return what ends the form without a question, and forgets its answers."""
    slots = domain.get("forms", {}).get(form, {}).get("required_slots", [])
    forgotten: list[EventType] = [SlotSet(slot, None) for slot in slots if slot not in KEPT]
    return [*forgotten, SlotSet("requested_slot", None), ActiveLoop(None)]


class ActionAffirm(Action):
    """Does what was offered last."""

    def name(self) -> str:
        return "action_affirm"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        flow = offered_flow(tracker)
        if flow == "contact_human_agent" and await call_person(dispatcher, tracker, "asked", "utter_person_comes"):
            return enough(tracker)
        if f"{flow}_form" in domain.get("forms", {}):
            return [FollowupAction(f"{flow}_form")]
        if flow == "forget_me":  # no form, and after a mere action no rule would know how to go on
            return await ActionForgetMe().run(dispatcher, tracker, domain)
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
