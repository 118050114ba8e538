"""The history of tasks as people read it: those of one conversation, or of all that somebody takes part in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.engine import Connection

from switchboard.store.calls import Calls
from switchboard.store.history import BEGINNING, COMPLETED, FAILED, RUNNING, TaskRecord
from switchboard.store.tables import members, tasks


@dataclass(frozen=True)
class WantedTasks:
    """Which of them. `before`: start (µs since 1970) and id of the one that they come after."""

    participant: str
    count: int
    conversation: str | None = None  # of all that the participant takes part in
    before: tuple[int, str] | None = None
    status: str | None = None  # `running`, `completed` or `failed`


class TaskRecords:
    """Reads them. Every method raises `ArchiveUnavailable`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def find(self, wanted: WantedTasks) -> list[TaskRecord]:
        """At most so many, the latest first."""
        query = select(tasks).where(*_conditions(wanted)).order_by(tasks.c.started_at.desc(), tasks.c.id.desc())
        return await self._calls.read(lambda connection: _records(connection, query.limit(wanted.count)))

    async def one(self, task_id: str) -> TaskRecord | None:
        """The task of that id, if it is on record."""
        query = select(tasks).where(tasks.c.id == task_id)
        found = await self._calls.read(lambda connection: _records(connection, query))
        return found[0] if found else None


def _records(connection: Connection, query: Any) -> list[TaskRecord]:
    return [_with_zones(TaskRecord(**row)) for row in connection.execute(query).mappings()]


def _with_zones(record: TaskRecord) -> TaskRecord:
    """SQLite forgets them; all are UTC."""
    return replace(record, started_at=_utc(record.started_at), ended_at=record.ended_at and _utc(record.ended_at))


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _conditions(wanted: WantedTasks) -> list[Any]:
    conditions: list[Any] = []
    if wanted.conversation is not None:
        conditions.append(tasks.c.conversation == wanted.conversation)
    else:
        mine = select(members.c.conversation).where(members.c.participant == wanted.participant)
        conditions.append(tasks.c.conversation.in_(mine.where(members.c.left_at.is_(None))))
    if wanted.before is not None:
        time, last = BEGINNING + timedelta(microseconds=wanted.before[0]), wanted.before[1]
        conditions.append(or_(tasks.c.started_at < time, and_(tasks.c.started_at == time, tasks.c.id < last)))
    if wanted.status == FAILED:
        conditions.append(tasks.c.status.not_in((RUNNING, COMPLETED)))
    elif wanted.status is not None:
        conditions.append(tasks.c.status == wanted.status)
    return conditions
