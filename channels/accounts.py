"""Accounts: choose a password by a letter, and sign in with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sanic import Request
from sanic.response import HTTPResponse, json

from channels.people_validation import ChoosePassword, NewAccount, SignIn
from channels.problems import Problem
from channels.services import Chat, chat_of, json_body
from channels.sessions import as_they_say, calling_guest, session_body, take_along
from channels.validation import parse
from switchboard.people.accounts import Account
from switchboard.people.attempts import TooManyAttempts
from switchboard.people.credentials import BadCredentials, Credentials
from switchboard.people.identity import InvalidToken, Session
from switchboard.people.mail import MailUnavailable
from switchboard.people.passwords import TooBusy


async def ask_for_letter(request: Request) -> HTTPResponse:
    """`POST /accounts`: 202 for every address; the letter says how to go on."""
    chat = chat_of(request)
    credentials = _credentials(chat)
    chat.check_address(chat.address(request))
    await chat.limits.guest(chat.address(request))
    email = parse(NewAccount, await json_body(request)).email
    try:
        with _problems():
            await credentials.write_to(email)
    except TooManyAttempts:
        pass  # there are letters enough in that mailbox, and who asks for more need not be its owner
    return json({}, 202)


async def choose_password(request: Request) -> HTTPResponse:
    """`POST /accounts/password`: signed in, and everybody else of this account signed out."""
    chat = chat_of(request)
    credentials, guest = _credentials(chat), calling_guest(chat, request)
    await chat.limits.guest(chat.address(request))  # passwords cost much to check
    wanted = parse(ChoosePassword, await json_body(request))
    try:
        with _problems():
            # Everybody is out before there is another password: a crash in between leaves nobody in.
            if known := await credentials.account_of(wanted.token):
                await chat.sign_ins.end_all(known.id)
            account = await credentials.choose_password(wanted.token, wanted.password, wanted.name)
    except InvalidToken as error:
        detail = "The link has expired, or was used before. Ask for another letter."
        raise Problem(401, "bad_letter", detail) from error
    era = await chat.sign_ins.end_all(account.id)  # and who came in by the old one meanwhile
    return await _signed_in(request, credentials, account, era, guest, wanted.conversations)


async def sign_in(request: Request) -> HTTPResponse:
    """`POST /accounts/session`: by address and password."""
    chat = chat_of(request)
    credentials, guest = _credentials(chat), calling_guest(chat, request)
    await chat.limits.guest(chat.address(request))  # passwords cost much to check
    wanted = parse(SignIn, await json_body(request))
    try:
        with _problems():
            account = await credentials.sign_in(wanted.email, wanted.password, wanted.device)
            era = await chat.sign_ins.era(account.id)
            await credentials.confirm(account)  # a password, or a role, that was changed meanwhile began another era
    except BadCredentials as error:
        raise Problem(401, "bad_credentials", "The address or the password is not right.") from error
    except TooManyAttempts as error:
        detail = f"Too many tries. Try again in {-(-error.seconds // 60)} min, or ask for a letter."
        raise Problem(429, "too_many", detail, retry_after=error.seconds) from error
    return await _signed_in(request, credentials, account, era, guest, wanted.conversations)


async def _signed_in(
    request: Request,
    credentials: Credentials,
    account: Account,
    era: int,
    guest: Session | None,
    conversations: list[str],
) -> HTTPResponse:
    chat = chat_of(request)
    session = await as_they_say(chat, chat.sessions.begin(account.participant, account.role, era))
    chat.check_blocked(session.at(chat.address(request)))
    taken = await take_along(chat, guest, account.participant, conversations)
    body = session_body(chat, session, chat.sign_ins.refresh_token(session), taken)
    return json(body | {"device": credentials.device(account)}, 201, {"Cache-Control": "no-store"})


def _credentials(chat: Chat) -> Credentials:
    """Raises `Problem` 422 where there are no accounts."""
    if chat.credentials is None:
        raise Problem(422, "invalid", "This server has no accounts. Set MAIL_URL and ACCOUNT_LINK there.")
    return chat.credentials


@contextmanager
def _problems() -> Iterator[None]:
    """What is away for a while, as clients see it."""
    try:
        yield
    except MailUnavailable as error:
        raise Problem(503, "unavailable", "The letter could not be sent right now. Try again in a moment.") from error
    except TooBusy as error:
        raise Problem(503, "overloaded", "Very many people sign in right now. Try again in a moment.") from error
