"""Why the bot said that."""

from __future__ import annotations

import json
from typing import Any

from switchboard.handoff.why import explain
from switchboard.log.dialogue import Stretch

USER = {
    "event": "user",
    "text": "where is 1001?",
    "message_id": "m_1",
    "metadata": {"author": "guest_ada"},
    "parse_data": {
        "intent": {"name": "track_order", "confidence": 0.9},
        "intent_ranking": [{"name": f"intent_{n}", "confidence": 1 / n} for n in range(1, 9)],
        "entities": [
            {"entity": "order_number", "value": "1001", "start": 9, "end": 13, "extractor": "Regex", "role": 1}
        ],
    },
}


def told(*events: dict[str, Any], state: dict[str, Any] | None = None) -> dict[str, Any]:
    return explain(Stretch(0, json.dumps(state) if state else "", [json.dumps(event) for event in events]))


def test_a_message_is_shown_with_what_was_made_of_it_step_by_step() -> None:
    shown = told(
        {"event": "slot", "name": "before", "value": 1},
        USER,
        {"event": "slot", "name": "order_number", "value": "1001"},
        {"event": "action", "name": "order_form", "policy": "policy_1_RulePolicy", "confidence": 1.0},
        {"event": "active_loop", "name": "order_form"},
        {"event": "slot", "name": "requested_slot", "value": "email"},
        {"event": "bot", "text": "Your e-mail?"},
        {"event": "action", "name": "action_listen", "policy": "policy_1_RulePolicy", "confidence": 1.0},
    )
    (turn,) = shown["turns"]
    assert (turn["messageId"], turn["author"], turn["heard"]) == ("m_1", "guest_ada", True)
    assert [each["name"] for each in turn["intents"]] == [f"intent_{n}" for n in range(1, 6)]
    assert turn["entities"] == [
        {"entity": "order_number", "value": "1001", "start": 9, "end": 13, "extractor": "Regex"}
    ]
    assert turn["steps"] == [
        {"slot": "order_number", "value": "1001"},
        {"action": "order_form", "policy": "RulePolicy", "confidence": 1.0},
        {"form": "order_form"},
        {"slot": "requested_slot", "value": "email"},
    ]
    assert turn["said"] == ["Your e-mail?"]
    assert (shown["slots"], shown["form"], shown["askedFor"]) == (
        {"before": 1, "order_number": "1001"}, "order_form", "email",
    )  # fmt: skip


def test_it_goes_on_from_what_the_session_had_come_to_and_a_new_one_begins_with_nothing() -> None:
    state = {"slots": {"email": "a@b.example", "gone": None}, "loop": "order_form"}
    assert told(state=state) == {
        "turns": [], "slots": {"email": "a@b.example"}, "form": "order_form", "askedFor": None,
    }  # fmt: skip
    for event in ("session_started", "restart", "reset_slots"):
        assert told({"event": event}, state=state)["slots"] == {}


def test_what_people_said_among_each_other_is_shown_as_not_heard() -> None:
    held = {"metadata": {"author": "guest_ada", "held": True}}
    shown = told({"event": "user", "text": "thanks", **held}, {"event": "bot", "text": "You are welcome", **held})
    assert [(turn["heard"], turn["intents"], turn["said"]) for turn in shown["turns"]] == [(False, [], [])]
