"""A conversation's state, as the fold of its entries. Clients fold live entries in the same way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from switchboard.log.codec import to_wire
from switchboard.log.log import Conversation, Log, Position

Wire = dict[str, Any]  # an entry, or a part of one, as it stands on the wire

MESSAGE_FIELDS = ("messageId", "author", "text", "buttons", "timestamp", "payload", "clientMessageId", "turnId", "image", "custom")
TASK_FIELDS = ("taskId", "name", "title", "turnId")


@dataclass
class Fold:
    """State built up by `apply`, entry by entry, in order."""

    offset: int = 0
    turn: str | None = None
    messages: dict[str, Wire] = field(default_factory=dict)
    tasks: dict[str, Wire] = field(default_factory=dict)

    def apply(self, entry: Wire) -> None:
        """Take one entry in. Types that are not known here change nothing."""
        self.offset = entry["offset"]
        kind, _, verb = entry["type"].partition(".")
        if kind == "message":
            self._message(verb, entry)
        elif kind == "task":
            self._task(verb, entry)
        elif kind == "turn":
            self._turn(verb, entry)

    def _message(self, verb: str, entry: Wire) -> None:
        message_id = entry["messageId"]
        if verb == "delta":
            if message_id in self.messages:  # its start may have been trimmed
                self.messages[message_id]["text"] += entry["delta"]
            return
        known = self.messages.get(message_id, {"text": "", "buttons": []})
        status = {"sent": "sent", "started": "streaming", "completed": "completed"}[verb]
        given = {name: entry[name] for name in MESSAGE_FIELDS if name in entry}
        first_seen = known.get("timestamp", entry["timestamp"])
        self.messages[message_id] = {**known, **given, "status": status, "timestamp": first_seen}

    def _task(self, verb: str, entry: Wire) -> None:
        if verb == "started":
            self.tasks[entry["taskId"]] = {name: entry[name] for name in TASK_FIELDS if name in entry} | {"status": "running"}
        elif entry["taskId"] in self.tasks:
            task = self.tasks[entry["taskId"]]
            if verb == "progressed":
                task.update({name: entry[name] for name in ("done", "total", "note")})
            else:
                task["status"] = verb

    def _turn(self, verb: str, entry: Wire) -> None:
        self.turn = entry["turnId"] if verb == "started" else None
        if verb != "started":
            for message in self.messages.values():
                if message["status"] == "streaming":
                    message["status"] = "interrupted"

    def to_wire(self, conversation: Conversation) -> Wire:
        """The `snapshot` frame of `docs/protocol.md`."""
        return {
            "type": "snapshot",
            "epoch": conversation.epoch,
            "offset": self.offset,
            "conversationId": conversation.id,
            "participants": to_wire(conversation.participants),
            "owner": conversation.owner,
            "messages": list(self.messages.values()),
            "tasks": list(self.tasks.values()),
            "turn": self.turn,
        }


async def take(log: Log, conversation: Conversation) -> tuple[Position, Wire]:
    """The conversation as of now, and the position from which to go on reading."""
    fold = Fold(offset=0)
    while fold.offset < conversation.offset:
        lines = await log.read(conversation.id, fold.offset)
        if not lines:  # nothing is left of the log but its end
            fold.offset = conversation.offset
            break
        for line in lines:
            fold.apply(json.loads(line.json))
    return Position(conversation.epoch, fold.offset), fold.to_wire(conversation)
