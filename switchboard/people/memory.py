"""What the bot remembers of each person, over conversations and devices, in SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from switchboard.store.calls import Calls
from switchboard.store.history import utc_now
from switchboard.store.tables import memories as table

EVERYTHING = ""  # the name under which it is noted that all was to be forgotten
FORGOTTEN = timedelta(days=30)  # for which that is kept: nothing is learned so late
VALUE_LIMIT = 4_096  # bytes of JSON; what is larger is no memory


@dataclass(frozen=True)
class Lesson:
    """Something about a person, learned at a moment in a conversation. `seconds`: how long it is remembered."""

    person: str
    name: str
    value: Any
    conversation: str
    learned_at: datetime
    seconds: int


@dataclass(frozen=True)
class Remembered:
    """Something that is known of a person. `conversation`: where they said it, unless they have put it right since."""

    name: str
    value: Any
    conversation: str | None
    learned_at: datetime
    expires_at: datetime


class Memory:
    """Every method raises `ArchiveUnavailable`."""

    def __init__(self, calls: Calls, clock: Callable[[], datetime] = utc_now) -> None:
        self._calls = calls
        self._clock = clock

    async def of(self, person: str) -> list[Remembered]:
        """All that is remembered of a person now, by name."""
        query = select(table).where(table.c.person == person, table.c.value.is_not(None)).order_by(table.c.name)

        def read(connection: Connection) -> list[Remembered]:
            rows = connection.execute(query.where(table.c.expires_at > self._clock())).mappings()
            return [_remembered(row) for row in rows]

        return await self._calls.read(read)

    async def learn(self, lessons: Collection[Lesson]) -> None:
        """All in one transaction. What is known since later, or was forgotten since, stays as it is."""

        def write(connection: Connection) -> None:
            connection.execute(delete(table).where(table.c.expires_at <= self._clock()))
            for lesson in lessons:
                value = json.dumps(lesson.value)
                if len(value) <= VALUE_LIMIT:
                    expires_at = lesson.learned_at + timedelta(seconds=lesson.seconds)
                    place = {"conversation": lesson.conversation, "learned_at": lesson.learned_at}
                    _put(connection, lesson.person, lesson.name, place | {"value": value, "expires_at": expires_at})

        await self._calls.write(write)

    async def correct(self, person: str, name: str, value: Any) -> Remembered | None:
        """What the person says of something that is remembered; `None` if nothing is."""

        def write(connection: Connection) -> Remembered | None:
            known = (*_of(person, name), table.c.value.is_not(None), table.c.expires_at > self._clock())
            values = {"value": json.dumps(value), "conversation": None, "learned_at": self._clock()}
            connection.execute(update(table).where(*known).values(**values))
            row = connection.execute(select(table).where(*known)).mappings().one_or_none()
            return _remembered(row) if row else None

        return await self._calls.write(write)

    async def forget(self, person: str, name: str = EVERYTHING) -> None:
        """One thing or all. What was said before does not come back, also if it is learned only later."""
        now = self._clock()
        chosen = (table.c.person == person,) if name == EVERYTHING else _of(person, name)
        gone = {"value": None, "conversation": None, "learned_at": now, "expires_at": now + FORGOTTEN}

        def write(connection: Connection) -> None:
            connection.execute(delete(table).where(*chosen))
            connection.execute(insert(table).values(person=person, name=name, **gone))

        await self._calls.write(write)

    async def move(self, guest: str, person: str) -> None:
        """The guest has turned out to be this person, who keeps what is known of them."""

        def write(connection: Connection) -> None:
            now = self._clock()
            alive = (table.c.person == person, table.c.value.is_not(None), table.c.expires_at > now)
            own = [row.name for row in connection.execute(select(table.c.name).where(*alive))]
            brought = [row.name for row in connection.execute(select(table.c.name).where(table.c.person == guest))]
            connection.execute(delete(table).where(table.c.person == guest, table.c.name.in_(own)))
            replaced = (table.c.person == person, table.c.name.in_(brought), table.c.name.not_in(own))
            connection.execute(delete(table).where(*replaced))
            connection.execute(update(table).where(table.c.person == guest).values(person=person))

        await self._calls.write(write)


def _of(person: str, name: str) -> tuple[Any, ...]:
    return table.c.person == person, table.c.name == name


def _put(connection: Connection, person: str, name: str, values: dict[str, Any]) -> None:
    known = select(table.c.name, table.c.learned_at).where(
        table.c.person == person, table.c.name.in_((name, EVERYTHING))
    )
    rows = connection.execute(known).all()
    if any(_in_utc(row.learned_at) >= values["learned_at"] for row in rows):
        return
    if any(row.name == name for row in rows):
        connection.execute(update(table).where(*_of(person, name)).values(**values))
    else:
        connection.execute(insert(table).values(person=person, name=name, **values))


def _remembered(row: Any) -> Remembered:
    times = (_in_utc(row["learned_at"]), _in_utc(row["expires_at"]))
    return Remembered(row["name"], json.loads(row["value"]), row["conversation"], *times)


def _in_utc(time: datetime) -> datetime:
    """SQLite forgets the zone."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)
