"""A log without a person: what they said is blank, and so is what was answered to them; what others said stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from switchboard.log.snapshot import Wire

SOMEONE = "Someone"
PLACES = ("participantId", "formerly", "by", "host")  # where an entry names somebody by the id alone
PEOPLE = ("author", "participant")  # where it has a participant
OPERATOR = "operator:"
DROPPED = ("payload", "clientMessageId", "metadata", "language", "image", "custom", "comment")
PARTS = ("messageId", "taskId")
BLANK: dict[str, Any] = {"text": "", "delta": "", "note": "", "buttons": [], "slots": {}}


@dataclass
class Scrub:
    """`ids`: of the person, and of the guests that they were. `heir`: who stands in their place.

    It has to see a log's entries in order before it rewrites them. Some may be rewritten already, by a try that was
    killed.
    """

    ids: frozenset[str]
    heir: str
    turns: set[str] = field(default_factory=set)  # that answered them
    is_title_theirs: bool = True  # also if nobody knows who gave it
    _parts: set[str] = field(default_factory=set)  # ids of these turns' messages and tasks

    def see(self, entries: Iterable[Wire]) -> None:
        """What comes next of the log; the same again changes nothing."""
        theirs = self.ids | {self.heir}
        for entry in entries:
            if entry["type"] == "message.sent" and entry["author"]["id"] in theirs:
                self.turns.add(f"t{entry['offset']}")
            if entry["type"] == "conversation.renamed":
                self.is_title_theirs = entry["participantId"] in theirs
            if entry.get("turnId") in self.turns or _is_nobodys(entry):
                self._parts |= {entry[name] for name in PARTS if name in entry}

    def entry(self, entry: Wire, epoch: str) -> Wire:
        """The entry as it is to be from now on, in a log of that epoch."""
        is_theirs = entry.get("author", {}).get("id") in self.ids or entry.get("participantId") in self.ids
        is_about = entry.get("turnId") in self.turns or any(entry.get(name) in self._parts for name in PARTS)
        result = self._anonymous(entry) | {"epoch": epoch}
        if not (is_theirs or is_about):
            return result
        result = {name: value for name, value in result.items() if name not in DROPPED}
        result |= {name: blank for name, blank in BLANK.items() if name in result}
        if "title" in result:
            result["title"] = result.get("name", "")
        return result

    def names(self, key: str) -> bool:
        """Whether an entry's key names them.

        `in:<id>:…` is a message's, `identified:<id>` says who a guest is, `rated:<handoff>:<id>` who has rated.
        """
        kind, _, rest = key.partition(":")
        if kind == "rated":
            return rest.partition(":")[2] in self.ids
        return kind in ("in", "identified") and rest.partition(":")[0] in self.ids

    def _anonymous(self, entry: Wire) -> Wire:
        result = dict(entry)
        for place in PLACES:
            if entry.get(place) in self.ids:
                result[place] = self.heir
        for place in PEOPLE:
            if entry.get(place, {}).get("id") in self.ids:
                result[place] = entry[place] | {"id": self.heir, "name": SOMEONE}
        if str(entry.get("owner", "")).removeprefix(OPERATOR) in self.ids:
            result["owner"] = OPERATOR + self.heir
        return result


def _is_nobodys(entry: Wire) -> bool:
    """What the bot says and does by itself, in a reminder: nobody knows whom it was about."""
    if "turnId" in entry:
        return False
    is_said = entry["type"] == "message.sent" and entry["author"]["role"] == "bot"
    return bool(is_said or entry["type"] == "task.started")
