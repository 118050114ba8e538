"""What is kept of one person beside their conversations."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from switchboard.archive.entries import WRITER
from switchboard.log.errors import ArchiveUnavailable
from switchboard.store.calls import Calls
from switchboard.store.tables import accounts, memories, people


class Person:
    """Of all people, in SQL. Every method raises `ArchiveUnavailable`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def email(self, participant: str) -> str | None:
        """The address that somebody signs in with, if they have an account."""
        query = select(accounts.c.email).where(accounts.c.id == participant)
        return await self._calls.read(lambda connection: connection.execute(query).scalar())

    async def forget(self, participant: str) -> None:
        """Their profile, their account, and what the bot remembers of them."""

        def write(connection: Connection) -> None:
            connection.execute(delete(people).where(people.c.id == participant))
            connection.execute(delete(accounts).where(accounts.c.id == participant))
            connection.execute(delete(memories).where(memories.c.person == participant))

        await self._calls.write(write, WRITER)

    async def overwrite(self) -> None:
        """What was deleted is nowhere in SQLite's files any more. PostgreSQL sees to that itself (VACUUM).

        Raises `ArchiveUnavailable` also if somebody reads for so long that it cannot be done now.
        """

        def run(connection: Connection) -> int:
            if connection.dialect.name != "sqlite":
                return 0
            return int(connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0])

        if await self._calls.read(run):
            raise ArchiveUnavailable("somebody reads what was deleted")
