"""How an action calls a person, where one is there who could come."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from switchboard.handoff.case import TEAM
from switchboard.runtime import Runtime, runtime
from switchboard.turns.turn import TurnContext

LAST_INTENTS = 5
INTERNAL_SLOTS = frozenset({"requested_slot", "session_started_metadata"})


async def call_person(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    reason: str,
    response: str,
    *,
    team: str = TEAM,
    services: Runtime | None = None,
) -> bool:
    """Say `response`, behind which a person of the team goes on, with what the bot knows; or do nothing.

    The action then returns what `enough` says.

    False where nobody of the team is there, and outside of our conversations: then the action goes another way. To call
    somebody whether there is one or not, utter a response with `custom: {handoff: {reason: …}}`.
    Raises `LogUnavailable`.
    """
    if not await person_is_there(tracker, team=team, services=services):
        return False
    handoff = {"reason": reason, "team": team, "context": context_of(tracker)}
    dispatcher.utter_message(response=response, json_message={"handoff": handoff})
    return True


def enough(tracker: Tracker) -> list[EventType]:
    """What an action returns that has called somebody: nothing more is done in this turn.

    A form asks nothing, and has let go of this message only: it takes the next one, when the bot is back.
    """
    form = (tracker.active_loop or {}).get("name")
    return [*([ActiveLoop(form)] if form else []), FollowupAction("action_listen")]


async def person_is_there(tracker: Tracker, *, team: str = TEAM, services: Runtime | None = None) -> bool:
    """Whether `call_person` would call one. Raises `LogUnavailable`."""
    metadata = (tracker.latest_message or {}).get("metadata")
    if TurnContext.from_metadata(metadata) is None:
        return False
    operators = (services or runtime()).operators
    return operators is not None and await operators.available(team)


def context_of(tracker: Tracker) -> dict[str, Any]:
    """What a person should know who takes over: slots with values, the last intents, and what a form has asked for."""
    users = [event for event in tracker.events if event.get("event") == "user"]
    intents = [((event.get("parse_data") or {}).get("intent") or {}).get("name") for event in users[-LAST_INTENTS:]]
    slots = {name: value for name, value in tracker.slots.items() if value is not None and name not in INTERNAL_SLOTS}
    context: dict[str, Any] = {"slots": slots, "intents": [name for name in intents if name]}
    if form := (tracker.active_loop or {}).get("name"):
        context["form"] = form
        context["askedFor"] = tracker.get_slot("requested_slot")
    return context
