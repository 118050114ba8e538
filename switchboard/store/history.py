"""The history of tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from switchboard.store.database import Database
from switchboard.store.tables import erasures, tasks


class Erased(SQLAlchemyError):
    """Raised when whom a task is for was erased: nothing of it is put on record any more."""


# Who erases waits for tasks that are being put on record, and these for whoever erases, so that none slips through;
# and for the archive's writer. SQLite has one writer anyway.
ERASER = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SELECT pg_advisory_xact_lock(5330211), pg_advisory_xact_lock(5330212)",
}
BEGINNER = {"postgresql": "SELECT pg_advisory_xact_lock_shared(5330212)"}
RUNNING, COMPLETED, FAILED = STATUSES = ("running", "completed", "failed")
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TaskRecord:
    """One task, in however many tries. `status` is `running`, `completed`, or how it failed."""

    id: str
    conversation: str
    turn: str | None
    name: str
    arguments: dict[str, Any]
    status: str
    reason: str | None
    result: Any
    started_at: datetime
    ended_at: datetime | None

    def to_wire(self) -> dict[str, Any]:
        """As a snapshot has it, and what came of it. Why it failed in detail is for operators."""
        has_failed = self.status not in (RUNNING, COMPLETED)
        optional = {
            "turnId": self.turn,
            "reason": self.status if has_failed else None,
            "result": self.result,
            "endedAt": microseconds(self.ended_at) // 1_000 if self.ended_at else None,
        }
        return {
            "taskId": self.id,
            "conversationId": self.conversation,
            "name": self.name,
            "status": FAILED if has_failed else self.status,
            "startedAt": microseconds(self.started_at) // 1_000,
            **{name: value for name, value in optional.items() if value is not None},
        }


def microseconds(time: datetime) -> int:
    """Since 1970."""
    return (time - BEGINNING) // timedelta(microseconds=1)


def utc_now() -> datetime:
    """The wall clock, with its zone."""
    return datetime.now(UTC)


def _refuse_erased(connection: Connection, conversation: str, turn: str | None) -> None:
    """Raises `Erased`, which takes back what the transaction has done."""
    query = select(erasures.c.successor, erasures.c.heir, erasures.c.turns)
    for successor, heir, turns in connection.execute(query.where(erasures.c.conversation == conversation)):
        if turn in turns or (successor is None and not heir):
            raise Erased(conversation)


class History:
    """Writes in threads, so that the event loop stays free. Every method raises `SQLAlchemyError`."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def begin(
        self,
        task_id: str,
        conversation: str,
        turn: str | None,
        name: str,
        arguments: Mapping[str, Any],
    ) -> TaskRecord | None:
        """A task begins. Returns what is on record of it from an earlier try; that record goes on as it is.

        Raises `SQLAlchemyError`: then it must not begin.
        """
        row = {
            "id": task_id,
            "conversation": conversation,
            "turn": turn,
            "name": name,
            "arguments": dict(arguments),
            "status": "running",
            "started_at": self._clock(),
        }

        def write() -> TaskRecord | None:
            try:
                with self._database.engine().begin() as connection:
                    if lock := BEGINNER.get(connection.dialect.name):
                        connection.exec_driver_sql(lock)
                    connection.execute(insert(tasks).values(**row))
                    _refuse_erased(connection, conversation, turn)
                return None
            except IntegrityError:
                with self._database.engine().connect() as connection:
                    known = connection.execute(select(tasks).where(tasks.c.id == task_id)).mappings().one()
                return TaskRecord(**known)

        return await asyncio.to_thread(write)

    async def completed(self, task_id: str, result: Any = None) -> None:
        """A task did what it should; `result` is JSON."""
        await self._end(task_id, "completed", None, result)

    async def failed(self, task_id: str, kind: str, reason: str) -> None:
        """A task did not. Where it is on record that it did, that stays: another try of the turn came to its end."""
        await self._end(task_id, kind, reason, unless="completed")

    async def of(self, conversation: str) -> list[TaskRecord]:
        """The tasks of a conversation, oldest first."""
        query = select(tasks).where(tasks.c.conversation == conversation).order_by(tasks.c.started_at)

        def read() -> list[TaskRecord]:
            with self._database.engine().connect() as connection:
                return [TaskRecord(**row) for row in connection.execute(query).mappings()]

        return await asyncio.to_thread(read)

    async def _end(
        self, task_id: str, status: str, reason: str | None, result: Any = None, *, unless: str = ""
    ) -> None:
        values = {"status": status, "reason": reason, "result": result, "ended_at": self._clock()}
        await self._write(update(tasks).where(tasks.c.id == task_id, tasks.c.status != unless).values(**values))

    async def _write(self, statement: Any) -> None:
        def write() -> None:
            with self._database.engine().begin() as connection:
                connection.execute(statement)

        await asyncio.to_thread(write)
