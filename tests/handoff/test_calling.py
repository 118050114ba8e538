"""An action calls a person who is there, with what the bot knows; else it goes another way."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from switchboard.calling import call_person
from switchboard.handoff.operators import Operators
from switchboard.log.log import Log
from switchboard.runtime import Runtime
from switchboard.store.database import Database
from switchboard.store.history import History

TURN = {"turn": {"id": "t4", "term": 1, "fence": 1, "step": "action_it 0", "again": False}}


def tracker(metadata: dict[str, Any]) -> Tracker:
    events = [{"event": "user", "parse_data": {"intent": {"name": name}}} for name in ("greet", None, "track_order")]
    slots = {"order_number": "1001", "email": None, "requested_slot": "email"}
    return Tracker("c_1", slots, {"metadata": metadata}, events, False, None, {"name": "order_form"}, "action_listen")


async def called(log: Log, metadata: dict[str, Any]) -> list[dict[str, Any]]:
    services = Runtime(log, History(Database("sqlite://")), operators=Operators(log.redis))
    dispatcher = CollectingDispatcher()
    comes = await call_person(dispatcher, tracker(metadata), "asked", "utter_person_comes", services=services)
    messages: list[dict[str, Any]] = dispatcher.messages
    assert bool(messages) is comes
    return messages


async def test_nobody_is_called_where_nobody_is_there_or_it_is_no_conversation_of_ours(log: Log) -> None:
    assert await called(log, TURN) == []
    await Operators(log.redis).say("user_eve", "Eve", "online", ["billing"], 5)
    assert await called(log, TURN) == []
    await Operators(log.redis).say("user_eve", "Eve", "online", [], 5)
    assert await called(log, {}) == []


async def test_who_is_called_gets_what_the_bot_knows(log: Log) -> None:
    await Operators(log.redis).say("user_eve", "Eve", "online", [], 5)
    (message,) = await called(log, TURN)
    assert message["response"] == "utter_person_comes"
    assert message["custom"]["handoff"] == {
        "reason": "asked",
        "team": "support",
        "context": {
            "slots": {"order_number": "1001"},
            "intents": ["greet", "track_order"],
            "form": "order_form",
            "askedFor": "email",
        },
    }
