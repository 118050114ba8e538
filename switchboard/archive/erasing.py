"""What is to be erased, on record until it is, and what the archive does about it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from switchboard.archive.entries import WRITER
from switchboard.archive.handoffs import forget, forget_people
from switchboard.archive.projection import rebuild, words
from switchboard.log.codec import dumps
from switchboard.store.calls import Calls
from switchboard.store.history import ERASER
from switchboard.store.tables import archived_entries, conversations, erasures, members, tasks

Wire = dict[str, Any]
AT_ONCE = 1_000  # entries in one transaction
TURNS_AT_ONCE = 500  # in one condition: SQLite takes some thousand values


@dataclass(frozen=True)
class Plan:
    """A log of which somebody is to disappear: all of it, or where others take part, with a `successor` in its place.

    `people`: the ids that they have there; `heir`: the one that stands for them; `turns`: those that answered them,
    once that is known.
    """

    conversation: str
    epoch: str
    successor: str | None
    heir: str
    people: list[str]
    turns: list[str] = field(default_factory=list)


class Erasing:
    """Every method raises `ArchiveUnavailable`.

    A plan is open while it names people. Until it is carried out the archive takes nothing of that conversation, and
    never anything of that log.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def open_plans(self) -> list[Plan]:
        """Those that were not carried out to their end."""

        def read(connection: Connection) -> list[Plan]:
            rows = connection.execute(select(erasures).where(erasures.c.heir != "")).mappings()
            return [Plan(**row) for row in rows]

        return await self._calls.read(read)

    async def conversations_of(self, participant: str) -> set[str]:
        """Where somebody takes part, or took, as far as it is archived."""
        query = select(members.c.conversation).where(members.c.participant == participant)
        return await self._calls.read(lambda connection: set(connection.execute(query).scalars()))

    async def humans(self, conversation: str) -> tuple[str, set[str]]:
        """The epoch of what is archived, '' for nothing; and who took part in it that is no bot."""
        epoch = select(conversations.c.epoch).where(conversations.c.id == conversation)
        who = select(members.c.participant).where(members.c.conversation == conversation, members.c.role != "bot")

        def read(connection: Connection) -> tuple[str, set[str]]:
            return connection.execute(epoch).scalar() or "", set(connection.execute(who).scalars())

        return await self._calls.read(read)

    async def guests(self, conversation: str, participant: str) -> set[str]:
        """Who somebody was before they signed in, as far as it is archived."""
        columns = archived_entries.c
        query = select(columns.json).where(
            columns.conversation == conversation, columns.type == "participant.identified"
        )

        def read(connection: Connection) -> set[str]:
            entries = map(json.loads, connection.execute(query).scalars())
            return {entry["formerly"] for entry in entries if entry["participant"]["id"] == participant}

        return await self._calls.read(read)

    async def begin(self, plan: Plan, *, again: bool = False) -> Plan | None:
        """Put it on record, and return it; or the one of that conversation that is open, and comes first.

        `None` if such a log was dealt with before, unless it is to be `again`, with the successor that it has.
        """

        def write(connection: Connection) -> Plan | None:
            here = erasures.c.conversation == plan.conversation
            known = [Plan(**row) for row in connection.execute(select(erasures).where(here)).mappings()]
            if opened := next((each for each in known if each.heir), None):
                return opened
            begun = plan
            if before := next((each for each in known if each.epoch == plan.epoch), None):
                if not again:
                    return None
                connection.execute(delete(erasures).where(*_is_of(plan)))
                begun = replace(plan, successor=before.successor, turns=before.turns)
            connection.execute(insert(erasures), [vars(begun)])
            return begun

        return await self._calls.write(write, WRITER)

    async def drop(self, plan: Plan) -> None:
        """It cannot be carried out. Another one that was begun since stays."""
        change = delete(erasures).where(*_is_of(plan), erasures.c.heir == plan.heir)
        await self._calls.write(lambda connection: connection.execute(change), WRITER)

    async def entries(self, plan: Plan) -> AsyncIterator[list[Wire]]:
        """All that is archived of the log and of its successor, in order, piece by piece."""
        columns = archived_entries.c
        here = (columns.conversation == plan.conversation, columns.epoch.in_((plan.epoch, plan.successor)))
        query = select(columns.json).where(*here).order_by(columns.offset).limit(AT_ONCE)
        after = 0

        def read(connection: Connection) -> list[Wire]:
            return [json.loads(text) for text in connection.execute(query.where(columns.offset > after)).scalars()]

        while entries := await self._calls.read(read):
            yield entries
            after = entries[-1]["offset"]

    async def delete(self, plan: Plan) -> None:
        """Carry out one without a successor."""
        while await self._calls.write(lambda connection: _delete_some(connection, plan), WRITER):
            pass
        await self._calls.write(lambda connection: _close(connection, plan, ()), ERASER)

    async def succeed(self, plan: Plan, turns: Sequence[str], scrub: Callable[[Wire], Wire]) -> None:
        """Carry out one with a successor: its entries are those of the log, as `scrub` has them."""
        while await self._calls.write(lambda connection: _move_some(connection, plan, scrub), WRITER):
            pass
        await self._calls.write(lambda connection: _close(connection, plan, turns), ERASER)


