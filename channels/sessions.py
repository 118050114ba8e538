"""Sign in, as a guest or as whom the host site says that you are, and stay signed in."""

from __future__ import annotations

from sanic import Request
from sanic.response import HTTPResponse, json

from channels.problems import Problem
from channels.services import Chat, chat_of, json_body
from channels.validation import NewSession, parse, person_name
from switchboard.host_identity import BadIdentity
from switchboard.identity import Session
from switchboard.log.codec import to_wire
from switchboard.log.connection import answering
from switchboard.log.events import Participant


async def open_session(request: Request) -> HTTPResponse:
    """`POST /sessions`: a new guest, a fresh token for a guest who calls, or the user that an identity names."""
    chat = chat_of(request)
    wanted = parse(NewSession, await json_body(request))
    if wanted.identity is not None:
        session, status = await _signed_in(chat, wanted.identity), 201
    elif "authorization" in request.headers:
        session, status = _renewed(chat, chat.session(request)), 200
    else:
        session, status = chat.sessions.guest(wanted.name), 201
    return json(
        _wire(session, chat.sessions.sign(session)),
        status,
        {"Cache-Control": "no-store"},
    )


async def _signed_in(chat: Chat, token: str) -> Session:
    """At the token's first use. Raises `Problem` 401, 422 where there are no keys, `LogUnavailable`."""
    if chat.identities is None:
        raise Problem(422, "invalid", "identity: this server has no keys to check it with. Set IDENTITY_KEYS there.")
    try:
        identity = chat.identities.verify(token)
    except BadIdentity as error:
        raise Problem(401, "bad_identity", str(error)) from error
    async with answering():
        first = await chat.log.redis.set(f"sb:identity:{identity.use}", "1", nx=True, ex=identity.seconds)
    if not first:
        raise Problem(401, "bad_identity", "Its jti was used before: sign a new one for every sign-in.")
    return chat.sessions.user(Participant(identity.participant_id, "customer", person_name(identity.name)))


def _renewed(chat: Chat, session: Session) -> Session:
    """A user stays signed in for as long as the host says so. Raises `Problem` 401."""
    if session.is_users:
        raise Problem(401, "identity_required", "Hand over a fresh identity: only the host can renew this session.")
    return chat.sessions.renew(session.participant)


def _wire(session: Session, token: str) -> dict[str, object]:
    return {
        "token": token,
        "expiresAt": session.expires_at * 1000,
        "participant": to_wire(session.participant),
    }
