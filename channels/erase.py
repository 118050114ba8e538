"""Everything about somebody disappears."""

from __future__ import annotations

from sanic import Request
from sanic.response import HTTPResponse, empty

from channels.people_validation import Someone
from channels.problems import Problem
from channels.services import Chat, chat_of, json_body
from channels.validation import parse


async def erase_me(request: Request) -> HTTPResponse:
    """`POST /me/erase`: 202. It will be done, and the caller is signed out everywhere.

    Callers name themselves, so that nobody is erased by a slip; 422 for any other name.
    """
    chat = chat_of(request)
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    if parse(Someone, await json_body(request)).participant_id != session.participant.id:
        raise Problem(422, "invalid", "participantId: must be the caller's own")
    return await _erase(chat, session.participant.id)


async def erase_person(request: Request) -> HTTPResponse:
    """`POST /people/erase`: 202, the same for somebody else, whether there is anything or not."""
    chat = chat_of(request)
    chat.session(request)
    return await _erase(chat, parse(Someone, await json_body(request)).participant_id)


async def _erase(chat: Chat, participant: str) -> HTTPResponse:
    """On record first: then it happens, even if signing out fails."""
    await chat.erasures.ask(participant)
    await chat.sign_ins.end_all(participant)
    return empty(202)
