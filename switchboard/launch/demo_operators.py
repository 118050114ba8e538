"""People to try the console as, with passwords that are made anew at every start. Never in production."""

from __future__ import annotations

import secrets

from switchboard.people.accounts import Accounts, Outdated, state_of
from switchboard.people.identity import Role
from switchboard.people.passwords import Passwords
from switchboard.settings import Settings
from switchboard.store.calls import Calls
from switchboard.store.database import Database

PEOPLE: tuple[tuple[str, Role, str], ...] = (
    ("operator@demo.example", "operator", "Olive"),
    ("supervisor@demo.example", "supervisor", "Sam"),
)


async def appoint(settings: Settings) -> list[str]:
    """Their addresses and passwords, one a line. Raises `ArchiveUnavailable`."""
    accounts, passwords = Accounts(Calls(Database(settings.database))), Passwords()
    lines = []
    for email, role, name in PEOPLE:
        password = secrets.token_urlsafe(9)
        account = await accounts.appoint(email, role, name)
        try:
            await accounts.set_password(email, state_of(account), await passwords.hash(password), name)
        except Outdated:  # somebody has just chosen one, and has it
            continue
        lines.append(f"{role:<11} {email}   {password}")
    return lines
