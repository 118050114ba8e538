"""How somebody shows that an account is theirs: by their password, or by what comes to their address.

There is one letter for who is new and for who has forgotten the password, and every address is answered alike. So
nobody finds out who has an account, and nobody has one under an address that they cannot read.
"""

from __future__ import annotations

from dataclasses import replace

from switchboard.people.accounts import Account, Accounts, Outdated, state_of
from switchboard.people.attempts import Attempts, Budget
from switchboard.people.identity import InvalidToken, Sessions
from switchboard.people.mail import Letter, Mailer, MailUnavailable
from switchboard.people.passwords import Passwords, TooBusy

LETTER, DEVICE = "switchboard:account", "switchboard:device"  # audiences
LETTER_SECONDS = 3600
DEVICE_SECONDS = 400 * 24 * 3600
LETTERS = Budget("letters", 5, 3600)  # to one address; more are not sent, and nobody is told
# Who guesses passwords shares one budget for each account with all others whose device is not known there. A device on
# which the owner has signed in before has one of its own: so nobody can lock the owner out.
GUESSES = Budget("guesses", 10, 900)
USED = "a password was chosen with it before, or since"
SUBJECT = "Your account"
TEXT = """\
Somebody, probably you, wants to sign in with this address. Follow this link within an hour to choose a password:

{link}

If it was not you, there is nothing to do: nothing has changed.
"""


class BadCredentials(Exception):
    """Raised when address and password do not belong together."""


class Credentials:
    """What it needs raises `ArchiveUnavailable`, `LogUnavailable`, `MailUnavailable` and `TooBusy`."""

    def __init__(
        self,
        accounts: Accounts,
        passwords: Passwords,
        attempts: Attempts,
        sessions: Sessions,
        mailer: Mailer,
        link: str,
    ) -> None:
        """`link`: where a password is chosen, with `{token}` in it."""
        self._accounts = accounts
        self._passwords = passwords
        self._attempts = attempts
        self._sessions = sessions
        self._link = link
        self.mailer = mailer

    async def write_to(self, email: str) -> None:
        """Send the letter. Raises `TooManyAttempts`, which is nobody's business but that address's."""
        await self._attempts.count(LETTERS, email)
        state = state_of(await self._accounts.find(email))
        token = self._sessions.seal(LETTER, LETTER_SECONDS, email=email, state=state)
        letter = Letter(email, SUBJECT, TEXT.format(link=self._link.replace("{token}", token)))
        try:
            await self.mailer.send(letter)
        except MailUnavailable:
            await self._attempts.give_back(LETTERS, email)
            raise

    async def choose_password(self, token: str, password: str, name: str) -> Account:
        """By the token of a letter, once. Raises `InvalidToken`; ask `account_of` first, since a hash costs much."""
        claims = self._sessions.unseal(token, LETTER, "email", "state")
        kept = await self._passwords.hash(password)
        try:
            return await self._accounts.set_password(claims["email"], claims["state"], kept, name)
        except Outdated as error:
            raise InvalidToken(USED) from error

    async def account_of(self, token: str) -> Account | None:
        """Whose password a letter's token may change; `None` for a new account's. Raises `InvalidToken`."""
        claims = self._sessions.unseal(token, LETTER, "email", "state")
        account = await self._accounts.find(claims["email"])
        if state_of(account) != claims["state"]:
            raise InvalidToken(USED)
        return account

    async def confirm(self, account: Account) -> None:
        """Raises `BadCredentials` unless password and role are still those."""
        now = await self._accounts.find(account.email)
        if now is None or (now.password, now.role) != (account.password, account.role):
            raise BadCredentials

    async def sign_in(self, email: str, password: str, device: str | None) -> Account:
        """Raises `BadCredentials`, and `TooManyAttempts` for this device."""
        account = await self._accounts.find(email)
        who = (email, self._known_device(device, account))
        await self._attempts.count(GUESSES, *who)
        try:
            is_right = await self._passwords.verify(account.password if account else None, password)
        except TooBusy:
            await self._attempts.give_back(GUESSES, *who)  # nothing was tried
            raise
        if not is_right or account is None:
            raise BadCredentials
        await self._attempts.forgive(GUESSES, *who)
        if account.password and self._passwords.is_outdated(account.password):
            hashed = await self._passwords.hash(password)
            await self._accounts.rehash(account, hashed)
            account = replace(account, password=hashed)
        return account

    def device(self, account: Account) -> str:
        """What a device keeps on which somebody has signed in, for the next time."""
        return self._sessions.seal(DEVICE, DEVICE_SECONDS, sub=account.id)

    def _known_device(self, token: str | None, account: Account | None) -> str:
        """The name of the device, or an empty one if it says nothing that we know."""
        if token is None or account is None:
            return ""
        try:
            known = self._sessions.unseal(token, DEVICE, "sub", "jti")
        except InvalidToken:
            return ""
        return str(known["jti"]) if known["sub"] == account.id else ""
