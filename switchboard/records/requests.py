"""Who is to be erased: on record from the moment at which it was promised, until nothing can come late any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from switchboard.archive.entries import WRITER
from switchboard.store.calls import Calls
from switchboard.store.tables import erasure_requests as table


@dataclass(frozen=True)
class Request:
    """Times are milliseconds since 1970. `erased_at`: when everything that was found was gone."""

    person: str
    asked_at: int
    erased_at: int | None


class Requests:
    """Every method raises `ArchiveUnavailable`."""

    def __init__(self, calls: Calls, clock: Callable[[], float] = time.time) -> None:
        self._calls = calls
        self._clock = clock

    async def ask(self, person: str) -> None:
        """From here on they will be erased, whatever crashes next. The same again begins anew."""

        def write(connection: Connection) -> None:
            connection.execute(delete(table).where(table.c.person == person))
            connection.execute(insert(table).values(person=person, asked_at=self._now()))

        await self._calls.write(write, WRITER)

    async def open(self) -> list[Request]:
        """All that are not closed, the oldest first."""

        def read(connection: Connection) -> list[Request]:
            return [Request(**row) for row in connection.execute(select(table).order_by(table.c.asked_at)).mappings()]

        return await self._calls.read(read)

    async def erased(self, request: Request) -> None:
        """Everything that was found is gone."""
        change = update(table).where(*_is(request)).values(erased_at=self._now())
        await self._calls.write(lambda connection: connection.execute(change), WRITER)

    async def close(self, request: Request) -> None:
        """Nothing is to be done any more, unless they have asked again."""
        await self._calls.write(lambda connection: connection.execute(delete(table).where(*_is(request))), WRITER)

    def age(self, request: Request) -> float:
        """Seconds since everything was gone; 0 before."""
        return 0.0 if request.erased_at is None else (self._now() - request.erased_at) / 1000

    def _now(self) -> int:
        return round(self._clock() * 1000)


def _is(request: Request) -> tuple[object, ...]:
    return table.c.person == request.person, table.c.asked_at == request.asked_at
