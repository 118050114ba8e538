"""AG-UI's events as JSON objects, and how they go over the wire. Clients of 0.0.59 and of 1.0 read all of them.

Shapes are those of https://docs.ag-ui.com/spec/1.0, cut down to what `@ag-ui/core` 0.0.59 takes too: no field is null,
`timestamp` is a whole number of milliseconds, and `outcome: cancelled` goes to 1.0 only.
"""

from __future__ import annotations

from typing import Any

from switchboard.log.codec import dumps

Event = dict[str, Any]
Patch = list[dict[str, Any]]  # RFC 6902

PROTOCOL_VERSION = "1.0"
NAMESPACE = "switchboard"  # of what AG-UI has no word for: CUSTOM events are `switchboard.<name>`, metadata our key
TASK = "task"  # our activities' type
HEARTBEAT = b": ping\n\n"


def encode(events: list[Event]) -> bytes:
    """Server-Sent Events, LF only. A lone surrogate, which a client may have sent in its history, becomes `?`."""
    return "".join(f"data: {dumps(event)}\n\n" for event in events).encode("utf-8", "replace")


def event(kind: str, at: int | None = None, **fields: Any) -> Event:
    """An event; fields that are `None` are left out."""
    given = {"type": kind, "timestamp": at, **fields}
    return {name: value for name, value in given.items() if value is not None}


def custom(name: str, value: Any, at: int | None = None) -> Event:
    """What AG-UI has no event for."""
    return event("CUSTOM", at, name=f"{NAMESPACE}.{name}", value=value)


def run_started(thread: str, run: str, version: str | None, about: dict[str, Any]) -> Event:
    """The first event of every run."""
    return event("RUN_STARTED", threadId=thread, runId=run, protocolVersion=version, metadata={NAMESPACE: about})


def run_finished(thread: str, run: str, outcome: dict[str, Any] | None = None, at: int | None = None) -> Event:
    """The last event of a run that did not fail; no outcome means success."""
    return event("RUN_FINISHED", at, threadId=thread, runId=run, outcome=outcome)


def run_error(code: str, message: str, at: int | None = None) -> Event:
    """The last event of a run that failed."""
    return event("RUN_ERROR", at, code=code, message=message)


def text_start(message_id: str, author: dict[str, Any], at: int | None) -> Event:
    """Somebody begins to speak; `name` says who, unless it is the bot."""
    return event(
        "TEXT_MESSAGE_START",
        at,
        messageId=message_id,
        role="user" if author["role"] == "customer" else "assistant",
        name=None if author["role"] == "bot" else author["name"],
        metadata={NAMESPACE: {"author": author}},
    )


def text_content(message_id: str, delta: str, at: int | None) -> Event:
    """More text, never empty: clients before 0.0.40 take an empty one for an error."""
    return event("TEXT_MESSAGE_CONTENT", at, messageId=message_id, delta=delta)


def text_end(message_id: str, at: int | None, about: dict[str, Any] | None = None) -> Event:
    """The message is whole, or nothing more comes."""
    return event("TEXT_MESSAGE_END", at, messageId=message_id, metadata={NAMESPACE: about} if about else None)


def call_started(task: dict[str, Any], at: int | None) -> list[Event]:
    """A task as a tool call, whole: its arguments are the title that people read."""
    call = task["taskId"]
    return [
        event("TOOL_CALL_START", at, toolCallId=call, toolCallName=task["name"]),
        event("TOOL_CALL_ARGS", at, toolCallId=call, delta=dumps({"title": task["title"]})),
        event("TOOL_CALL_END", at, toolCallId=call),
    ]


def call_result(task_id: str, result: dict[str, Any], at: int | None) -> Event:
    """How the task ended."""
    return event(
        "TOOL_CALL_RESULT", at, messageId=result_id(task_id), toolCallId=task_id, content=dumps(result), role="tool"
    )


def result_id(task_id: str) -> str:
    """The id of the tool message that a task's end makes."""
    return f"{task_id}.result"


def activity(task: dict[str, Any], at: int | None) -> Event:
    """A task's state, as a message of the client's own that it draws."""
    return event("ACTIVITY_SNAPSHOT", at, messageId=activity_id(task["taskId"]), activityType=TASK, content=task)


def activity_delta(task_id: str, changes: dict[str, Any], at: int | None) -> Event:
    """What changed in a task's state."""
    return event(
        "ACTIVITY_DELTA", at, messageId=activity_id(task_id), activityType=TASK, patch=patch_of(changes, set())
    )


def activity_id(task_id: str) -> str:
    """The id of the activity message of a task; ids are unique over all of a client's messages."""
    return f"{task_id}.activity"


def patch_of(changes: dict[str, Any], removable: set[str]) -> Patch:
    """Changed members of an object as a JSON Patch. `None` removes a member, if there is one to remove."""
    patch: Patch = []
    for name, value in changes.items():
        path = "/" + name.replace("~", "~0").replace("/", "~1")
        if value is not None:
            patch.append({"op": "add", "path": path, "value": value})
        elif name in removable:
            patch.append({"op": "remove", "path": path})
    return patch


def interrupt(question: dict[str, Any]) -> dict[str, Any]:
    """A message that offers buttons, as what a run waits for. The answer is a button's payload, or any other text."""
    choices = [{"const": button["payload"], "title": button["title"]} for button in question["buttons"]]
    return {
        "id": question["messageId"],
        "reason": "confirmation",
        "message": question["text"],
        "responseSchema": {"type": "string", "anyOf": [*choices, {"type": "string"}]},
        "metadata": {NAMESPACE: {"buttons": question["buttons"]}},
    }
