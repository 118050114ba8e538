"""Why the bot said that: what it made of each message, by its own record of the dialogue, for operators."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from switchboard.log.dialogue import Stretch

RANKED = 5  # intents of a message, the likeliest first
LISTEN = "action_listen"
POLICY = re.compile(r"^policy_\d+_")  # how Rasa begins the name of a policy in a graph

Wire = dict[str, Any]


def explain(record: Stretch) -> Wire:
    """The last messages with what came of each, and where the dialogue stands now: slots, form, what it asks for.

    As far back as the bot itself looks. Events are Rasa's, as JSON.
    """
    known = json.loads(record.state) if record.state else {}
    story = _Story(dict(known.get("slots") or {}), known.get("loop"))
    for text in record.events:
        story.take(json.loads(text))
    slots = {name: value for name, value in story.slots.items() if value is not None}
    asked = slots.pop("requested_slot", None)
    return {"turns": story.turns, "slots": slots, "form": story.form, "askedFor": asked if story.form else None}


class _Story:
    """The fold of the events."""

    def __init__(self, slots: Wire, form: str | None) -> None:
        self.slots = slots
        self.form = form
        self.turns: list[Wire] = []

    def take(self, event: Wire) -> None:
        kind = event["event"]
        if kind in ("session_started", "restart"):
            self.slots, self.form = {}, None
        elif kind == "reset_slots":
            self.slots = {}
        elif kind == "user":
            self.turns.append(_message(event))
        elif kind == "slot":
            self.slots[event["name"]] = event.get("value")
            self._step({"slot": event["name"], "value": event.get("value")})
        elif kind == "active_loop":
            self.form = event.get("name")
            self._step({"form": event.get("name")})
        elif kind == "action" and event["name"] != LISTEN:
            self._step(_action(event))
        elif kind == "bot" and self.turns and not (event.get("metadata") or {}).get("held"):
            self.turns[-1]["said"].append(event.get("text") or "")

    def _step(self, step: Wire) -> None:
        if self.turns:
            self.turns[-1]["steps"].append(step)


def _message(event: Wire) -> Wire:
    parsed = event.get("parse_data") or {}
    metadata = event.get("metadata") or {}
    return {
        "messageId": event.get("message_id"),
        "author": metadata.get("author"),
        "text": event.get("text") or "",
        "heard": not metadata.get("held"),  # else a person had the conversation: nothing was made of it
        "intents": _intents(parsed),
        "entities": [_entity(each) for each in parsed.get("entities") or ()],
        "steps": [],
        "said": [],
    }


def _intents(parsed: Wire) -> list[Wire]:
    """The ranking; of a button, which nobody had to understand, its intent alone."""
    ranking: Iterable[Wire] = parsed.get("intent_ranking") or [parsed.get("intent") or {}]
    named = [each for each in ranking if each.get("name")]
    return [{"name": each["name"], "confidence": each.get("confidence")} for each in named[:RANKED]]


def _entity(entity: Wire) -> Wire:
    return {name: entity[name] for name in ("entity", "value", "start", "end", "extractor") if name in entity}


def _action(event: Wire) -> Wire:
    step = {"action": event["name"]}
    if event.get("policy"):
        step |= {"policy": POLICY.sub("", event["policy"]), "confidence": event.get("confidence")}
    return step
