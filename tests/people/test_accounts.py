"""Accounts: a password is chosen by a letter, guessed by nobody, and nobody is locked out of what is theirs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis.asyncio
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from argon2 import PasswordHasher

from switchboard.log.errors import ArchiveUnavailable
from switchboard.people import passwords as hashing
from switchboard.people.accounts import Accounts
from switchboard.people.attempts import Attempts, TooManyAttempts
from switchboard.people.credentials import GUESSES, LETTERS, BadCredentials, Credentials
from switchboard.people.identity import InvalidToken, Sessions
from switchboard.people.mail import FolderMailer, Letter, MailUnavailable, SmtpMailer
from switchboard.people.passwords import Passwords, TooBusy
from switchboard.store.calls import Calls
from switchboard.store.database import Database
from tests.support.edge_process import free_port

SECRET = "a secret for tests, of 32 characters or more"
ADA, PASSWORD, OTHER = "ada@shop.example", "correct horse battery", "another long password"
LINK = "https://shop.example/account?token={token}"


class Mailbox:
    """What a real mail server has taken."""

    def __init__(self) -> None:
        self.letters: list[Envelope] = []
        self.full = False

    @property
    def token(self) -> str:
        """That of the last letter."""
        content = self.letters[-1].original_content
        assert content is not None
        text = content.decode().replace("=\r\n", "").replace("=3D", "=")
        found = re.search(r"token=([\w.-]+)", text)
        assert found
        return found[1]


class MailServer:
    """What it does with a letter."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        if self._mailbox.full:
            return "452 no room"
        self._mailbox.letters.append(envelope)
        return "250 OK"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def smtp(mailbox: Mailbox) -> Iterator[str]:
    """The URL of a mail server."""
    port = free_port()
    controller = Controller(MailServer(mailbox), hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def accounts(request: pytest.FixtureRequest, tmp_path: Path) -> Accounts:
    if request.param == "sqlite":
        return Accounts(Calls(Database(f"sqlite:///{tmp_path}/test.db")))
    database = Database(request.getfixturevalue("postgres_url"))
    with database.engine().begin() as connection:
        connection.exec_driver_sql("DELETE FROM accounts")
    return Accounts(Calls(database))


@pytest.fixture
async def credentials(accounts: Accounts, client: redis.asyncio.Redis[str], smtp: str) -> Credentials:
    mailer = SmtpMailer(smtp, "chat@shop.example")
    return Credentials(accounts, Passwords(), Attempts(client), Sessions(SECRET), mailer, LINK)


async def signed_up(credentials: Credentials, mailbox: Mailbox, email: str = ADA) -> str:
    """The id of a new account."""
    await credentials.write_to(email)
    return (await credentials.choose_password(mailbox.token, PASSWORD, "Ada")).id


async def test_a_letter_leads_to_a_password_and_that_leads_in(credentials: Credentials, mailbox: Mailbox) -> None:
    account = await signed_up(credentials, mailbox)
    assert mailbox.letters[0].rcpt_tos == [ADA]
    assert mailbox.letters[0].mail_from == "chat@shop.example"
    known = await credentials.sign_in(ADA, PASSWORD, None)
    assert (known.id, known.name, known.role) == (account, "Ada", "customer")
    assert known.password and known.password.startswith("$argon2id$")


async def test_a_letter_is_good_once(credentials: Credentials, mailbox: Mailbox) -> None:
    await signed_up(credentials, mailbox)
    with pytest.raises(InvalidToken):
        await credentials.choose_password(mailbox.token, OTHER, "Eve")
    await credentials.sign_in(ADA, PASSWORD, None)


async def test_two_letters_of_which_one_was_used_are_both_over(credentials: Credentials, mailbox: Mailbox) -> None:
    await credentials.write_to(ADA)
    first = mailbox.token
    await signed_up(credentials, mailbox)
    with pytest.raises(InvalidToken):
        await credentials.choose_password(first, OTHER, "Eve")


async def test_a_letter_that_is_used_twice_at_once_is_used_once(credentials: Credentials, mailbox: Mailbox) -> None:
    for _ in range(2):  # for a new account, and for one that there is
        await credentials.write_to(ADA)
        tries = [credentials.choose_password(mailbox.token, f"password no {number}", "Ada") for number in range(4)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(result, InvalidToken) for result in results) == 3


async def test_a_forgotten_password_is_replaced_and_the_account_stays(
    credentials: Credentials, mailbox: Mailbox
) -> None:
    account = await signed_up(credentials, mailbox)
    await credentials.write_to(ADA)
    assert (await credentials.choose_password(mailbox.token, OTHER, "Somebody else")).name == "Ada"
    with pytest.raises(BadCredentials):
        await credentials.sign_in(ADA, PASSWORD, None)
    assert (await credentials.sign_in(ADA, OTHER, None)).id == account


async def test_known_and_unknown_addresses_get_the_same_letter(credentials: Credentials, mailbox: Mailbox) -> None:
    await signed_up(credentials, mailbox)
    for email in (ADA, "eve@shop.example"):
        await credentials.write_to(email)
    known, unknown = (letter.original_content or b"" for letter in mailbox.letters[-2:])
    without = re.compile(rb"token=3D.*?\r\n\r\n|^(To|X-Peer|Date):.*?$|[\w.]+@[\w.]+", re.MULTILINE | re.DOTALL)
    assert without.sub(b"", known) == without.sub(b"", unknown)


async def test_nobody_gets_in_with_less_than_the_password(credentials: Credentials, mailbox: Mailbox) -> None:
    await signed_up(credentials, mailbox)
    for email, password in ((ADA, PASSWORD + " "), (ADA, ""), ("eve@shop.example", PASSWORD)):
        with pytest.raises(BadCredentials):
            await credentials.sign_in(email, password, None)


async def test_guesses_are_bounded_also_for_accounts_that_do_not_exist(
    credentials: Credentials, mailbox: Mailbox
) -> None:
    await signed_up(credentials, mailbox)
    for email in (ADA, "nobody@shop.example"):
        for _ in range(GUESSES.tries):
            with pytest.raises(BadCredentials):
                await credentials.sign_in(email, "a wrong password", None)
        with pytest.raises(TooManyAttempts) as refused:
            await credentials.sign_in(email, PASSWORD, None)
        assert 0 < refused.value.seconds <= GUESSES.seconds


async def test_many_guesses_at_once_are_bounded_too(credentials: Credentials, mailbox: Mailbox) -> None:
    await signed_up(credentials, mailbox)
    guesses = [credentials.sign_in(ADA, f"wrong no {number}", None) for number in range(20)]
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(result, BadCredentials) for result in results) == GUESSES.tries


