"""What AG-UI's verifier and reducer make of our events; the real ones run in `test_agui.py`."""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]

TERMINAL = {"RUN_FINISHED", "RUN_ERROR"}


def check(stream: list[Event]) -> None:
    """Fails unless the stream is one whole run: first its start, last and once its end, and all in between in pairs."""
    assert stream[0]["type"] == "RUN_STARTED"
    assert [event["type"] in TERMINAL for event in stream] == [False] * (len(stream) - 1) + [True]
    for event in stream:
        assert None not in event.values()
        assert isinstance(event.get("timestamp", 0), int)
    _check_texts(stream)
    _check_calls(stream)
    _check_activities(stream)
    state_after(stream)


def _check_texts(stream: list[Event]) -> None:
    open_texts: set[str] = set()
    for event in stream:
        match event["type"]:
            case "TEXT_MESSAGE_START":
                assert event["messageId"] not in open_texts
                open_texts.add(event["messageId"])
            case "TEXT_MESSAGE_CONTENT":
                assert event["messageId"] in open_texts
                assert event["delta"]
            case "TEXT_MESSAGE_END":
                open_texts.remove(event["messageId"])
    assert not open_texts


def _check_calls(stream: list[Event]) -> None:
    stages = {"START": [], "ARGS": ["START"], "END": ["START", "ARGS"], "RESULT": ["START", "ARGS", "END"]}
    calls: dict[str, list[str]] = {}
    for event in stream:
        _, _, stage = event["type"].partition("TOOL_CALL_")
        if stage:
            passed = calls.setdefault(event["toolCallId"], [])
            assert passed == stages[stage]
            passed.append(stage)
    assert all(len(passed) == len(stages) for passed in calls.values()), "1.0 waits for a call without a result"


def _check_activities(stream: list[Event]) -> None:
    activities: dict[str, dict[str, Any]] = {}
    for event in stream:
        if event["type"] == "ACTIVITY_SNAPSHOT":
            activities[event["messageId"]] = dict(event["content"])
        elif event["type"] == "ACTIVITY_DELTA":
            _patch(activities[event["messageId"]], event["patch"])


def _patch(document: dict[str, Any], patch: list[dict[str, Any]]) -> None:
    for operation in patch:
        name = operation["path"][1:].replace("~1", "/").replace("~0", "~")
        if operation["op"] == "remove":
            del document[name]
        else:
            document[name] = operation["value"]


def state_after(stream: list[Event]) -> dict[str, Any]:
    """The state that a client ends with."""
    state: dict[str, Any] = {}
    for event in stream:
        if event["type"] == "STATE_SNAPSHOT":
            state = dict(event["snapshot"])
        elif event["type"] == "STATE_DELTA":
            assert event["delta"]
            _patch(state, event["delta"])
    return state


def messages_after(stream: list[Event], before: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """The list of messages that a client ends with: id, role and text."""
    messages = {message["id"]: dict(message) for message in before or []}
    for event in stream:
        match event["type"]:
            case "TEXT_MESSAGE_START":
                new = {"id": event["messageId"], "role": event["role"], "content": ""}
                messages.setdefault(event["messageId"], new)
            case "TEXT_MESSAGE_CONTENT":
                messages[event["messageId"]]["content"] += event["delta"]
            case "MESSAGES_SNAPSHOT":
                messages = {message["id"]: dict(message) for message in event["messages"]}
    return [m for m in messages.values() if isinstance(m.get("content"), str) and m["role"] != "tool"]
