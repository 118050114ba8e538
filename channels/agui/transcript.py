"""What a client's list of messages is by now: what it sent us, and what this run's events have made of it.

A run needs it to send of a message only what the client lacks, and to restate the list if a text was replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from channels.agui.events import Event

Message = dict[str, Any]


class Transcript:
    """Follows the events as AG-UI's own reducer does (`defaultApplyEvents`), as far as our events go."""

    def __init__(self, messages: Sequence[Message] = ()) -> None:
        self._messages = {str(message["id"]): dict(message) for message in messages}
        self._calls = {
            str(call["id"])
            for message in messages
            for call in message.get("toolCalls") or ()
            if isinstance(call, dict) and "id" in call
        }

    @property
    def messages(self) -> list[Message]:
        """In the order in which the client has them."""
        return list(self._messages.values())

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._messages

    def has_call(self, call_id: str) -> bool:
        """Whether the client has a tool call of that id."""
        return call_id in self._calls

    def text(self, message_id: str) -> str:
        """What the client shows of a message; nothing, if it has none of that id."""
        content = self._messages.get(message_id, {}).get("content")
        return content if isinstance(content, str) else ""

    def replace(self, message_id: str, text: str) -> None:
        """Another text for a message that is there."""
        self._messages[message_id]["content"] = text

    def add(self, message_id: str, role: str, content: str) -> None:
        """A message that no event brought."""
        self._messages[message_id] = {"id": message_id, "role": role, "content": content}

    def apply(self, event: Event) -> None:
        """Take an event in; those that touch no message change nothing."""
        reducer = _REDUCERS.get(event["type"])
        if reducer:
            reducer(self, event)

    def _start(self, event: Event) -> None:
        new = {"id": event["messageId"], "role": event["role"], "content": ""}
        message = self._messages.setdefault(event["messageId"], new)
        message |= {name: event[name] for name in ("name", "metadata") if name in event}

    def _content(self, event: Event) -> None:
        self._messages[event["messageId"]]["content"] = self.text(event["messageId"]) + event["delta"]

    def _end(self, event: Event) -> None:
        if "metadata" in event:
            self._messages[event["messageId"]]["metadata"] = event["metadata"]

    def _call(self, event: Event) -> None:
        call = {
            "id": event["toolCallId"],
            "type": "function",
            "function": {"name": event["toolCallName"], "arguments": ""},
        }
        self._calls.add(call["id"])
        self._messages[call["id"]] = {"id": call["id"], "role": "assistant", "toolCalls": [call]}

    def _arguments(self, event: Event) -> None:
        for call in self._messages.get(event["toolCallId"], {}).get("toolCalls", ()):
            call["function"]["arguments"] += event["delta"]

    def _result(self, event: Event) -> None:
        result = {
            "id": event["messageId"],
            "role": "tool",
            "toolCallId": event["toolCallId"],
            "content": event["content"],
        }
        before = list(self._messages.items())
        at = next((n + 1 for n, (_, message) in enumerate(before) if _calls(message, event["toolCallId"])), len(before))
        self._messages = dict([*before[:at], (event["messageId"], result), *before[at:]])


def _calls(message: Message, call_id: str) -> bool:
    return any(isinstance(call, dict) and call.get("id") == call_id for call in message.get("toolCalls") or ())


_REDUCERS: dict[str, Callable[[Transcript, Event], None]] = {
    "TEXT_MESSAGE_START": Transcript._start,
    "TEXT_MESSAGE_CONTENT": Transcript._content,
    "TEXT_MESSAGE_END": Transcript._end,
    "TOOL_CALL_START": Transcript._call,
    "TOOL_CALL_ARGS": Transcript._arguments,
    "TOOL_CALL_RESULT": Transcript._result,
}
