"""An entry as it goes to readers: its JSON, untouched, with its place."""

from __future__ import annotations

import json as jsonlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from switchboard.log.codec import dumps

EPHEMERAL = 0  # the offset of what is published but not on a log
_PLACE = re.compile(r'\{"epoch":"([0-9a-f]+)","offset":(\d+),')  # how `append.lua` begins every entry
_TYPE = re.compile(r'[^,]+,[^,]+,"type":"([a-z.]+)"')  # `codec.encode` puts it first, behind the place
_DELTA = '"type":"message.delta"'
LEFT = "participant.left"
IDENTIFIED = "participant.identified"
_MAY_END = '"type":"participant.'


@dataclass(frozen=True)
class Line:
    """What was published. A merged line stands for all entries from `first` to `offset`."""

    epoch: str
    offset: int
    json: str
    first: int
    may_end: bool = False  # somebody's stream: it seems to tell of who takes part

    @classmethod
    def of(cls, json: str) -> Line:
        """A stored or published line; whatever does not begin as an entry does is ephemeral."""
        place = _PLACE.match(json)
        if place is None:
            return cls("", EPHEMERAL, json, EPHEMERAL)
        offset = int(place[2])
        return cls(place[1], offset, json, offset, _MAY_END in json)

    @property
    def type(self) -> str:
        """The type of an entry of the log, without reading all of it."""
        found = _TYPE.match(self.json)
        return found[1] if found else ""

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return len(self.json) if self.json.isascii() else len(self.json.encode())


def merged(lines: Iterable[Line]) -> list[Line]:
    """The same for a reader who is behind, in less: nothing ephemeral, and neighbouring deltas of a message as one."""
    result: list[Line] = []
    run: list[Line] = []
    for line in lines:
        if line.offset == EPHEMERAL:
            continue
        if run and not _goes_on(run[-1], line):
            result.append(_join(run))
            run = []
        run.append(line)
    return [*result, _join(run)] if run else result


def _goes_on(before: Line, line: Line) -> bool:
    """Whether both are deltas of one message, next to each other."""
    if _DELTA not in before.json or _DELTA not in line.json:
        return False
    if (before.epoch, before.offset + 1) != (line.epoch, line.first):
        return False
    one, other = jsonlib.loads(before.json), jsonlib.loads(line.json)
    return bool(one["type"] == other["type"] == "message.delta" and one["messageId"] == other["messageId"])


def _join(run: list[Line]) -> Line:
    if len(run) == 1:
        return run[0]
    entries = [jsonlib.loads(line.json) for line in run]
    first, last = run[0], run[-1]
    delta = "".join(entry["delta"] for entry in entries)
    return Line(last.epoch, last.offset, dumps({**entries[-1], "delta": delta, "first": first.first}), first.first)
