"""Conversations are opened, and messages accepted: from here on they are on the log."""

from __future__ import annotations

import hashlib
import json as jsonlib
import secrets
import uuid

from sanic import Request
from sanic.response import HTTPResponse, json

from channels.access import OPERATORS
from channels.problems import Problem
from channels.services import CONVERSATION_ID, Chat, access_of, chat_of, json_body
from channels.validation import Nothing, Send, parse
from switchboard.addressed import addresses
from switchboard.log import snapshot
from switchboard.log.codec import dumps
from switchboard.log.errors import Owned, TooFast
from switchboard.log.events import MessageSent, Participant
from switchboard.log.log import Appended, Draft, Log
from switchboard.people.identity import Session
from switchboard.store.history import TaskRecord
from switchboard.turns.turn import BOT

LOOKED_AT = 1_000  # of the last entries: a button is honoured there, and a message can be replied to


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


async def accept(
    chat: Chat, session: Session, conversation_id: str, send: Send, *, to_bot: bool = False
) -> dict[str, object]:
    """Append a message of the caller; what the client is told.

    `to_bot`: it is meant for the bot, whatever it says. Else in a group the bot answers only what is addressed to it.
    Raises `Problem` 422 for too many links, or for a reply to what is no message here, `TooFast`, `UnknownConversation`
    if the caller takes no part in it, or `Owned` if that is an operator, `Muted`, `ConflictingEntry`, `LogUnavailable`.
    """
    chat.limits.check_links(send.text or send.payload or "")
    await _check_owner(chat, session, conversation_id)
    await _count(chat, session, conversation_id, _key(session.participant, send))
    if send.payload or send.reply_to:
        await chat.conversation(session, conversation_id)  # nobody makes us read a log that is not theirs
    event, draft = await _draft(chat.log, session, conversation_id, send)
    to_bot = to_bot or event.payload is not None or addresses(event.text, chat.bot_names)
    if send.reply_to:
        to_bot |= await _replies_to_bot(chat.log, conversation_id, send.reply_to, draft.key)
    return await _publish(chat, session, conversation_id, event, draft, to_bot)


async def _check_owner(chat: Chat, session: Session, conversation_id: str) -> None:
    """An operator who writes is there; who takes no part is told who has the conversation. Raises `Owned`."""
    if session.role in OPERATORS and CONVERSATION_ID.match(conversation_id):
        await chat.operators.see(session.participant.id, session.participant.name)
        conversation = await chat.log.describe(conversation_id)
        if not conversation.has(session.participant.id):
            raise Owned(conversation_id, conversation.owner)


async def ask_again(
    chat: Chat, session: Session, conversation_id: str, asked: MessageSent, task: TaskRecord
) -> dict[str, object]:
    """Append what the caller had asked when that task failed; once for each turn, as `accept` does."""
    key = f"again:{task.turn}"
    await _count(chat, session, conversation_id, key)
    event = MessageSent(
        message_id=_message_id(conversation_id, key),
        author=session.participant,
        text=asked.text,
        payload=asked.payload,
        client_message_id=f"retry:{task.turn}",
        metadata={**(asked.metadata or {}), "retryOf": task.id},
        language=session.language,
    )
    return await _publish(chat, session, conversation_id, event, Draft(event, key), to_bot=True)


async def _publish(
    chat: Chat, session: Session, conversation_id: str, event: MessageSent, draft: Draft, to_bot: bool
) -> dict[str, object]:
    who, rate = session.participant, chat.limits.in_conversation
    sent = await chat.log.publish(conversation_id, draft, asks=True, addressed=to_bot, author=who.id, rate=rate)
    done: Appended = sent[0]
    return {
        "messageId": await _message_at(chat.log, conversation_id, done, event),
        "epoch": done.epoch,
        "offset": done.offset,
        "duplicate": done.duplicate,
    }


async def _message_at(log: Log, conversation_id: str, done: Appended, event: MessageSent) -> str:
    """The id under which it is on the log; one that was sent before may be of the guest who its author was then."""
    line = await log.at(conversation_id, done.offset) if done.duplicate else None
    return str(jsonlib.loads(line.json)["messageId"]) if line else event.message_id


async def _count(chat: Chat, session: Session, conversation_id: str, key: str) -> None:
    """Raises `TooFast`, but not for a message that is on the log: only who is too fast costs another question."""
    try:
        await chat.limits.message(session)
    except TooFast:
        if not await chat.log.has(conversation_id, key):
            raise


def _key(author: Participant, send: Send) -> str:
    return f"in:{author.id}:{send.client_message_id}"


def _message_id(conversation_id: str, key: str) -> str:
    return f"m_{uuid.uuid5(uuid.NAMESPACE_OID, f'{conversation_id} {key}').hex}"


async def _draft(log: Log, session: Session, conversation_id: str, send: Send) -> tuple[MessageSent, Draft]:
    author = session.participant
    key = _key(author, send)
    title = await _offered(log, conversation_id, send.payload) if send.payload else None
    event = MessageSent(
        message_id=_message_id(conversation_id, key),
        author=author,
        text=title or send.text or send.payload or "",
        payload=send.payload if title else None,
        client_message_id=send.client_message_id,
        metadata=send.metadata,
        language=session.language,
        reply_to=send.reply_to,
    )
    reply = [send.reply_to] if send.reply_to else []
    content = jsonlib.dumps([send.text, send.payload, send.metadata, *reply], sort_keys=True)
    return event, Draft(event, key, hashlib.sha256(content.encode()).hexdigest()[:32])


async def _offered(log: Log, conversation_id: str, payload: str) -> str | None:
    """The title of the button that offered this payload in this conversation, or `None`: then it is plain text."""
    for line in await log.read_back(conversation_id, LOOKED_AT):
        entry = jsonlib.loads(line.json)
        if entry.get("author", {}).get("role") == "customer":
            continue
        for button in entry.get("buttons", ()):
            if button["payload"] == payload:
                return str(button["title"])
    return None


async def _replies_to_bot(log: Log, conversation_id: str, message_id: str, key: str) -> bool:
    """Whether the message is the bot's. Raises `Problem` 422 if there is none, unless the reply was sent before."""
    mark = f'"messageId":"{message_id}"'
    for line in await log.read_back(conversation_id, LOOKED_AT):
        if mark in line.json and line.type in ("message.sent", "message.started", "message.completed"):
            entry = jsonlib.loads(line.json)
            if entry["messageId"] == message_id:
                return bool(entry["author"]["role"] == "bot")
    if await log.has(conversation_id, key):
        return False
    raise Problem(422, "invalid", f"replyTo: no message among the last {LOOKED_AT} entries of this conversation")
