"""Conversations are opened, and messages accepted: from here on they are on the log."""

from __future__ import annotations

import hashlib
import json as jsonlib
import secrets
import uuid

from sanic import Request
from sanic.response import HTTPResponse, json

from channels.services import Chat, access_of, chat_of, json_body
from channels.validation import Nothing, Send, parse
from switchboard.log import snapshot
from switchboard.log.codec import dumps
from switchboard.log.errors import TooFast
from switchboard.log.events import MessageSent, Participant
from switchboard.log.log import Appended, Draft, Log
from switchboard.people.identity import Session
from switchboard.turns.turn import BOT

OFFERS_LOOKED_AT = 1_000  # a button is honoured while its message is among the last entries of the log


async def open_conversation(request: Request) -> HTTPResponse:
    """`POST /conversations`: a conversation of the caller with the bot."""
    chat = chat_of(request)
    session = chat.session(request)
    parse(Nothing, await json_body(request))
    await chat.limits.conversation(session.address)
    conversation_id = f"c_{secrets.token_urlsafe(16)}"
    end = await chat.log.start(conversation_id, BOT.id, [session.participant, BOT])
    return json(
        {"conversationId": conversation_id, "epoch": end.epoch, "offset": end.offset},
        201,
    )


async def show_conversation(request: Request, conversation_id: str) -> HTTPResponse:
    """`GET /conversations/{id}`: its snapshot."""
    chat = chat_of(request)
    conversation = await chat.conversation(chat.session(request), conversation_id, access_of(request))
    _, wire = await snapshot.take(chat.log, conversation)
    return HTTPResponse(
        dumps(wire),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


async def send_message(request: Request, conversation_id: str) -> HTTPResponse:
    """`POST /conversations/{id}/messages`: 202 once the message is on the log, 200 if it was there."""
    chat = chat_of(request)
    session = chat.session(request)
    receipt = await accept(chat, session, conversation_id, parse(Send, await json_body(request)))
    return json(receipt, 200 if receipt["duplicate"] else 202)


async def accept(chat: Chat, session: Session, conversation_id: str, send: Send) -> dict[str, object]:
    """Append a message of the caller; what the client is told.

    Raises `Problem` 422 for too many links, `TooFast`, `UnknownConversation` if the caller takes no part in it,
    `ConflictingEntry`, `LogUnavailable`.
    """
    who = session.participant
    chat.limits.check_links(send.text or send.payload or "")
    await _count(chat, session, conversation_id, send)
    if send.payload:
        await chat.conversation(session, conversation_id)  # nobody makes us read a log that is not theirs
    event, draft = await _draft(chat.log, who, conversation_id, send)
    rate = chat.limits.in_conversation
    done: Appended = (await chat.log.publish(conversation_id, draft, asks=True, author=who.id, rate=rate))[0]
    return {
        "messageId": event.message_id,
        "epoch": done.epoch,
        "offset": done.offset,
        "duplicate": done.duplicate,
    }


async def _count(chat: Chat, session: Session, conversation_id: str, send: Send) -> None:
    """Raises `TooFast`, but not for a message that is on the log: only who is too fast costs another question."""
    try:
        await chat.limits.message(session)
    except TooFast:
        if not await chat.log.has(conversation_id, _key(session.participant, send)):
            raise


def _key(author: Participant, send: Send) -> str:
    return f"in:{author.id}:{send.client_message_id}"


async def _draft(log: Log, author: Participant, conversation_id: str, send: Send) -> tuple[MessageSent, Draft]:
    key = _key(author, send)
    title = await _offered(log, conversation_id, send.payload) if send.payload else None
    event = MessageSent(
        message_id=f"m_{uuid.uuid5(uuid.NAMESPACE_OID, f'{conversation_id} {key}').hex}",
        author=author,
        text=title or send.text or send.payload or "",
        payload=send.payload if title else None,
        client_message_id=send.client_message_id,
        metadata=send.metadata,
    )
    content = jsonlib.dumps([send.text, send.payload, send.metadata], sort_keys=True)
    return event, Draft(event, key, hashlib.sha256(content.encode()).hexdigest()[:32])


async def _offered(log: Log, conversation_id: str, payload: str) -> str | None:
    """The title of the button that offered this payload in this conversation, or `None`: then it is plain text."""
    for line in await log.read_back(conversation_id, OFFERS_LOOKED_AT):
        entry = jsonlib.loads(line.json)
        if entry.get("author", {}).get("role") == "customer":
            continue
        for button in entry.get("buttons", ()):
            if button["payload"] == payload:
                return str(button["title"])
    return None
