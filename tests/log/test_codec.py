"""Events survive the way through JSON, and what is no entry is a typed error."""

from __future__ import annotations

import dataclasses
import json
import typing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchboard.log.codec import Entry, camel, decode, dumps, encode, snake, to_wire
from switchboard.log.errors import DecodeError
from switchboard.log.events import EVENT_TYPES, Event, MessageSent, TaskProgressed, TurnStarted
from tests.support.people import ADA

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
OPAQUE = st.dictionaries(
    st.text(), st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)


def events_of(kind: type[Event]) -> st.SearchStrategy[Event]:
    """Any event of a kind."""
    hints = typing.get_type_hints(kind)
    fields = {field.name for field in dataclasses.fields(kind)}
    opaque = fields & {"custom", "metadata", "slots"}
    values = {
        name: (OPAQUE if name == "slots" else st.none() | OPAQUE) if name in opaque else st.from_type(hints[name])
        for name in fields
    }
    return st.builds(kind, **values)


def stored(event: Event, **place: Any) -> str:
    """What the publish script makes of an event."""
    return dumps({"epoch": "e", "offset": 7, **place, **json.loads(encode(event, 123))})


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=EVENT_TYPES.keys())
@settings(max_examples=25)
@given(data=st.data())
def test_every_event_comes_back_as_it_went_in(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(events_of(kind))
    assert decode(stored(event)) == Entry("e", 7, 123, event)


@given(name=st.from_regex(r"[a-z]+(_[a-z]+)*", fullmatch=True))
def test_names_come_back_from_camel_case(name: str) -> None:
    assert snake(camel(name)) == name


def test_the_keys_of_metadata_and_custom_data_are_never_touched() -> None:
    data = {"pageUrl": 1, "page_url": 2, "Nested": {"camelCase": [{"snake_case": None}]}}
    event = MessageSent("m", ADA, "hello", custom=data, metadata=data)
    wire = json.loads(encode(event, 1))
    assert wire["custom"] == wire["metadata"] == data
    assert decode(stored(event)).event == event


def test_fields_without_a_value_are_left_out_on_the_wire() -> None:
    assert to_wire(MessageSent("m", ADA, "hello")) == {
        "messageId": "m",
        "author": {"id": "guest_ada", "role": "customer", "name": "Ada"},
        "text": "hello",
        "buttons": [],
    }


def test_fields_that_a_newer_version_added_are_ignored() -> None:
    event = TurnStarted("t1", "m1")
    newer = json.loads(stored(event)) | {"newField": {"a": 1}}
    assert decode(dumps(newer)).event == event


def test_an_entry_is_one_line_whatever_it_says() -> None:
    assert "\n" not in encode(TaskProgressed("k", 1, 2, "line\nbreak\r\u2028"), 1)


GOOD = json.loads(stored(MessageSent("m", ADA, "hello")))
JUNK = {
    "nothing": "",
    "no JSON": "{",
    "bad UTF-8": b'{"type":"\xff"}',
    "deep nesting": "[" * 100_000,
    "a list": "[]",
    "a number": "7",
    "an unknown type": dumps(GOOD | {"type": "message.sung"}),
    "a type that is no text": dumps(GOOD | {"type": ["message.sent"]}),
    "no type": dumps({name: value for name, value in GOOD.items() if name != "type"}),
    "no offset": dumps({name: value for name, value in GOOD.items() if name != "offset"}),
    "an offset that is no number": dumps(GOOD | {"offset": "seven"}),
    "an offset that is nothing": dumps(GOOD | {"offset": None}),
    "an epoch that is no text": dumps(GOOD | {"epoch": {}}),
    "no author": dumps({name: value for name, value in GOOD.items() if name != "author"}),
    "an unknown role": dumps(GOOD | {"author": {"id": "x", "role": "king", "name": "X"}}),
    "buttons that are none": dumps(GOOD | {"buttons": [{"label": "x"}]}),
    "custom data that is no object": dumps(GOOD | {"custom": 7}),
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
def test_what_is_no_entry_is_a_decode_error(junk: str | bytes) -> None:
    with pytest.raises(DecodeError):
        decode(junk)


@given(st.text() | st.binary() | OPAQUE.map(dumps))
def test_anything_else_is_a_decode_error_and_nothing_worse(junk: str | bytes) -> None:
    with pytest.raises(DecodeError):
        decode(junk)
