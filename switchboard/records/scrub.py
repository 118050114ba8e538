"""A log without a person: what they said is blank, and so is what was answered to them; what others said stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from switchboard.log.snapshot import Wire

SOMEONE = "Someone"
DROPPED = ("payload", "clientMessageId", "metadata", "language", "image", "custom")
PARTS = ("messageId", "taskId")
BLANK: dict[str, Any] = {"text": "", "delta": "", "note": "", "buttons": [], "slots": {}}


@dataclass(frozen=True)
class Scrub:
    """`ids`: of the person, and of the guests that they were. `heir`: who stands in their place."""

    ids: frozenset[str]
    heir: str
    turns: frozenset[str]  # that answered them
    parts: frozenset[str]  # ids of these turns' messages and tasks

    @classmethod
    def of(cls, ids: frozenset[str], heir: str, entries: Iterable[Wire]) -> Scrub:
        """For a log with these entries, in order; some may be scrubbed already, by a try that was killed."""
        theirs = ids | {heir}
        turns: set[str] = set()
        parts: set[str] = set()
        for entry in entries:
            if entry["type"] == "message.sent" and entry["author"]["id"] in theirs:
                turns.add(f"t{entry['offset']}")
            if entry.get("turnId") in turns:
                parts |= {entry[name] for name in PARTS if name in entry}
        return cls(ids, heir, frozenset(turns), frozenset(parts))

    def entry(self, entry: Wire, epoch: str) -> Wire:
        """The entry as it is to be from now on, in a log of that epoch."""
        is_theirs = entry.get("author", {}).get("id") in self.ids or entry.get("participantId") in self.ids
        is_about = entry.get("turnId") in self.turns or any(entry.get(name) in self.parts for name in PARTS)
        result: Wire = self._anonymous(entry) | {"epoch": epoch}
        if not (is_theirs or is_about):
            return result
        result = {name: value for name, value in result.items() if name not in DROPPED}
        result |= {name: blank for name, blank in BLANK.items() if name in result}
        if "title" in result:
            result["title"] = result.get("name", "")
        return result

    def names(self, key: str) -> bool:
        """Whether an entry's key names them."""
        return any(each in key for each in self.ids)

    def _anonymous(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.heir if value in self.ids else value
        if isinstance(value, list):
            return [self._anonymous(item) for item in value]
        if isinstance(value, dict):
            result = {name: self._anonymous(item) for name, item in value.items()}
            return result | {"name": SOMEONE} if value.get("id") in self.ids and "name" in value else result
        return value
