"""What must hold of a conversation after everything that happened, and what of a calm one it must equal."""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from switchboard.log.dialogue import Dialogues
from switchboard.log.log import Log
from switchboard.log.snapshot import Fold
from tests.chaos.customers import Customer

Event = tuple[Any, ...]
PAID, IN_DOUBT, CANCELLED = "is paid.", "may be paid or not.", "is cancelled."


@dataclass(frozen=True)
class Story:
    """One conversation. `answers` and `events` end before the first turn that failed: what follows is another story."""

    failed: list[str]  # turns
    said: dict[str, list[str]]  # what the bot said in each turn that did not
    answers: list[list[str]]
    events: list[list[Event]]  # of the tracker: before the first message, and of each


async def story(customer: Customer, log: Log, dialogues: Dialogues) -> Story:
    """Checks that every message was answered once or reported failed, in order, and that the customer saw it all."""
    lines = await log.read(customer.conversation, 0, count=100_000)
    entries = [json.loads(line.json) for line in lines]
    assert customer.gaps == 0
    assert customer.seen == entries[: len(customer.seen)], "the customer saw something else"
    assert [entry["offset"] for entry in entries] == list(range(1, len(entries) + 1))
    _check_messages(customer, entries)
    failed = _check_turns(customer, entries)
    events = [json.loads(row) for row in await dialogues.read_all(customer.conversation)]
    return _story(customer, entries, failed, events)


def _check_messages(customer: Customer, entries: list[dict[str, Any]]) -> None:
    own = [entry for entry in entries if entry["type"] == "message.sent" and entry["author"]["role"] == "customer"]
    said = [(message.text, message.message_id, message.offset) for message in customer.accepted]
    assert [(entry["text"], entry["messageId"], entry["offset"]) for entry in own] == said


def _check_turns(customer: Customer, entries: list[dict[str, Any]]) -> list[str]:
    """The turns that failed."""
    turns = [message.turn for message in customer.accepted]
    begun = [entry["turnId"] for entry in entries if entry["type"] == "turn.started"]
    ends = [entry for entry in entries if entry["type"] in ("turn.completed", "turn.failed")]
    assert begun == turns
    assert [end["turnId"] for end in ends] == turns
    open_turn = None
    for entry in entries:
        if entry["type"] == "turn.started":
            assert open_turn is None, f"{entry['turnId']} began within {open_turn}"
            open_turn = entry["turnId"]
        elif "turnId" in entry and entry["type"] != "turn.stopping":
            assert entry["turnId"] == open_turn, entry
            open_turn = None if entry in ends else open_turn
    return [end["turnId"] for end in ends if end["type"] == "turn.failed"]


def _story(customer: Customer, entries: list[dict[str, Any]], failed: list[str], events: list[dict[str, Any]]) -> Story:
    said, rows = _said(entries, failed), _rows(events)
    answered = [message for message in customer.accepted if message.turn not in failed]
    assert list(rows)[1:] == [message.message_id for message in answered]
    before = list(itertools.takewhile(lambda message: message.turn not in failed, customer.accepted))
    return Story(
        failed,
        said,
        [said[message.turn] for message in before],
        [rows[""], *(rows[message.message_id] for message in before)],
    )


def _said(entries: list[dict[str, Any]], failed: list[str]) -> dict[str, list[str]]:
    """The bot's texts by turn."""
    fold, said = Fold(), defaultdict[str, list[str]](list)
    for entry in entries:
        fold.apply(entry)
    apologies = []
    for message in fold.messages.values():
        if message["author"]["role"] == "bot" and message["turnId"] not in failed:
            assert message["status"] in ("sent", "completed"), message
            said[message["turnId"]].append(message["text"])
        elif message.get("turnId") in failed and message["status"] == "sent" and message["buttons"]:
            apologies.append(message["turnId"])
    assert apologies == failed, "an apology with a way on for each"
    return said


def _rows(events: list[dict[str, Any]]) -> dict[str, list[Event]]:
    """Rasa's events by message; those before the first under an empty name."""
    rows: dict[str, list[Event]] = {"": []}
    current = rows[""]
    for event in events:
        if event["event"] == "user":
            assert event["message_id"] not in rows, "Rasa has a message twice"
            current = rows[event["message_id"]] = []
        current.append(_what(event))
    return rows


def _what(event: dict[str, Any]) -> Event:
    """What counts of an event: neither times, nor ids, nor wording."""
    kind = event["event"]
    if kind == "user":
        return kind, event["text"], event["parse_data"]["intent"]["name"]
    if kind == "bot":
        return kind, event["metadata"].get("utter_action")
    if event.get("name") == "session_started_metadata":
        return kind, event["name"]  # it names the customer
    return kind, event.get("name"), event.get("value")


def check_same(calm: Story, wild: Story) -> None:
    """The same was said, but for a payment that nobody knows of; and Rasa has the same of it."""
    for texts, expected in zip(wild.answers, calm.answers, strict=False):
        assert [text.replace(IN_DOUBT, PAID) for text in texts] == expected
    for events, those in zip(wild.events, calm.events, strict=False):
        assert events == those


def check_ledger(customer: Customer, story: Story, ledger: Counter[str]) -> None:
    """Every effect that was told happened once; what failed or is in doubt, at most once."""
    for message in customer.accepted:
        verb, _, what = message.text.partition(" ")
        if verb in ("cancel", "pay"):
            times = ledger[f"{customer.conversation} {what}"]
            certain = any(text.endswith((f"{what} {PAID}", f"{what} {CANCELLED}")) for text in story.said[message.turn])
            assert times <= 1, f"{message} had its effect {times} times"
            assert times == 1 or not certain, f"{message} had no effect"
