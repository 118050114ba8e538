"""Somebody's conversations: listed, searched, given a title, closed."""

from __future__ import annotations

from collections.abc import Mapping

from sanic import Request
from sanic.response import HTTPResponse, empty, json

from channels.access import TALKS
from channels.paging import PARTICIPANT, Cursor, before_of, limit_of, query_of
from channels.problems import Problem
from channels.services import chat_of, checked_id, json_body
from channels.validation import Nothing, Rename, clean, parse
from switchboard.archive.conversations import Wanted
from switchboard.log.codec import dumps
from switchboard.people.identity import Session

SHORTEST, LONGEST = 2, 100  # characters to search for: one is in nearly every message
YES_OR_NO = {"true": True, "false": False}


async def list_conversations(request: Request) -> HTTPResponse:
    """`GET /conversations?before=&limit=&q=&closed=&participant=`: a page, the latest activity first."""
    session = chat_of(request).session(request)
    return await _page(request, session, _whose(session, query_of(request)))


async def search_conversations(request: Request) -> HTTPResponse:
    """`GET /desk/conversations?before=&limit=&q=&closed=`: the same of everybody's."""
    return await _page(request, chat_of(request).session(request), None)


async def _page(request: Request, session: Session, whose: str | None) -> HTTPResponse:
    chat, given = chat_of(request), query_of(request)
    limit, words = limit_of(given), _words(given)
    if words:
        chat.paces.check(session.participant.id)
    found = await chat.conversations.find(Wanted(whose, limit + 1, before_of(given), words, _closed(given)))
    last = found[limit - 1] if len(found) > limit else None
    wire = {
        "conversations": [overview.to_wire(whose or "") for overview in found[:limit]],
        "before": str(Cursor(last.active_at, last.id)) if last else None,
    }
    return HTTPResponse(dumps(wire), content_type="application/json", headers={"Cache-Control": "no-store"})


async def rename_conversation(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/title`: 200 with the title as the others see it."""
    chat = chat_of(request)
    who = chat.session(request).participant.id
    chat.paces.check(who)
    wanted = parse(Rename, await json_body(request))
    await chat.lifecycle.rename(checked_id(conversation_id), who, wanted.title)
    return json({"title": wanted.title})


async def close_conversation(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/close`: 204, also if it was closed before."""
    chat = chat_of(request)
    who = chat.session(request).participant.id
    chat.paces.check(who)
    parse(Nothing, await json_body(request))
    await chat.lifecycle.close(checked_id(conversation_id), who)
    return empty(204)


def _whose(session: Session, given: Mapping[str, str]) -> str:
    """Raises `Problem` 403 for other people's, 422 for what is no id."""
    own = session.participant.id
    whose = given.get("participant", own)
    if whose != own and session.role not in TALKS.anywhere:
        raise Problem(403, "forbidden", f"Nobody may list other people's conversations as {session.role}.")
    if not PARTICIPANT.match(whose):
        raise Problem(422, "invalid", "participant: is no participant's id")
    return whose


def _words(given: Mapping[str, str]) -> str:
    words = clean(given.get("q", ""))
    if "q" in given and not SHORTEST <= len(words) <= LONGEST:
        raise Problem(422, "invalid", f"q: must have {SHORTEST} to {LONGEST} characters")
    return words


def _closed(given: Mapping[str, str]) -> bool | None:
    if "closed" not in given:
        return None
    if given["closed"] not in YES_OR_NO:
        raise Problem(422, "invalid", "closed: must be true or false")
    return YES_OR_NO[given["closed"]]
