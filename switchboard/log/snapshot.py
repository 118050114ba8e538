"""A conversation's state, as the fold of its entries. Clients fold live entries in the same way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from switchboard.log.codec import to_wire
from switchboard.log.log import PAGE, Conversation, Log, Position

Wire = dict[str, Any]  # an entry, or a part of one, as it stands on the wire

MESSAGE_FIELDS = (
    "messageId",
    "author",
    "text",
    "buttons",
    "timestamp",
    "offset",
    "payload",
    "clientMessageId",
    "turnId",
    "image",
    "custom",
    "stopped",
    "replyTo",
)
MESSAGE_STATUS = {"sent": "sent", "started": "streaming", "completed": "completed"}
TASK_FIELDS = ("taskId", "name", "title", "turnId", "effects", "timestamp")
TASK_STATUS = {"started": "running", "completed": "completed", "failed": "failed"}
TURN_VERBS = ("started", "completed", "failed")


@dataclass
class Fold:
    """State built up by `apply`, entry by entry, in order."""

    offset: int = 0
    turn: str | None = None
    messages: dict[str, Wire] = field(default_factory=dict)
    tasks: dict[str, Wire] = field(default_factory=dict)
    slots: Wire = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)

    def apply(self, entry: Wire) -> None:
        """Take one entry in. Types that are not known here change nothing."""
        self.offset = entry["offset"]
        kind, _, verb = entry["type"].partition(".")
        if kind == "message" and (verb == "delta" or verb in MESSAGE_STATUS):
            self._message(verb, entry)
        elif kind == "task" and (verb == "progressed" or verb in TASK_STATUS):
            self._task(verb, entry)
        elif kind == "turn" and verb in TURN_VERBS:
            self._turn(verb, entry)
        elif entry["type"] == "slots.changed":
            self.slots |= entry["slots"]
        elif entry["type"] == "message.read":
            self._read(entry["participantId"], entry["upTo"])
        elif entry["type"] == "participant.identified":
            self._identified(entry["formerly"], entry["participant"])

    def _read(self, participant: str, up_to: int) -> None:
        self.read[participant] = max(up_to, self.read.get(participant, 0))

    def _identified(self, guest: str, participant: Wire) -> None:
        for message in self.messages.values():
            if message["author"]["id"] == guest:
                message["author"] = participant
        if guest in self.read:
            self._read(participant["id"], self.read.pop(guest))

    def _message(self, verb: str, entry: Wire) -> None:
        message_id = entry["messageId"]
        if verb == "delta":
            if message_id in self.messages:  # its start may have been trimmed
                self.messages[message_id]["text"] += entry["delta"]
            return
        known = self.messages.get(message_id, {"text": "", "buttons": []})
        if verb == "started":  # perhaps anew: the answer was cut off, and the turn is tried again
            known = {**known, "text": ""}
        given = {name: entry[name] for name in MESSAGE_FIELDS if name in entry}
        first_seen = known.get("timestamp", entry["timestamp"])
        self.messages[message_id] = {
            **known,
            **given,
            "status": MESSAGE_STATUS[verb],
            "timestamp": first_seen,
        }

    def _task(self, verb: str, entry: Wire) -> None:
        if verb == "started":
            given = {name: entry[name] for name in TASK_FIELDS if name in entry}
            self.tasks[entry["taskId"]] = given | {"status": TASK_STATUS[verb]}
        elif entry["taskId"] in self.tasks:
            task = self.tasks[entry["taskId"]]
            if verb == "progressed":
                task.update({name: entry[name] for name in ("done", "total", "note")})
            else:
                task["status"] = TASK_STATUS[verb]
                if verb == "failed":
                    task["reason"] = entry["reason"]

    def _turn(self, verb: str, entry: Wire) -> None:
        self.turn = entry["turnId"] if verb == "started" else None
        if verb != "started":
            for message in self.messages.values():
                if message["status"] == "streaming":
                    message["status"] = "interrupted"
            for task in self.tasks.values():
                if task["status"] == "running" and task.get("turnId") == entry["turnId"]:
                    task["status"] = "failed"

    def to_wire(self, conversation: Conversation) -> Wire:
        """The `snapshot` frame of `docs/protocol.md`."""
        return {
            "type": "snapshot",
            "epoch": conversation.epoch,
            "offset": self.offset,
            "conversationId": conversation.id,
            "participants": to_wire(conversation.participants),
            "host": conversation.host,
            "muted": sorted(conversation.muted),
            "owner": conversation.owner,
            "term": conversation.term,
            "handoff": conversation.handoff,
            "title": conversation.title,
            "closed": conversation.closed,
            "messages": list(self.messages.values()),
            "tasks": list(self.tasks.values()),
            "turn": self.turn,
            "slots": self.slots,
            "read": self.read,
        }


async def take(log: Log, conversation: Conversation) -> tuple[Position, Wire]:
    """The conversation as it was described, and the position from which to go on reading.

    Not one entry further: owner and participants are of that moment, and the reader gets what comes after as entries.
    """
    fold = Fold()
    while fold.offset < conversation.offset:
        left = conversation.offset - fold.offset
        lines = await log.read(conversation.id, fold.offset, count=min(left, PAGE))
        if not lines or lines[0].offset > conversation.offset:  # all of it was trimmed meanwhile
            fold.offset = conversation.offset
        for line in lines:
            if line.offset <= conversation.offset:
                fold.apply(json.loads(line.json))
    return Position(conversation.epoch, fold.offset), fold.to_wire(conversation)
