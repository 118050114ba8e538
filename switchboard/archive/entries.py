"""The entries of every log in SQL: the same, at the same offsets, but for the deltas of completed messages."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection

from switchboard.archive.handoffs import record
from switchboard.archive.projection import project, rebuild, words
from switchboard.log.codec import dumps
from switchboard.log.feed import Batch
from switchboard.log.line import Line
from switchboard.store.calls import Calls
from switchboard.store.database import Database
from switchboard.store.tables import archived_entries as table
from switchboard.store.tables import conversations, erasures

logger = logging.getLogger(__name__)

GAP = "log.gap"  # stands at the offset of the last entry that is missing; `first` and `last` say which are
DELTA, COMPLETED = "message.delta", "message.completed"
# One writer at a time: who was slow must not bring back what was deleted. The others wait as long as for any lock.
WRITER = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(5330211)"}
CATCH_UP = 20  # conversations in one transaction


class Entries:
    """Reads and writes in threads, so that the event loop stays free."""

    def __init__(self, database: Database, calls: Calls | None = None) -> None:
        """`calls`: of the same database, shared with others who read."""
        self._database = database
        self._calls = calls or Calls(database)

    async def add(self, batches: Sequence[Batch]) -> set[str]:
        """Put batches of different conversations into the archive, all in one transaction, or none.

        What is there already changes nothing, whoever put it there. Nothing is taken of the conversations that are
        returned: somebody is being erased there, and what comes of that is to be taken instead. Raises
        `SQLAlchemyError`.
        """
        rewritten: set[str] = set()

        def write(connection: Connection) -> None:
            over, under_way = _erased(connection, batches)
            rewritten.update(under_way)
            for batch in batches:
                if (
                    batch.entries
                    and batch.conversation not in under_way
                    and (batch.conversation, batch.epoch) not in over
                ):
                    _add(connection, batch)

        await self._write(write)
        return rewritten

    async def catch_up(self, after: str) -> str | None:
        """Make the overviews that are missing, or out of date, of some conversations with ids after this one.

        Returns the last of them, or `None` if there are no more. Raises `SQLAlchemyError`.
        """
        last: list[str] = []
        await self._write(lambda connection: last.extend(_catch_up(connection, after)))
        return last[-1] if last else None

    async def end(self, conversation: str, epoch: str) -> int:
        """The offset up to which a log is archived; 0 if nothing is. Raises `ArchiveUnavailable`."""
        return await self._calls.read(lambda connection: _end(connection, conversation, epoch))

    async def before(
        self, conversation: str, epoch: str, offset: int, types: Collection[str], count: int
    ) -> list[Line]:
        """The last entries of some types before an offset, newest first. Raises `ArchiveUnavailable`."""
        chosen = (*_of(conversation, epoch), table.c.offset < offset, table.c.type.in_(types))
        query = select(table.c.json).where(*chosen).order_by(table.c.offset.desc()).limit(count)
        return await self._calls.read(
            lambda connection: [Line.of(text) for text in connection.execute(query).scalars()]
        )

    async def after(self, conversation: str, epoch: str, offset: int, count: int) -> list[Line]:
        """The first entries after an offset, in order. Raises `ArchiveUnavailable`."""
        chosen = (*_of(conversation, epoch), table.c.offset > offset)
        query = select(table.c.json).where(*chosen).order_by(table.c.offset).limit(count)
        return await self._calls.read(
            lambda connection: [Line.of(text) for text in connection.execute(query).scalars()]
        )

    async def _write(self, change: Callable[[Connection], None]) -> None:
        def write() -> None:
            with self._database.engine().begin() as connection:
                if lock := WRITER.get(connection.dialect.name):
                    connection.exec_driver_sql(lock)
                change(connection)

        await asyncio.to_thread(write)


def _add(connection: Connection, batch: Batch) -> None:
    conversation, epoch = batch.conversation, batch.epoch
    reached = _end(connection, conversation, epoch)
    known = [line for line in batch.entries if line.offset <= reached]
    if known:
        reached = _agree(connection, conversation, known, reached)
    lines = [line for line in batch.entries if line.offset > reached]
    if not lines:
        return
    if (first := lines[0].offset) > reached + 1:  # trimmed, or the database was put back
        logger.warning("%s: entries %d to %d cannot be archived any more", conversation, reached + 1, first - 1)
        lines.insert(0, gap(epoch, reached + 1, first - 1))
    entries = [json.loads(line.json) for line in lines]
    rows = [_row(conversation, line, entry) for line, entry in zip(lines, entries, strict=True)]
    connection.execute(insert(table), rows)
    if whole := [row["message"] for row in rows if row["type"] == COMPLETED]:
        chosen = (*_of(conversation, epoch), table.c.message.in_(whole), table.c.type == DELTA)
        connection.execute(delete(table).where(*chosen))
    project(connection, conversation, epoch, reached, entries)
    record(connection, conversation, entries)


def _erased(connection: Connection, batches: Sequence[Batch]) -> tuple[set[tuple[str, str]], set[str]]:
    """Logs that are not archived any more, by conversation and epoch; and the conversations that are rewritten now."""
    names = [batch.conversation for batch in batches]
    columns = (erasures.c.conversation, erasures.c.epoch, erasures.c.heir)
    rows = connection.execute(select(*columns).where(erasures.c.conversation.in_(names))).all()
    return {(row.conversation, row.epoch) for row in rows}, {row.conversation for row in rows if row.heir}


def _catch_up(connection: Connection, after: str) -> list[str]:
    """The conversations that were looked at."""
    query = select(table.c.conversation).where(table.c.conversation > after)
    found = connection.execute(query.distinct().order_by(table.c.conversation).limit(CATCH_UP)).scalars().all()
    current = (conversations.c.id.in_(found), conversations.c.offset >= 0)
    known = set(connection.execute(select(conversations.c.id).where(*current)).scalars())
    for conversation in found:
        if conversation not in known:
            rebuild(connection, conversation, _newest(connection, conversation))
    return list(found)


def _newest(connection: Connection, conversation: str) -> str:
    """The epoch of the log that is there now: of several, the one whose entries are the latest."""
    ends = select(table.c.epoch, func.max(table.c.offset)).where(table.c.conversation == conversation)
    times: dict[str, int] = {}
    for epoch, offset in connection.execute(ends.group_by(table.c.epoch)).all():
        entry = select(table.c.json).where(*_of(conversation, epoch), table.c.offset == offset)
        times[epoch] = json.loads(connection.execute(entry).scalar_one()).get("timestamp", 0)
    return max(times, key=lambda epoch: times[epoch])


def _agree(connection: Connection, conversation: str, known: list[Line], reached: int) -> int:
    """How far the archive has what the log has, where both have something.

    A Redis that lost its last second, and went on, has other entries at offsets that are archived. They count: clients
    see the log.
    """
    epoch, first, last = known[0].epoch, known[0].offset, known[-1].offset
    here = (*_of(conversation, epoch), table.c.offset.between(first, last), table.c.type != GAP)
    stored = dict(connection.execute(select(table.c.offset, table.c.json).where(*here)).all())
    other = next((line.offset for line in known if _differs(line, stored.get(line.offset))), None)
    if other is None:
        return reached
    logger.warning("%s: the log was cut back, and is archived anew from offset %d on", conversation, other)
    connection.execute(delete(table).where(*_of(conversation, epoch), table.c.offset >= other))
    return _end(connection, conversation, epoch)  # before `other` deltas may be missing, of a message not complete now


def _differs(line: Line, stored: str | None) -> bool:
    """Only the deltas of a completed message are not in the archive."""
    return line.type != DELTA if stored is None else stored != line.json


def _of(conversation: str, epoch: str) -> tuple[Any, ...]:
    return table.c.conversation == conversation, table.c.epoch == epoch


def _end(connection: Connection, conversation: str, epoch: str) -> int:
    # Not `max`: for that PostgreSQL reads the whole log's index while it has no statistics of a young table.
    query = select(table.c.offset).where(*_of(conversation, epoch)).order_by(table.c.offset.desc()).limit(1)
    return int(connection.execute(query).scalar() or 0)


def _row(conversation: str, line: Line, entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "conversation": conversation,
        "epoch": line.epoch,
        "offset": line.offset,
        "type": entry["type"],
        "message": entry.get("messageId"),
        "json": line.json,
        "words": words(entry),
    }


def gap(epoch: str, first: int, last: int) -> Line:
    """What stands in place of entries that nobody has."""
    return Line.of(dumps({"epoch": epoch, "offset": last, "type": GAP, "first": first, "last": last}))
