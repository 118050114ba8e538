"""Accounts: people with an address and a password, in SQL."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from switchboard.log.events import Participant
from switchboard.people.identity import PARTS, Role
from switchboard.store.calls import Calls
from switchboard.store.history import utc_now
from switchboard.store.tables import accounts as table


class Outdated(Exception):
    """Raised when an account has changed since somebody looked at it."""


@dataclass(frozen=True)
class Account:
    """Somebody with an address of their own. `password` is a hash, or `None` before they have chosen one."""

    id: str
    email: str
    password: str | None
    role: Role
    name: str
    created_at: datetime

    @property
    def participant(self) -> Participant:
        """Who this is in a conversation."""
        return Participant(self.id, PARTS[self.role], self.name)


def state_of(account: Account | None) -> str:
    """Changes with the password, and says nothing of it: what was allowed in one state is not in another."""
    return hashlib.sha256((account.password or "" if account else "").encode()).hexdigest()[:32]


class Accounts:
    """Addresses are in lower case. Every method raises `ArchiveUnavailable`."""

    def __init__(self, calls: Calls, clock: Callable[[], datetime] = utc_now) -> None:
        self._calls = calls
        self._clock = clock

    async def find(self, email: str) -> Account | None:
        """The account with this address."""
        return await self._calls.read(lambda connection: _find(connection, email))

    async def set_password(self, email: str, state: str, password: str, name: str) -> Account:
        """A new password, for an account that is made if there is none; `name` is for that.

        Only from the `state` that the account was in when this was allowed: so it can be done once. Raises `Outdated`.
        """

        def write(connection: Connection) -> Account:
            account = _find(connection, email)
            if state_of(account) != state:
                raise Outdated
            if account is None:
                try:
                    _add(connection, email, password, "customer", name, self._clock())
                except IntegrityError as error:  # another one was made meanwhile
                    raise Outdated from error
            else:
                same = (table.c.id == account.id, table.c.password.is_not_distinct_from(account.password))
                changed = connection.execute(update(table).where(*same).values(password=password))
                if changed.rowcount == 0:
                    raise Outdated
            return _known(connection, email)

        return await self._calls.write(write)

    async def rehash(self, account: Account, password: str) -> None:
        """The same password, hashed as it is done today."""
        same = (table.c.id == account.id, table.c.password == account.password)
        change = update(table).where(*same).values(password=password)
        await self._calls.write(lambda connection: connection.execute(change))

    async def appoint(self, email: str, role: Role, name: str) -> Account:
        """Give somebody a role; the account is made, of that name and without a password, if there is none."""

        def write(connection: Connection) -> Account:
            account = _find(connection, email)
            if account is None:
                _add(connection, email, None, role, name, self._clock())
            else:
                connection.execute(update(table).where(table.c.id == account.id).values(role=role))
            return _known(connection, email)

        return await self._calls.write(write)


def _add(connection: Connection, email: str, password: str | None, role: Role, name: str, now: datetime) -> None:
    row: dict[str, Any] = {"id": f"account_{secrets.token_urlsafe(16)}", "email": email, "password": password}
    connection.execute(insert(table).values(**row, role=role, name=name, created_at=now))


def _find(connection: Connection, email: str) -> Account | None:
    row = connection.execute(select(table).where(table.c.email == email)).mappings().one_or_none()
    return Account(**row) if row else None


def _known(connection: Connection, email: str) -> Account:
    account = _find(connection, email)
    assert account is not None
    return account
