"""The entries of every log in SQL: the same, at the same offsets, but for the deltas of completed messages."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from switchboard.log.codec import dumps
from switchboard.log.errors import ArchiveUnavailable
from switchboard.log.feed import Batch
from switchboard.log.line import Line
from switchboard.store.database import Database
from switchboard.store.tables import archived_entries as table

logger = logging.getLogger(__name__)

GAP = "log.gap"  # stands at the offset of the last entry that is missing; `first` and `last` say which are
DELTA, COMPLETED = "message.delta", "message.completed"
# One writer at a time: who was slow must not bring back what was deleted. The others wait as long as for any lock.
WRITER = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(5330211)"}
READERS = 4  # threads; they are the archive's own, so that a database that is frozen holds up nothing else
MAX_READS = 32  # under way or waiting; more are told that it is busy

T = TypeVar("T")


class Entries:
    """Reads and writes in threads, so that the event loop stays free."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="archive")
        self._reads: set[Future[Any]] = set()

    async def add(self, batches: Sequence[Batch]) -> None:
        """Put batches of different conversations into the archive, all in one transaction, or none.

        What is there already changes nothing, whoever put it there. Raises `SQLAlchemyError`.
        """

        def write() -> None:
            with self._database.engine().begin() as connection:
                if lock := WRITER.get(connection.dialect.name):
                    connection.exec_driver_sql(lock)
                for batch in batches:
                    _add(connection, batch)

        await asyncio.to_thread(write)

    async def end(self, conversation: str, epoch: str) -> int:
        """The offset up to which a log is archived; 0 if nothing is. Raises `ArchiveUnavailable`."""
        return await self._read(lambda connection: _end(connection, conversation, epoch))

    async def before(
        self, conversation: str, epoch: str, offset: int, types: Collection[str], count: int
    ) -> list[Line]:
        """The last entries of some types before an offset, newest first. Raises `ArchiveUnavailable`."""
        chosen = (*_of(conversation, epoch), table.c.offset < offset, table.c.type.in_(types))
        query = select(table.c.json).where(*chosen).order_by(table.c.offset.desc()).limit(count)
        return await self._read(lambda connection: [Line.of(text) for text in connection.execute(query).scalars()])

    async def after(self, conversation: str, epoch: str, offset: int, count: int) -> list[Line]:
        """The first entries after an offset, in order. Raises `ArchiveUnavailable`."""
        chosen = (*_of(conversation, epoch), table.c.offset > offset)
        query = select(table.c.json).where(*chosen).order_by(table.c.offset).limit(count)
        return await self._read(lambda connection: [Line.of(text) for text in connection.execute(query).scalars()])

    async def _read(self, query: Callable[[Connection], T]) -> T:
        def read() -> T:
            with self._database.engine().connect() as connection:
                return query(connection)

        if len(self._reads) >= MAX_READS:
            raise ArchiveUnavailable("too many read the archive at once")
        job = self._readers.submit(read)
        self._reads.add(job)
        job.add_done_callback(self._reads.discard)
        try:
            return await asyncio.wrap_future(job)
        except (SQLAlchemyError, OSError) as error:  # or it cannot be opened
            raise ArchiveUnavailable(f"the archive cannot be read: {error}") from error


def _add(connection: Connection, batch: Batch) -> None:
    if not batch.entries:
        return
    conversation, epoch = batch.conversation, batch.entries[0].epoch
    reached = _end(connection, conversation, epoch)
    known = [line for line in batch.entries if line.offset <= reached]
    if known:
        reached = _agree(connection, conversation, known, reached)
    rows = [_row(conversation, line) for line in batch.entries if line.offset > reached]
    if not rows:
        return
    if (first := rows[0]["offset"]) > reached + 1:  # trimmed, or the database was put back
        logger.warning("%s: entries %d to %d cannot be archived any more", conversation, reached + 1, first - 1)
        rows.insert(0, _row(conversation, gap(epoch, reached + 1, first - 1)))
    connection.execute(insert(table), rows)
    if whole := [row["message"] for row in rows if row["type"] == COMPLETED]:
        chosen = (*_of(conversation, epoch), table.c.message.in_(whole), table.c.type == DELTA)
        connection.execute(delete(table).where(*chosen))


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
    query = select(func.max(table.c.offset)).where(*_of(conversation, epoch))
    return int(connection.execute(query).scalar() or 0)


def _row(conversation: str, line: Line) -> dict[str, Any]:
    entry = json.loads(line.json)
    return {
        "conversation": conversation,
        "epoch": line.epoch,
        "offset": line.offset,
        "type": entry["type"],
        "message": entry.get("messageId"),
        "json": line.json,
    }


def gap(epoch: str, first: int, last: int) -> Line:
    """What stands in place of entries that nobody has."""
    return Line.of(dumps({"epoch": epoch, "offset": last, "type": GAP, "first": first, "last": last}))
