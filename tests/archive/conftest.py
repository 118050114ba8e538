"""Both databases, conversations with everything that a log has, and what an archive must have of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from switchboard.log.events import (
    MessageCompleted,
    MessageDelta,
    MessageRead,
    MessageStarted,
    TurnCompleted,
    TurnFailed,
    TurnStarted,
)
from switchboard.log.line import Line
from switchboard.log.log import Draft, Log
from switchboard.store.database import open_database
from switchboard.store.tables import archived_entries
from switchboard.turns.turn import BOT
from tests.support.people import ADA, message

EVERYTHING = 100_000  # entries: more than any test writes


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/archive.db"
    return str(request.getfixturevalue("postgres").empty())


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """The same, opened."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()


def turn(offset: int, kind: int) -> list[Draft]:
    """A question at an offset, and its answer: streamed, sent whole, tried again, interrupted, or none."""
    name = f"t{offset}"
    began = [message(f"question {offset}"), Draft(TurnStarted(name, f"q{offset}"))]
    one, other = (
        [Draft(MessageStarted(f"{name}-{n}", BOT, name)), *(Draft(MessageDelta(f"{name}-{n}", part)) for part in "abc")]
        for n in (1, 2)
    )
    end = [Draft(MessageCompleted(f"{name}-1", BOT, "abc, whole", name)), Draft(TurnCompleted(name))]
    middles: list[list[Draft]] = [
        [*one, *end],
        [message(f"answer {offset}", author=BOT), Draft(TurnCompleted(name))],
        [*one[:3], Draft(TurnStarted(name, f"q{offset}")), *one, *end],
        [*one[:3], Draft(TurnStarted(name, f"q{offset}")), *one, message("sorry"), Draft(TurnFailed(name, "error"))],
        [*one, message("meanwhile"), *other, *end],
        [Draft(MessageRead(ADA.id, offset))],
    ]
    return [*began, *middles[kind % len(middles)]]


async def talk(log: Log, conversation: str, count: int) -> None:
    """At least so many entries."""
    end = (await log.describe(conversation)).offset
    goal = end + count
    for kind in itertools.count():
        if end >= goal:
            return
        end = (await log.publish(conversation, *turn(end + 1, kind)))[-1].offset


async def lines_of(log: Log, conversation: str) -> list[Line]:
    """All that the log has."""
    return await log.read(conversation, 0, count=EVERYTHING)


async def expected(log: Log, conversation: str) -> dict[int, str]:
    """What an archive must have of a log."""
    entries = {line.offset: json.loads(line.json) for line in await lines_of(log, conversation)}
    whole = {entry["messageId"] for entry in entries.values() if entry["type"] == "message.completed"}
    return {
        line.offset: line.json
        for line in await lines_of(log, conversation)
        if not (line.type == "message.delta" and entries[line.offset]["messageId"] in whole)
    }


def archived(database: Engine, conversation: str) -> dict[int, str]:
    """What an archive has of it."""
    query = select(archived_entries.c.offset, archived_entries.c.json)
    with database.connect() as connection:
        rows = connection.execute(query.where(archived_entries.c.conversation == conversation)).all()
    assert len(dict(rows)) == len(rows)
    return dict(rows)
