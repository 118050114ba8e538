"""The conversations of one person, or of all, the one with the latest message first, seconds after it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.engine import Connection

from switchboard.archive.projection import Overview, folded, overview_of
from switchboard.log.keys import BACKSTAGE
from switchboard.store.calls import Calls
from switchboard.store.tables import archived_entries, members
from switchboard.store.tables import conversations as table


@dataclass(frozen=True)
class Wanted:
    """Which of them; without a `participant` everybody's.

    `before`: time (ms) and id of the one that they come after; `words`: in a title or a message.
    """

    participant: str | None
    count: int
    before: tuple[int, str] | None = None
    words: str = ""
    closed: bool | None = None


@dataclass(frozen=True)
class Part:
    """That somebody takes part, or did, in a conversation whose log was archived last under that epoch."""

    conversation: str
    epoch: str
    is_here: bool


class Conversations:
    """Reads what the archive tells of them at a glance."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def find(self, wanted: Wanted) -> list[Overview]:
        """At most so many, with who takes part now. Raises `ArchiveUnavailable`."""
        return await self._calls.read(lambda connection: _find(connection, wanted))

    async def parts(self, participant: str, after: str, count: int) -> list[Part]:
        """Of all that somebody ever took part in the first after an id, by id. Raises `ArchiveUnavailable`."""
        query = (
            select(table.c.id, table.c.epoch, members.c.left_at.is_(None))
            .join(members, members.c.conversation == table.c.id)
            .where(members.c.participant == participant, table.c.id > after)
        )
        ordered = query.order_by(table.c.id).limit(count)
        return await self._calls.read(lambda connection: [Part(*row) for row in connection.execute(ordered)])


def _find(connection: Connection, wanted: Wanted) -> list[Overview]:
    query = select(table)
    if wanted.participant is not None:
        query = query.join(members, members.c.conversation == table.c.id)
    query = query.where(*_conditions(wanted))
    ordered = query.order_by(table.c.active_at.desc(), table.c.id.desc()).limit(wanted.count)
    rows = connection.execute(ordered).mappings().all()
    people = _people(connection, [row["id"] for row in rows])
    return [overview_of(row, people[row["id"]]) for row in rows]


def _conditions(wanted: Wanted) -> list[Any]:
    conditions: list[Any] = [table.c.id.not_like(f"{BACKSTAGE}%")]
    if wanted.participant is not None:
        conditions = [members.c.participant == wanted.participant, members.c.left_at.is_(None)]
    if wanted.before is not None:
        time, last = wanted.before
        conditions.append(or_(table.c.active_at < time, and_(table.c.active_at == time, table.c.id < last)))
    if wanted.closed is not None:
        conditions.append(table.c.closed_at.is_not(None) if wanted.closed else table.c.closed_at.is_(None))
    if wanted.words:
        conditions.append(_has(folded(wanted.words)))
    return conditions


def _has(words: str) -> Any:
    entries = archived_entries.c
    told = exists().where(
        entries.conversation == table.c.id,
        entries.epoch == table.c.epoch,
        entries.words.contains(words, autoescape=True),
    )
    return or_(table.c.words.contains(words, autoescape=True), told)


def _people(connection: Connection, conversations: Sequence[str]) -> dict[str, list[Any]]:
    people: dict[str, list[Any]] = {conversation: [] for conversation in conversations}
    query = select(members).where(members.c.conversation.in_(conversations), members.c.left_at.is_(None))
    for row in connection.execute(query.order_by(members.c.joined_at, members.c.participant)).mappings():
        people[row["conversation"]].append(row)
    return people
