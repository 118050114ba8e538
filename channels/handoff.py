"""Who goes on with a conversation: customers ask for a person, operators take, pass on and give back."""

from __future__ import annotations

import hashlib
import json as jsonlib

from sanic import Request
from sanic.response import HTTPResponse, json

from channels.access import OVERSEERS
from channels.handoff_validation import Claim, PersonWanted, Rating, Release, Resolve, Transfer
from channels.messages import LOOKED_AT
from channels.problems import Problem
from channels.services import Chat, chat_of, checked_id, json_body
from channels.validation import Nothing, parse
from switchboard.handoff.case import Case, Wish
from switchboard.log.clock import now_ms
from switchboard.log.errors import ConflictingEntry, Muted
from switchboard.log.events import HandoffEnded, HandoffRated, Participant, Requeue
from switchboard.log.log import Draft
from switchboard.people.identity import Session


async def ask_for_person(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/handoff`: 202, or 200 if a person is on the way or there already.

    `available` says whether somebody of that team is there now. If not it waits all the same.
    """
    chat, session = _called(request)
    wanted = parse(PersonWanted, await json_body(request))
    await chat.conversation(session, conversation_id)
    case, is_new = await chat.desk.request(conversation_id, Wish(wanted.reason, wanted.team), session.participant.id)
    body = {**_shown(case), "available": await chat.operators.available(case.team)}
    return json(body, 202 if is_new else 200)


async def stop_waiting(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/handoff/cancel`: 200, back with the bot; 409 once a person has it."""
    chat, session = _called(request)
    parse(Nothing, await json_body(request))
    await chat.conversation(session, conversation_id)
    term = await chat.desk.cancel(conversation_id, session.participant.id)
    return await _with_bot(chat, conversation_id, term)


async def claim(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/claim`: 200; 409 naming who has it. What the bot has is taken from it."""
    chat, session = _called(request)
    wanted = parse(Claim, await json_body(request))
    who = session.participant
    await chat.operators.see(who.id, who.name)
    return json(_shown(await chat.desk.claim(checked_id(conversation_id), who, wanted.term)))


async def release(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/release`: 200; the bot goes on, or it waits for somebody else."""
    chat, session = _called(request)
    wanted = parse(Release, await json_body(request))
    who, overseer = session.participant.id, _oversees(session)
    if wanted.to == "bot":
        term = await chat.desk.end(checked_id(conversation_id), "returned", who, overseer=overseer)
        return await _with_bot(chat, conversation_id, term)
    reason: Requeue = "transferred" if wanted.team else "released"
    case = await chat.desk.requeue(checked_id(conversation_id), reason, who, team=wanted.team, overseer=overseer)
    return json(_shown(case))


async def transfer(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/transfer`: 200; that operator goes on. 422 for one who is not there."""
    chat, session = _called(request)
    wanted = parse(Transfer, await json_body(request))
    checked_id(conversation_id)
    other = await chat.operators.of(wanted.participant_id)
    if other is None or other.status_at(now_ms()) == "offline":
        raise Problem(422, "invalid", "participantId: is no operator who is there now")
    case = await chat.desk.give(
        conversation_id,
        Participant(other.id, "operator", other.name),
        session.participant.id,
        overseer=_oversees(session),
    )
    return json(_shown(case))


async def resolve(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/resolve`: 200; the matter is settled, and the bot goes on."""
    chat, session = _called(request)
    wanted = parse(Resolve, await json_body(request))
    term = await chat.desk.end(
        checked_id(conversation_id),
        "resolved",
        session.participant.id,
        disposition=wanted.disposition,
        overseer=_oversees(session),
    )
    return await _with_bot(chat, conversation_id, term)


async def rate(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/rating`: 201, 200 if it was so; 409 for another one, 422 for what is not settled."""
    chat, session = _called(request)
    wanted = parse(Rating, await json_body(request))
    who = session.participant.id
    if who in (await chat.conversation(session, conversation_id)).muted:
        raise Muted(conversation_id)
    chat.limits.check_links(wanted.comment or "")
    if not await _was_settled(chat, conversation_id, wanted.handoff_id):
        raise Problem(422, "invalid", "handoffId: is none that people have settled here lately")
    event = HandoffRated(wanted.handoff_id, who, wanted.rating, wanted.comment)
    key = f"rated:{wanted.handoff_id}:{who}"
    draft = Draft(event, key, f"{wanted.rating} {hashlib.sha256((wanted.comment or '').encode()).hexdigest()[:16]}")
    try:
        (done,) = await chat.log.publish(conversation_id, draft, author=who)
    except ConflictingEntry as error:
        raise Problem(409, "conflict", "You have rated it otherwise before.") from error
    return json({"offset": done.offset, "duplicate": done.duplicate}, 200 if done.duplicate else 201)


async def _was_settled(chat: Chat, conversation_id: str, handoff_id: str) -> bool:
    """Whether people have resolved it, as far as the end of the log tells."""
    mark = f'"handoffId":"{handoff_id}"'
    for line in await chat.log.read_back(conversation_id, LOOKED_AT):
        if line.type == HandoffEnded.type and mark in line.json:
            return bool(jsonlib.loads(line.json)["outcome"] == "resolved")
    return False


def _called(request: Request) -> tuple[Chat, Session]:
    """Who calls, at most as often as a socket takes commands. Raises `Problem` 401, 403, 429."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    return chat, session


def _oversees(session: Session) -> bool:
    return session.role in OVERSEERS


def _shown(case: Case) -> dict[str, object]:
    return {"handoffId": case.id, "owner": case.owner, "term": case.term}


async def _with_bot(chat: Chat, conversation_id: str, term: int) -> HTTPResponse:
    return json({"owner": (await chat.log.describe(conversation_id)).owner, "term": term})
