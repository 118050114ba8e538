"""A conversation's messages by page, from the newest back: the same whether Redis or the archive has the entries.

A message's place is its `offset`, as in a snapshot: of the entry that sent or completed it, or began it if it was never
completed. A page has the messages before a place, so nothing is on two pages, or on none.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from switchboard.archive.entries import COMPLETED, DELTA, GAP
from switchboard.archive.timeline import Timeline
from switchboard.log.codec import to_wire
from switchboard.log.line import Line
from switchboard.log.log import Conversation, Position
from switchboard.log.snapshot import Fold, Wire

SENT, STARTED = "message.sent", "message.started"
ENDS = ("turn.completed", "turn.failed")  # these end every message that is still streamed
TYPES = frozenset({SENT, STARTED, COMPLETED, DELTA, GAP, *ENDS})
TURN = re.compile(r"t([0-9]{1,15})\Z")  # named after the offset of the message that it answers
LOOK_AROUND = 2_000  # entries before a page, or after it, that may say more of a message on it


@dataclass(frozen=True)
class Page:
    """Messages as in a snapshot, oldest first. `before`: the place before which the next page ends, if there is one."""

    messages: list[Wire]
    before: int | None
    missing: list[Wire]  # `first` and `last` offset of entries that were trimmed before they were archived


@dataclass
class _Sheet:
    """A page while it is collected, from its end back."""

    places: dict[str, int] = field(default_factory=dict)
    entries: list[Wire] = field(default_factory=list)  # all that says something of these messages
    missing: list[Wire] = field(default_factory=list)
    deltas: list[Line] = field(default_factory=list)  # of the turn that is passed: perhaps of a message without an end
    ended: bool = False  # a turn ended between here and the page's end
    floor: int = 0  # down to here an entry may say more of a message on the page
    more: bool = False

    def add(self, entry: Wire) -> None:
        """The entry by which a message has its place on the page."""
        offset = entry["offset"]
        self.places[entry["messageId"]] = offset
        self.entries.append(entry)
        question = TURN.match(entry.get("turnId") or "")
        begun = max(int(question[1]), offset - LOOK_AROUND) if question else offset
        self.floor = min(self.floor, begun) if self.floor else begun
        if entry["type"] == STARTED:
            deltas = (json.loads(line.json) for line in self.deltas)
            self.entries += (delta for delta in deltas if delta["messageId"] == entry["messageId"])

    def page(self, conversation: Conversation) -> Page:
        fold = Fold()
        for entry in sorted(self.entries, key=lambda entry: int(entry["offset"])):
            fold.apply(entry)
        for message in fold.messages.values():
            message["author"] = _as_known_now(message["author"], conversation)
        messages = sorted((fold.messages[name] for name in self.places), key=lambda message: int(message["offset"]))
        return Page(messages, min(self.places.values()) if self.more else None, self.missing[::-1])


class History:
    """Every method raises what `Timeline` does."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    async def page(self, conversation: Conversation, before: int, limit: int) -> Page:
        """The last `limit` messages whose place is before an offset."""
        start = Position(conversation.epoch, min(before, conversation.offset + 1))
        sheet, ahead = _Sheet(), _Ahead(self._timeline, conversation.id, start)
        async for line in self._timeline.back(conversation.id, start, TYPES):
            if sheet.more and line.offset < sheet.floor:
                break
            await _take(sheet, line, ahead, limit)
        return sheet.page(conversation)


def _as_known_now(author: Wire, conversation: Conversation) -> Wire:
    """An author as a snapshot has it: a guest who has signed in is whoever that is."""
    known = conversation.identified.get(author["id"])
    now = next((person for person in conversation.participants if person.id == known), None)
    if now:
        return dict(to_wire(now))
    return author | {"id": known} if known else author


async def _take(sheet: _Sheet, line: Line, ahead: _Ahead, limit: int) -> None:
    kind = line.type
    if kind == DELTA:
        sheet.deltas.append(line)
        return
    entry: Wire = json.loads(line.json)
    full = len(sheet.places) >= limit
    if kind == GAP and not full:
        sheet.missing.append({"first": entry["first"], "last": entry["last"]})
    elif kind in ENDS:
        sheet.ended = True
        sheet.deltas.clear()
        sheet.entries.append(entry)
    elif kind == GAP:
        sheet.more = True
    elif entry["messageId"] in sheet.places:
        sheet.entries.append(entry)  # it began here; or began here too, and then anew
    elif kind == STARTED and not sheet.ended and await ahead.has_place(entry["messageId"]):
        pass  # on a newer page
    elif full:
        sheet.more = True
    else:
        sheet.add(entry)
        if kind == STARTED and not sheet.ended:
            sheet.entries += await ahead.rest(entry["messageId"])


class _Ahead:
    """What comes after a page, up to the end of the turn that its end is in: read if a message is open there."""

    def __init__(self, timeline: Timeline, conversation: str, start: Position) -> None:
        self._timeline = timeline
        self._conversation = conversation
        self._start = start
        self._entries: list[Wire] | None = None

    async def has_place(self, message: str) -> bool:
        """Whether a message that began before has its place there."""
        return any(
            entry["type"] in (STARTED, COMPLETED) and entry["messageId"] == message for entry in await self._read()
        )

    async def rest(self, message: str) -> list[Wire]:
        """What there is of a message that has not."""
        return [entry for entry in await self._read() if entry["type"] in ENDS or entry.get("messageId") == message]

    async def _read(self) -> list[Wire]:
        if self._entries is None:
            self._entries = []
            async for line in self._timeline.forth(self._conversation, self._start):
                if line.type in TYPES:
                    self._entries.append(json.loads(line.json))
                if line.type in ENDS or line.offset > self._start.offset + LOOK_AROUND:
                    break
        return self._entries
