"""A conversation's snapshot as the AI SDK's messages: what a page begins with that was loaded anew."""

from __future__ import annotations

from typing import Any

from channels.aisdk import chunks
from channels.aisdk.answer import CUT_OFF, answer_id
from switchboard.log.snapshot import Wire

Part = dict[str, Any]


def ui_messages(state: Wire, participant: str) -> list[Wire]:
    """Everything that was said, one assistant's message a turn, but the turn that is under way."""
    found: dict[str, Wire] = {}
    for item in sorted(state["messages"] + state["tasks"], key=lambda item: int(item["timestamp"])):
        turn = item.get("turnId")
        if turn is not None and turn == state["turn"]:
            continue
        if item.get("author", {}).get("id") == participant:
            message_id = item.get("clientMessageId") or item["messageId"]
            found[message_id] = {"id": message_id, "role": "user", "parts": [{"type": "text", "text": item["text"]}]}
            continue
        message_id = answer_id(state["conversationId"], turn) if turn else item.get("messageId") or item["taskId"]
        message = found.setdefault(message_id, {"id": message_id, "role": "assistant", "parts": []})
        message["parts"] += _task(item) if "taskId" in item else _parts(item)
    return [message for message in found.values() if message["parts"]]


def _parts(message: Wire) -> list[Part]:
    parts: list[Part] = []
    if message["text"]:
        about = {"messageId": message["messageId"], "author": message["author"]}
        text = {"type": "text", "text": message["text"], "state": "done"}
        parts.append({**text, "providerMetadata": {chunks.OURS: about}})
    if message.get("image"):
        parts.append(chunks.image(message["image"]))
    parts += [
        chunks.data(name, message["messageId"], message[name]) for name in ("custom", "buttons") if message.get(name)
    ]
    return parts


def _task(task: Wire) -> list[Part]:
    part: Part = {
        "type": "dynamic-tool",
        "toolName": task["name"],
        "toolCallId": task["taskId"],
        "title": task["title"],
        "input": {},
        "providerExecuted": True,
    }
    if task["status"] == "completed":
        return [{**part, "state": "output-available", "output": {"status": "completed"}}]
    return [{**part, "state": "output-error", "errorText": task.get("reason", CUT_OFF)}]
