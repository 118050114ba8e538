"""What people do besides sending: they type, they read, they stop the bot."""

from __future__ import annotations

from sanic import Request
from sanic.response import HTTPResponse, empty, json

from channels.problems import Problem
from channels.services import Chat, chat_of, json_body
from channels.validation import Read, Stop, Typing, parse
from switchboard.log.events import MessageRead, ParticipantTyping
from switchboard.log.log import Draft
from switchboard.people.identity import Session

MARKS_LOOKED_AT = 200  # read marks in a row: as many as fifty people set for one message, and then for three more


async def tell_typing(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/typing`: 204; 429 for one who says it too often, as on a socket."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    wanted = parse(Typing, await json_body(request))
    await chat.conversation(session, conversation_id)
    await typing(chat, session, conversation_id, wanted)
    return empty(204)


async def mark_read(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/read`: 200 with the offset that counts as read."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    return json(await read(chat, session, conversation_id, parse(Read, await json_body(request))))


async def stop_turn(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/stop`: 202 with the turn that will end, 200 with `null` if nothing was to stop."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    stopped = await stop(chat, session, conversation_id, parse(Stop, await json_body(request)))
    return json(stopped, 202 if stopped["turnId"] else 200)


async def typing(chat: Chat, session: Session, conversation_id: str, wanted: Typing) -> dict[str, object]:
    """Tell the others; who calls takes part, which has been checked."""
    await chat.log.tell(conversation_id, ParticipantTyping(session.participant.id, wanted.typing))
    return {}


async def read(chat: Chat, session: Session, conversation_id: str, wanted: Read) -> dict[str, object]:
    """Put it on the log, once for each entry that is no such mark itself: marks bring about no further ones.

    Raises `Problem` 404, 422 for what is not there yet.
    """
    conversation = await chat.conversation(session, conversation_id)
    if wanted.up_to > conversation.offset:
        raise Problem(422, "invalid", f"upTo: the conversation ends at {conversation.offset}")
    who = session.participant.id
    seen = await _last_seen(chat, conversation_id, wanted.up_to)
    await chat.log.publish(conversation_id, Draft(MessageRead(who, seen), key=f"read:{who}:{seen}"), author=who)
    return {"upTo": wanted.up_to}


async def _last_seen(chat: Chat, conversation_id: str, up_to: int) -> int:
    """The last offset up to there that is of something to read; as it is where there are only marks for long."""
    lines = await chat.log.read_back(conversation_id, MARKS_LOOKED_AT, up_to + 1)
    return next((line.offset for line in lines if line.type != MessageRead.type), up_to)


async def stop(chat: Chat, session: Session, conversation_id: str, wanted: Stop) -> dict[str, object]:
    """Ask the turn to stop. Raises `UnknownConversation`, `Muted`."""
    return {"turnId": await chat.log.stop(conversation_id, session.participant.id, wanted.turn_id or "")}
