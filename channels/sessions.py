"""Sign in as a guest, and stay signed in."""

from __future__ import annotations

from sanic import Request
from sanic.response import HTTPResponse, json

from channels.services import chat_of, json_body
from channels.validation import NewSession, parse
from switchboard.identity import Session
from switchboard.log.codec import to_wire


async def open_session(request: Request) -> HTTPResponse:
    """`POST /sessions`: a new guest, or a fresh token for the caller."""
    chat = chat_of(request)
    wanted = parse(NewSession, await json_body(request))
    if "authorization" in request.headers:
        session, status = chat.sessions.renew(chat.session(request).participant), 200
    else:
        session, status = chat.sessions.guest(wanted.name), 201
    return json(
        _wire(session, chat.sessions.sign(session)),
        status,
        {"Cache-Control": "no-store"},
    )


def _wire(session: Session, token: str) -> dict[str, object]:
    return {
        "token": token,
        "expiresAt": session.expires_at * 1000,
        "participant": to_wire(session.participant),
    }
