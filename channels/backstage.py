"""What operators say about a conversation among themselves, and which of them look at it."""

from __future__ import annotations

from sanic import Request
from sanic.response import HTTPResponse, empty, json

from channels.handoff_validation import NewNote
from channels.services import chat_of, checked_id, json_body
from channels.stream import stream_of
from channels.validation import Typing, parse
from switchboard.log.codec import dumps


async def list_notes(request: Request, conversation_id: str) -> HTTPResponse:
    """`GET /conversations/{id}/notes`: 200 with the last ones, and the position from which to read on."""
    chat = chat_of(request)
    chat.session(request)
    position, notes = await chat.backstage.notes(checked_id(conversation_id))
    body = dumps({"notes": notes, "position": str(position)})
    return HTTPResponse(body, content_type="application/json", headers={"Cache-Control": "no-store"})


async def add_note(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/notes`: 201, or 200 if it was there."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    wanted = parse(NewNote, await json_body(request))
    note_id, done = await chat.backstage.note(
        checked_id(conversation_id), session.participant, wanted.client_note_id, wanted.text
    )
    body = {"noteId": note_id, "epoch": done.epoch, "offset": done.offset, "duplicate": done.duplicate}
    return json(body, 200 if done.duplicate else 201)


async def tell_note_typing(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/notes/typing`: 204."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    wanted = parse(Typing, await json_body(request))
    await chat.backstage.typing(checked_id(conversation_id), session.participant.id, wanted.typing)
    return empty(204)


async def read_backstage(request: Request, conversation_id: str) -> HTTPResponse | None:
    """`GET /conversations/{id}/backstage`: the operators' own log as Server-Sent Events; who reads it looks on."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.check_room()
    name = await chat.backstage.open(checked_id(conversation_id))
    await stream_of(request, session, name, session.participant.id)
    return None