async def test_nobody_locks_an_owner_out(credentials: Credentials, mailbox: Mailbox) -> None:
    await signed_up(credentials, mailbox)
    mine = credentials.device(await credentials.sign_in(ADA, PASSWORD, None))
    for _ in range(GUESSES.tries):
        with pytest.raises(BadCredentials):
            await credentials.sign_in(ADA, "a wrong password", None)
    assert (await credentials.sign_in(ADA, PASSWORD, mine)).email == ADA, "on a device that is known"
    await credentials.write_to(ADA)
    await credentials.choose_password(mailbox.token, OTHER, "")  # and anywhere by a letter
    await credentials.sign_in(ADA, OTHER, mine)


async def test_a_device_is_known_to_one_account_and_guesses_no_more_than_others(
    credentials: Credentials, mailbox: Mailbox
) -> None:
    await signed_up(credentials, mailbox)
    await signed_up(credentials, mailbox, "eve@shop.example")
    eves = credentials.device(await credentials.sign_in("eve@shop.example", PASSWORD, None))
    for device in (eves, "junk", None):
        for _ in range(GUESSES.tries // 3):
            with pytest.raises(BadCredentials):
                await credentials.sign_in(ADA, "a wrong password", device)
    with pytest.raises(BadCredentials):
        await credentials.sign_in(ADA, "a wrong password", None)
    with pytest.raises(TooManyAttempts):
        await credentials.sign_in(ADA, PASSWORD, eves)


async def test_a_success_makes_up_for_the_failures_before(credentials: Credentials, mailbox: Mailbox) -> None:
    await signed_up(credentials, mailbox)
    for _ in range(3):
        for _ in range(GUESSES.tries - 1):
            with pytest.raises(BadCredentials):
                await credentials.sign_in(ADA, "a wrong password", None)
        await credentials.sign_in(ADA, PASSWORD, None)


async def test_a_mailbox_is_not_filled(credentials: Credentials, mailbox: Mailbox) -> None:
    for _ in range(LETTERS.tries):
        await credentials.write_to(ADA)
    with pytest.raises(TooManyAttempts):
        await credentials.write_to(ADA)
    assert len(mailbox.letters) == LETTERS.tries
    await credentials.write_to("eve@shop.example")


@pytest.mark.usefixtures("full_price")
async def test_a_password_of_older_parameters_is_hashed_anew(
    credentials: Credentials, accounts: Accounts, mailbox: Mailbox
) -> None:
    await signed_up(credentials, mailbox)
    account = await accounts.find(ADA)
    assert account
    await accounts.rehash(account, PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD))
    await credentials.sign_in(ADA, PASSWORD, None)
    known = await accounts.find(ADA)
    assert known and known.password and "m=65536,t=3" in known.password
    await credentials.sign_in(ADA, PASSWORD, None)


