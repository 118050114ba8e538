"""How a native EventSource signs in: it can send no header, and no long-lived token belongs into a URL.

It opens the stream with a ticket, once, within a minute, and is given an HttpOnly cookie for its reconnects, which is
good for reading this one stream and nothing else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sanic import Request
from sanic.response import HTTPResponse, json

from channels.cors import may_call
from channels.problems import PREFIX, Problem
from channels.services import Chat, chat_of, json_body
from channels.validation import Nothing, parse
from switchboard.log.connection import answering
from switchboard.log.errors import LogUnavailable
from switchboard.people.client_addresses import Address
from switchboard.people.identity import InvalidToken, Session

TICKET_SECONDS = 60
COOKIE = "switchboard_stream"
TICKET, STREAM = "switchboard:ticket", "switchboard:stream"  # audiences: neither token passes for another


@dataclass(frozen=True)
class Reading:
    """Who reads a stream. `cookie`: the header that lets a browser's EventSource come back."""

    session: Session
    cookie: dict[str, str] = field(default_factory=dict)


async def issue_ticket(request: Request) -> HTTPResponse:
    """`POST /tickets`: for `GET …/stream?ticket=`, once."""
    chat = chat_of(request)
    session = chat.session(request)
    parse(Nothing, await json_body(request))
    ticket = chat.sessions.sign(session, TICKET, TICKET_SECONDS)
    return json({"ticket": ticket, "expiresIn": TICKET_SECONDS * 1000}, 201, {"Cache-Control": "no-store"})


def is_native(request: Request) -> bool:
    """Whether a browser's own EventSource asks, or what signs in as one does."""
    return "authorization" not in request.headers


async def reading(chat: Chat, request: Request, conversation_id: str) -> Reading | None:
    """Who reads, by header, ticket or cookie; `None` if the cookie has expired, which ends the reconnects.

    An EventSource that comes back repeats its ticket beside the cookie: while nobody can tell whether that was used,
    the cookie will do. Raises `Problem` 401, 403 for a cookie that another site's page sends or for whoever is blocked,
    `LogUnavailable`.
    """
    if not is_native(request):
        return Reading(chat.session(request))
    ticket = request.args.get("ticket")
    cookie = request.cookies.get(COOKIE)
    if cookie and not may_call(request, chat.settings.origins):
        raise Problem(403, "forbidden", "This site may not read the conversation.")
    if ticket:
        try:
            session = await _redeem(chat, ticket, chat.address(request))
        except LogUnavailable:
            if not cookie:
                raise
        else:
            if session:
                return Reading(session, {"Set-Cookie": _cookie(chat, request, session, conversation_id)})
    if cookie:
        return _known(chat, cookie, chat.address(request))
    raise Problem(401, "unauthorized", "Send the token as `Authorization: Bearer …`, or a fresh ticket.")


def _known(chat: Chat, cookie: str, address: Address | None) -> Reading | None:
    """Whose cookie it is, if it has not expired. Raises `Problem` 403."""
    try:
        session = chat.sessions.verify(cookie, STREAM).at(address)
    except InvalidToken:
        return None
    if chat.revocations.cover(session):
        return None
    chat.check_session(session)
    return Reading(session)


async def _redeem(chat: Chat, ticket: str, address: Address | None) -> Session | None:
    """The session that a good ticket stands for, at its first use. Raises `Problem` 401, 403, `LogUnavailable`."""
    try:
        session = chat.sessions.verify(ticket, TICKET).at(address)
    except InvalidToken:
        return None
    chat.check_session(session)
    used = f"sb:ticket:{hashlib.sha256(ticket.encode()).hexdigest()}"
    async with answering():
        first = await chat.log.redis.set(used, "1", nx=True, ex=TICKET_SECONDS)
    return session if first else None


def _cookie(chat: Chat, request: Request, session: Session, conversation_id: str) -> str:
    """Across sites browsers take it over HTTPS only."""
    secure = request.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    value = chat.sessions.sign(session, STREAM)
    path = f"{PREFIX}/conversations/{conversation_id}/stream"
    across = "SameSite=None; Secure" if secure else "SameSite=Lax"
    return f"{COOKIE}={value}; Path={path}; HttpOnly; {across}"
