"""Sign in, as a guest or as whom the host site says that you are; stay signed in, and sign out."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse, empty, json

from channels.people_validation import EndSession, NewSession
from channels.problems import Problem
from channels.services import CONVERSATION_ID, Chat, bearer_token, chat_of, json_body
from channels.validation import parse, person_name
from switchboard.log.codec import to_wire
from switchboard.log.connection import answering
from switchboard.log.errors import ArchiveUnavailable, UnknownConversation
from switchboard.log.events import Participant
from switchboard.people.client_addresses import Address
from switchboard.people.host_identity import BadIdentity
from switchboard.people.identity import InvalidToken, Session
from switchboard.people.sign_ins import REFRESH

PROFILE_SECONDS = 1.0  # nobody is kept from signing in for longer because the database is slow, or away


async def open_session(request: Request) -> HTTPResponse:
    """`POST /sessions`: a new guest, the next session of whoever has a refresh token, or whom an identity names."""
    chat = chat_of(request)
    wanted = parse(NewSession, await json_body(request))
    address = chat.address(request)
    if wanted.identity is not None:
        return await _sign_in(chat, request, wanted.identity, wanted.conversations)
    if wanted.refresh_token is not None:
        return _answer(session_body(chat, *await _refreshed(chat, wanted.refresh_token, address)), 200)
    if "authorization" in request.headers:
        raise Problem(422, "invalid", "refreshToken: this is what brings the next token. The header alone would not.")
    chat.check_address(address)
    await chat.limits.guest(address)
    guest = chat.sessions.guest(wanted.name)
    return _answer(session_body(chat, guest, chat.sign_ins.refresh_token(guest)), 201)


async def end_session(request: Request) -> HTTPResponse:
    """`POST /sessions/end`: 204. The caller's tokens of this sign-in, or of all, are good for nothing any more."""
    chat = chat_of(request)
    session = chat.session(request)
    if parse(EndSession, await json_body(request)).everywhere:
        await chat.sign_ins.end_all(session.participant.id)
    else:
        await chat.sign_ins.end(session)
    return empty(204)


async def _sign_in(chat: Chat, request: Request, identity: str, conversations: list[str]) -> HTTPResponse:
    """Without a refresh token: only the host can say that somebody is still signed in there."""
    guest = calling_guest(chat, request)
    session = await _signed_in(chat, identity, chat.address(request))
    taken = await take_along(chat, guest, session.participant, conversations)
    return _answer(session_body(chat, session, taken=taken), 201)


def calling_guest(chat: Chat, request: Request) -> Session | None:
    """The guest who calls, if anybody does. Raises `Problem` 401 for a token that is no good, 403."""
    caller = None
    if "authorization" in request.headers:
        caller = chat.authenticate(bearer_token(request), chat.address(request))
    return caller if caller and caller.is_guest else None


async def take_along(chat: Chat, guest: Session | None, user: Participant, conversations: list[str]) -> list[str]:
    """The guest's conversations, which are the user's from here on; the guest is signed out, which comes last.

    Who has the guest's token may read them anyway. What was taken before, and the answer was lost, is the user's too.
    Raises `LogUnavailable`: the same again goes on where this stopped.
    """
    formerly = guest.participant.id if guest else ""
    taken = []
    for conversation in dict.fromkeys(filter(CONVERSATION_ID.match, conversations)):
        with contextlib.suppress(UnknownConversation):
            await chat.members.identify(conversation, formerly, user)
            taken.append(conversation)
    if guest:
        await chat.sign_ins.end_all(formerly)
    return taken


async def _signed_in(chat: Chat, token: str, address: Address | None) -> Session:
    """At the token's first use. Raises `Problem` 401, 403, 422 where there are no keys, `LogUnavailable`."""
    if chat.identities is None:
        raise Problem(422, "invalid", "identity: this server has no keys to check it with. Set IDENTITY_KEYS there.")
    try:
        identity = chat.identities.verify(token)
    except BadIdentity as error:
        raise Problem(401, "bad_identity", str(error)) from error
    who = Participant(identity.participant_id, "customer", person_name(identity.name))
    session = chat.sessions.begin(who, era=await chat.sign_ins.era(who.id)).at(address)
    chat.check_blocked(session)
    async with answering():
        first = await chat.log.redis.set(f"sb:identity:{identity.use}", "1", nx=True, ex=identity.seconds)
    if not first:
        raise Problem(401, "bad_identity", "Its jti was used before: sign a new one for every sign-in.")
    return await as_they_say(chat, session, forget_name=bool(identity.name))


async def _refreshed(chat: Chat, token: str, address: Address | None) -> tuple[Session, str]:
    """Raises `Problem` 401, and 403 with the token still good, for when the block is over."""
    try:
        chat.check_blocked(chat.sessions.verify(token, REFRESH).at(address))
        return await chat.sign_ins.refresh(token, functools.partial(as_they_say, chat))
    except InvalidToken as error:
        raise Problem(401, "signed_out", "This sign-in is over. Start a session.") from error


async def as_they_say(chat: Chat, session: Session, *, forget_name: bool = False) -> Session:
    """With the name and the language of the profile; while the database is away, as it was.

    `forget_name`: of the profile, since the host says another one.
    """
    who = session.participant
    try:
        async with asyncio.timeout(PROFILE_SECONDS):
            profile = await chat.profiles.find(who.id)
            if forget_name and profile.name is not None:
                profile = await chat.profiles.change(who.id, lambda known: replace(known, name=None))
    except (ArchiveUnavailable, TimeoutError):
        return session
    return replace(session, participant=replace(who, name=profile.name or who.name), language=profile.language)


def session_body(
    chat: Chat, session: Session, refresh_token: str | None = None, taken: Sequence[str] = ()
) -> dict[str, Any]:
    """What a client is told of a session. `taken`: conversations of the guest who this was."""
    body = {
        "token": chat.sessions.sign(session),
        "expiresAt": session.expires_at * 1000,
        "participant": to_wire(session.participant),
        "refreshToken": refresh_token,
        "conversations": list(taken) or None,
    }
    return {name: value for name, value in body.items() if value is not None}


def _answer(body: dict[str, Any], status: int) -> HTTPResponse:
    return json(body, status, {"Cache-Control": "no-store"})
