"""What was said before: by page, however far back, from Redis and from the archive."""

from __future__ import annotations

from sanic import Request
from sanic.response import HTTPResponse

from channels.paging import limit_of, query_of
from channels.problems import Problem
from channels.services import access_of, chat_of
from channels.validation import parse_position
from switchboard.log.codec import dumps
from switchboard.log.log import Conversation, Position


async def list_messages(request: Request, conversation_id: str) -> HTTPResponse:
    """`GET /conversations/{id}/messages?before=&limit=`: a page of messages, from the newest back."""
    chat = chat_of(request)
    session = chat.session(request)
    given = query_of(request)
    limit, cursor = limit_of(given), given.get("before")
    conversation = await chat.conversation(session, conversation_id, access_of(request))
    page = await chat.history.page(conversation, _before(conversation, cursor), limit)
    wire = {
        "messages": page.messages,
        "before": None if page.before is None else str(Position(conversation.epoch, page.before)),
        "missing": page.missing,
    }
    return HTTPResponse(dumps(wire), content_type="application/json", headers={"Cache-Control": "no-store"})


def _before(conversation: Conversation, cursor: str | None) -> int:
    """The place that a cursor stands for; without one, behind all. Raises `Problem` 422, 409 after a loss of data."""
    if cursor is None:
        return conversation.offset + 1
    position = parse_position(cursor)
    if position is None:
        raise Problem(422, "invalid", "before: is not what a page of this conversation said")
    if position.epoch != conversation.epoch:
        raise Problem(409, "conflict", "The log has begun anew since that page. Begin without `before`.")
    return position.offset
