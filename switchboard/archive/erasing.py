"""What is to be erased, on record until it is, and what the archive does about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from switchboard.archive.entries import GAP, WRITER
from switchboard.archive.projection import rebuild, words
from switchboard.log.codec import dumps
from switchboard.store.calls import Calls
from switchboard.store.tables import (
    accounts,
    archived_entries,
    conversations,
    erasures,
    members,
    memories,
    people,
    tasks,
)

Wire = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """A log of which somebody is to disappear: all of it, or where others take part, with a `successor` in its place.

    `people`: the ids that they have there; `heir`: the one that stands for them.
    """

    conversation: str
    epoch: str
    successor: str | None
    heir: str
    people: list[str]


class Erasing:
    """Every method raises `ArchiveUnavailable`.

    From the moment at which a plan is on record the archive takes nothing more of the log that it names.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def begun(self) -> list[Plan]:
        """Plans that were not carried out to their end."""

        def read(connection: Connection) -> list[Plan]:
            rows = connection.execute(select(erasures).where(erasures.c.heir != "")).mappings()
            return [Plan(**row) for row in rows]

        return await self._calls.read(read)

    async def conversations_of(self, participant: str) -> set[str]:
        """Where somebody takes part, or took."""
        query = select(members.c.conversation).where(members.c.participant == participant)
        return await self._calls.read(lambda connection: set(connection.execute(query).scalars()))

    async def humans(self, conversation: str) -> tuple[str, set[str]]:
        """The epoch of what is archived, '' for nothing; and who took part in it that is no bot."""
        epoch = select(conversations.c.epoch).where(conversations.c.id == conversation)
        who = select(members.c.participant).where(members.c.conversation == conversation, members.c.role != "bot")

        def read(connection: Connection) -> tuple[str, set[str]]:
            return connection.execute(epoch).scalar() or "", set(connection.execute(who).scalars())

        return await self._calls.read(read)

    async def begin(self, plan: Plan) -> None:
        """Put it on record."""
        await self._calls.write(lambda connection: connection.execute(insert(erasures), [vars(plan)]), WRITER)

    async def entries(self, plan: Plan) -> list[Wire]:
        """All that is archived of the log."""
        columns = archived_entries.c
        here = (columns.conversation == plan.conversation, columns.epoch == plan.epoch)
        query = select(columns.json).where(*here).order_by(columns.offset)
        return await self._calls.read(lambda connection: [json.loads(j) for j in connection.execute(query).scalars()])

    async def finish(self, plan: Plan, turns: Iterable[str], scrub: Callable[[Wire], Wire]) -> None:
        """Carry it out in SQL: what is left of the plan is that the log is not to be archived."""

        def write(connection: Connection) -> None:
            if plan.successor is None:
                _delete(connection, plan.conversation)
            else:
                _succeed(connection, plan, plan.successor, scrub)
                theirs = (tasks.c.conversation == plan.conversation, tasks.c.turn.in_(list(turns)))
                connection.execute(delete(tasks).where(*theirs))
            row = (erasures.c.conversation == plan.conversation, erasures.c.epoch == plan.epoch)
            connection.execute(update(erasures).where(*row).values(people=[], heir=""))

        await self._calls.write(write, WRITER)

    async def forget(self, participant: str) -> None:
        """Their profile, their account, and what the bot remembers of them."""

        def write(connection: Connection) -> None:
            connection.execute(delete(people).where(people.c.id == participant))
            connection.execute(delete(accounts).where(accounts.c.id == participant))
            connection.execute(delete(memories).where(memories.c.person == participant))

        await self._calls.write(write, WRITER)

    async def account(self, participant: str) -> str | None:
        """The address that somebody signs in with, if they have an account."""
        query = select(accounts.c.email).where(accounts.c.id == participant)
        return await self._calls.read(lambda connection: connection.execute(query).scalar())


def _delete(connection: Connection, conversation: str) -> None:
    connection.execute(delete(archived_entries).where(archived_entries.c.conversation == conversation))
    connection.execute(delete(tasks).where(tasks.c.conversation == conversation))
    connection.execute(delete(members).where(members.c.conversation == conversation))
    connection.execute(delete(conversations).where(conversations.c.id == conversation))


def _succeed(connection: Connection, plan: Plan, epoch: str, scrub: Callable[[Wire], Wire]) -> None:
    """The archiver may have come first with the newest entries of the successor, and with a gap before these."""
    columns = archived_entries.c
    mine, new = columns.conversation == plan.conversation, columns.epoch == epoch
    old = connection.execute(
        select(archived_entries).where(mine, columns.epoch == plan.epoch).order_by(columns.offset)
    ).mappings()
    rows = []
    for row in old.all():
        entry = scrub(json.loads(row["json"]))
        rows.append({**row, "epoch": epoch, "json": dumps(entry), "words": words(entry)})
    end = rows[-1]["offset"] if rows else 0
    connection.execute(delete(archived_entries).where(mine, new, columns.type == GAP, columns.offset <= end))
    first = connection.execute(select(func.min(columns.offset)).where(mine, new)).scalar() or end + 1
    if before := [row for row in rows if row["offset"] < first]:
        connection.execute(insert(archived_entries), before)
    connection.execute(delete(archived_entries).where(mine, columns.epoch != epoch))
    rebuild(connection, plan.conversation, epoch)
