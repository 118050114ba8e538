"""What is brought to a broker: entries of the log and Rasa's events, each under an id that is the same every time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from switchboard.log.feed import Batch, Progress

LOG_ENTRY, LOG_GAP, RASA_EVENT = "log.entry", "log.gap", "rasa.event"


@dataclass(frozen=True)
class Message:
    """One of them. `number` is an event's place in its conversation, from 0; an entry has its place in `body`."""

    type: str
    id: str
    conversation: str
    body: dict[str, Any]
    number: int | None = None


def messages_of(batch: Batch) -> Iterator[tuple[Message, Progress]]:
    """Each message of a batch, in order, with how far the feed has come once it is delivered."""
    yield from _entries(batch)
    offset = batch.entries[-1].offset if batch.entries else batch.start.offset
    for number, event in enumerate(batch.events, batch.start.number):
        yield _event(batch.conversation, number, json.loads(event)), Progress(offset, number + 1)


def _entries(batch: Batch) -> Iterator[tuple[Message, Progress]]:
    conversation, number = batch.conversation, batch.start.number
    if batch.missing:
        first, last = batch.missing
        epoch = batch.entries[0].epoch
        body = {"conversationId": conversation, "epoch": epoch, "type": LOG_GAP, "first": first, "last": last}
        yield Message(LOG_GAP, f"{conversation}/{epoch}.{first}-{last}", conversation, body), Progress(last, number)
    for line in batch.entries:
        body = {"conversationId": conversation, **json.loads(line.json)}
        name = f"{conversation}/{line.epoch}.{line.offset}"
        yield Message(LOG_ENTRY, name, conversation, body), Progress(line.offset, number)


def _event(conversation: str, number: int, event: dict[str, Any]) -> Message:
    """Just what Rasa itself publishes, see `TrackerStore._stream_new_events` in rasa/core/tracker_store.py."""
    return Message(RASA_EVENT, f"{conversation}/{number}", conversation, {"sender_id": conversation, **event}, number)
