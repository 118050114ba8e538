"""`docs/protocol.md` names every event that can be on a log, and every one of its fields."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from switchboard.log.codec import camel
from switchboard.log.events import EPHEMERAL_TYPES, EVENT_TYPES, Ephemeral, Event

TYPES = {**EVENT_TYPES, **EPHEMERAL_TYPES}
PROTOCOL = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
ROWS = {cells[0]: cells[1] for cells in re.findall(r"^\| `([a-z]+\.[a-z]+)` \| ([^|]*)\|", PROTOCOL, re.MULTILINE)}


def test_the_table_of_entries_is_the_vocabulary() -> None:
    assert set(ROWS) == set(TYPES)


@pytest.mark.parametrize("event", TYPES.values(), ids=TYPES.keys())
def test_the_table_names_every_field_and_says_which_may_be_missing(event: type[Event | Ephemeral]) -> None:
    documented = dict(re.findall(r"`(\w+)`(\??)", ROWS[event.type]))
    optional = {camel(field.name): "?" if field.default is None else "" for field in dataclasses.fields(event)}
    assert documented == optional
