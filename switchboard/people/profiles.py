"""What people have said of themselves: a name, a language, preferences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from switchboard.log.clock import now_ms
from switchboard.store.calls import Calls
from switchboard.store.tables import people

# One change at a time: each is made to what the one before has left.
CHANGER = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(5330212)"}


@dataclass(frozen=True)
class Profile:
    """Somebody's. `language`: a BCP 47 tag; `preferences`: flat, of the site and the bot."""

    id: str
    name: str | None = None  # that of the sign-in
    language: str | None = None
    preferences: Mapping[str, Any] = field(default_factory=dict)


class Profiles:
    """Of everybody; who has said nothing has an empty one. Every method raises `ArchiveUnavailable`."""

    def __init__(self, calls: Calls, clock: Callable[[], int] = now_ms) -> None:
        self._calls = calls
        self._clock = clock

    async def find(self, participant: str) -> Profile:
        """As it is now."""
        return await self._calls.read(lambda connection: _find(connection, participant) or Profile(participant))

    async def change(self, participant: str, change: Callable[[Profile], Profile]) -> Profile:
        """What the change makes of it; nothing is changed where that raises something, which is raised here too."""

        def write(connection: Connection) -> Profile:
            known = _find(connection, participant)
            changed = change(known or Profile(participant))
            row, now = asdict(changed), self._clock()
            if known is None:
                connection.execute(insert(people).values(**row, created_at=now, changed_at=now))
            elif known != changed:
                connection.execute(update(people).where(people.c.id == participant).values(**row, changed_at=now))
            return changed

        return await self._calls.write(write, CHANGER)


def _find(connection: Connection, participant: str) -> Profile | None:
    columns = (people.c.id, people.c.name, people.c.language, people.c.preferences)
    row = connection.execute(select(*columns).where(people.c.id == participant)).mappings().first()
    return Profile(**row) if row else None
