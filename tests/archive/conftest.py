"""Both databases, conversations with everything that a log has, and what an archive must have of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
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
from switchboard.log.log import Draft, Log
from switchboard.store.database import open_database
from switchboard.turns.turn import BOT
from tests.support.people import ADA, message


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
