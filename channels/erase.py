"""A person disappears, because they ask for it or a service does."""

from __future__ import annotations

from sanic import Request
from sanic.response import HTTPResponse, json

from channels.paging import PARTICIPANT
from channels.people_validation import Erase
from channels.problems import Problem
from channels.services import chat_of, json_body
from channels.validation import parse
from switchboard.records.erasure import Erasure


async def erase_me(request: Request) -> HTTPResponse:
    """`POST /me/erase`: 200 once nothing is left; anything else is to be repeated."""
    return await _erase(request, chat_of(request).session(request).participant.id)


async def erase_person(request: Request, participant_id: str) -> HTTPResponse:
    """`POST /people/{id}/erase`: the same of somebody else. Who is not there leaves nothing either."""
    chat_of(request).session(request)
    return await _erase(request, participant_id)


async def _erase(request: Request, participant: str) -> HTTPResponse:
    chat = chat_of(request)
    wanted = parse(Erase, await json_body(request))
    if wanted.confirm != participant or not PARTICIPANT.match(participant):
        raise Problem(422, "invalid", "confirm: must be the id of whoever is to be erased")
    done = await Erasure(chat.log, chat.erasing, chat.sign_ins).erase(participant)
    return json({"deleted": done.deleted, "anonymised": done.anonymised})
