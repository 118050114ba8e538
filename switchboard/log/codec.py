"""The only place where events become JSON and JSON becomes events."""

from __future__ import annotations

import dataclasses
import functools
import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, StrictInt, StrictStr, parse_obj_as

from switchboard.log.errors import DecodeError
from switchboard.log.events import EVENT_TYPES, Ephemeral, Event

OPAQUE = frozenset({"custom", "metadata", "slots"})  # their keys belong to the bot and the host page: never renamed


@dataclass(frozen=True)
class Entry:
    """An event with its place in a log. `offset` is dense from 1; `timestamp` is milliseconds since 1970."""

    epoch: str
    offset: int
    timestamp: int
    event: Event


class _Place(BaseModel):
    epoch: StrictStr
    offset: StrictInt
    timestamp: StrictInt


@functools.cache
def camel(name: str) -> str:
    """`message_id` → `messageId`."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


@functools.lru_cache(256)  # names come from outside too
def snake(name: str) -> str:
    """`messageId` → `message_id`."""
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


@functools.cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def to_wire(value: Any) -> Any:
    """A dataclass, or a tuple of them, as plain JSON types with camelCase names; `None` fields are left out."""
    if isinstance(value, (str, int)):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((name, getattr(value, name)) for name in _fields(type(value)))
        return {camel(name): item if name in OPAQUE else to_wire(item) for name, item in fields if item is not None}
    if isinstance(value, (tuple, list)):
        return [to_wire(item) for item in value]
    return value


def dumps(value: Any) -> str:
    """Compact JSON on one line, as every frame on the wire is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encode(event: Event | Ephemeral, timestamp: int) -> str:
    """The event as a JSON object without `epoch` and `offset`: the publish script adds those."""
    return dumps({"type": event.type, "timestamp": timestamp, **to_wire(event)})


def decode(text: str | bytes) -> Entry:
    """An entry as the log stores it.

    Raises `DecodeError` for anything else: no JSON, an unknown type, a missing or mistyped field.
    """
    try:
        data = json.loads(text)
        kind = EVENT_TYPES[data.pop("type")]
        place = _Place(**{name: data.pop(name) for name in ("epoch", "offset", "timestamp")})
        event = parse_obj_as(kind, _from_wire(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DecodeError(f"not an entry of this log: {error}") from error
    return Entry(place.epoch, place.offset, place.timestamp, event)


def _from_wire(value: Any) -> Any:
    if isinstance(value, dict):
        return {snake(name): item if name in OPAQUE else _from_wire(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_from_wire(item) for item in value]
    return value