async def test_a_role_is_given_and_the_account_is_made_for_it(
    credentials: Credentials, accounts: Accounts, mailbox: Mailbox
) -> None:
    appointed = await accounts.appoint(ADA, "operator", "Ada")
    assert appointed.participant.role == "operator"
    with pytest.raises(BadCredentials):
        await credentials.sign_in(ADA, "", None)
    assert await signed_up(credentials, mailbox) == appointed.id
    assert (await credentials.sign_in(ADA, PASSWORD, None)).role == "operator"
    assert (await accounts.appoint(ADA, "supervisor", "Ada")).id == appointed.id


async def test_a_token_for_something_else_chooses_no_password(credentials: Credentials, mailbox: Mailbox) -> None:
    await signed_up(credentials, mailbox)
    device = credentials.device(await credentials.sign_in(ADA, PASSWORD, None))
    for token in (device, "", "a.b.c", Sessions("x" * 32).seal("switchboard:account", 60, email=ADA, state="")):
        with pytest.raises(InvalidToken):
            await credentials.choose_password(token, OTHER, "Eve")


async def test_a_mail_server_that_is_full_or_away_is_said_so(
    credentials: Credentials, mailbox: Mailbox, smtp: str, tmp_path: Path
) -> None:
    mailbox.full = True
    with pytest.raises(MailUnavailable):
        await credentials.write_to(ADA)
    with pytest.raises(MailUnavailable, match="SMTPNotSupportedError"):
        await SmtpMailer(smtp.replace("//", "//ada:secret@"), "chat@shop.example").send(Letter(ADA, "Hello", "Text"))
    with pytest.raises(MailUnavailable):
        await SmtpMailer("smtp://127.0.0.1:1", "chat@shop.example").send(Letter(ADA, "Hello", "Text"))


async def test_letters_lie_in_a_folder_where_there_is_no_mail_server(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await FolderMailer(tmp_path / "letters", "chat@localhost").send(Letter(ADA, "Hello", "the secret link"))
    (letter,) = (tmp_path / "letters").iterdir()
    assert "the secret link" in letter.read_text()
    assert str(letter) in caplog.text and "secret" not in caplog.text


async def test_a_database_that_is_away_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveUnavailable):
        await Accounts(Calls(Database(f"sqlite:///{tmp_path}/file/test.db"))).find(ADA)


async def test_too_many_passwords_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "MAX_WAITING", 3)
    passwords = Passwords()
    results = await asyncio.gather(*(passwords.hash(PASSWORD) for _ in range(5)), return_exceptions=True)
    assert [isinstance(result, TooBusy) for result in results] == [False, False, False, True, True]
    assert await passwords.verify(await passwords.hash(PASSWORD), PASSWORD)
