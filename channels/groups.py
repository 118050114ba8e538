"""Conversations of several people: who comes in, who goes, who may only read."""

from __future__ import annotations

from sanic import Request
from sanic.response import HTTPResponse, empty, json

from channels.problems import Problem
from channels.services import Chat, chat_of, checked_id, json_body
from channels.validation import Acceptance, Muting, NewInvitation, NewParticipant, Nothing, Removal, parse
from switchboard.log.errors import NotAllowed
from switchboard.log.events import Participant
from switchboard.people.identity import InvalidToken, Session


async def add_participant(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/participants`: 201, or 200 for one who was there; a server adds whom it likes."""
    chat = chat_of(request)
    _paced(chat, request)
    wanted = parse(NewParticipant, await json_body(request))
    person = Participant(wanted.participant_id, wanted.role, wanted.name)
    joined = await chat.members.join(checked_id(conversation_id), person)
    return json({"conversationId": conversation_id}, 201 if joined else 200)


async def invite(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/invitations`: 201 with an invitation, by the host or an operator who takes part."""
    chat = chat_of(request)
    session = _paced(chat, request)
    wanted = parse(NewInvitation, await json_body(request))
    conversation = await chat.conversation(session, conversation_id)
    if not conversation.may_invite(session.participant.id):
        raise NotAllowed(conversation_id)
    invitation, ends = chat.invitations.issue(conversation, wanted.uses, wanted.expires_in)
    return json({"invitation": invitation, "expiresAt": ends}, 201, {"Cache-Control": "no-store"})


async def revoke_invitations(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/invitations/revoke`: 204. None that there are lets anybody in any more."""
    chat = chat_of(request)
    session = _paced(chat, request)
    parse(Nothing, await json_body(request))
    await chat.members.revoke_invitations(checked_id(conversation_id), session.participant.id)
    return empty(204)


async def accept_invitation(request: Request) -> HTTPResponse:
    """`POST /invitations/accept`: 200 with the conversation, also for one who takes part already."""
    chat = chat_of(request)
    session = _paced(chat, request)
    wanted = parse(Acceptance, await json_body(request))
    try:
        conversation_id, admission = chat.invitations.read(wanted.invitation)
    except InvalidToken as error:
        raise Problem(404, "not_found", "This is no invitation of this server's.") from error
    await chat.members.join(conversation_id, session.participant, admission)
    return json({"conversationId": conversation_id})


async def leave(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/leave`: 204; from then on the conversation is as good as none for the caller."""
    chat = chat_of(request)
    session = _paced(chat, request)
    parse(Nothing, await json_body(request))
    await chat.members.leave(checked_id(conversation_id), session.participant.id)
    return empty(204)


async def remove(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/remove`: 204, also for one who takes no part; every stream of theirs ends."""
    chat = chat_of(request)
    session = _paced(chat, request)
    wanted = parse(Removal, await json_body(request))
    await chat.members.remove(checked_id(conversation_id), wanted.participant_id, session.participant.id)
    return empty(204)


async def mute(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/mute`: 204; who is muted may only read."""
    chat = chat_of(request)
    session = _paced(chat, request)
    wanted = parse(Muting, await json_body(request))
    await chat.members.mute(checked_id(conversation_id), wanted.participant_id, session.participant.id, wanted.muted)
    return empty(204)


def _paced(chat: Chat, request: Request) -> Session:
    """Who calls, at most as often as a socket takes commands. Raises `Problem` 401, 403, 429."""
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    return session