def _is_of(plan: Plan) -> tuple[Any, ...]:
    return erasures.c.conversation == plan.conversation, erasures.c.epoch == plan.epoch


def _is_open(connection: Connection, plan: Plan) -> bool:
    """Whether nobody else has carried it out meanwhile."""
    return bool(connection.execute(select(erasures.c.heir).where(*_is_of(plan))).scalar() == plan.heir)


def _delete_some(connection: Connection, plan: Plan) -> bool:
    """Whether there was anything."""
    columns = archived_entries.c
    here = (columns.conversation == plan.conversation, columns.epoch == plan.epoch)
    offsets = connection.execute(select(columns.offset).where(*here).order_by(columns.offset).limit(AT_ONCE)).scalars()
    last = max(offsets, default=None)
    if last is None or not _is_open(connection, plan):
        return False
    connection.execute(delete(archived_entries).where(*here, columns.offset <= last))
    return True


def _move_some(connection: Connection, plan: Plan, scrub: Callable[[Wire], Wire]) -> bool:
    """Whether there was anything to move."""
    columns = archived_entries.c
    here = (columns.conversation == plan.conversation, columns.epoch == plan.epoch)
    query = select(archived_entries).where(*here).order_by(columns.offset).limit(AT_ONCE)
    rows = connection.execute(query).mappings().all()
    if not rows or not _is_open(connection, plan):
        return False
    scrubbed = []
    for row in rows:
        entry = scrub(json.loads(row["json"]))
        scrubbed.append({**row, "epoch": plan.successor, "json": dumps(entry), "words": words(entry)})
    connection.execute(delete(archived_entries).where(*here, columns.offset <= rows[-1]["offset"]))
    connection.execute(insert(archived_entries), scrubbed)
    return True


def _close(connection: Connection, plan: Plan, turns: Sequence[str]) -> None:
    """What is left of the plan is that the log is not to be archived, and the turns not to be put on record."""
    if not _is_open(connection, plan):
        return
    columns, here = archived_entries.c, tasks.c.conversation == plan.conversation
    rest = (columns.conversation == plan.conversation, columns.epoch != (plan.successor or ""))
    connection.execute(delete(archived_entries).where(*rest))
    if plan.successor is None:
        connection.execute(delete(tasks).where(here))
        forget(connection, plan.conversation)
        connection.execute(delete(members).where(members.c.conversation == plan.conversation))
        connection.execute(delete(conversations).where(conversations.c.id == plan.conversation))
    else:
        for at in range(0, len(turns), TURNS_AT_ONCE):
            connection.execute(delete(tasks).where(here, tasks.c.turn.in_(turns[at : at + TURNS_AT_ONCE])))
        nobodys = update(tasks).where(here, tasks.c.turn.is_(None))  # who knows whom they were about
        connection.execute(nobodys.values(arguments={}, result=None, reason=None))
        rebuild(connection, plan.conversation, plan.successor)
        forget_people(connection, plan.conversation, plan.people)
    connection.execute(update(erasures).where(*_is_of(plan)).values(people=[], heir="", turns=list(turns)))
