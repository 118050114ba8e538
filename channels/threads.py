"""Which conversation a client means that names its chats itself: AG-UI's `threadId`, the AI SDK's chat id."""

from __future__ import annotations

import base64
import hashlib
import json

from channels.problems import Problem
from channels.services import Chat
from channels.validation import CONTROL
from switchboard.log.errors import LogError, LogUnavailable, UnknownConversation
from switchboard.log.log import Conversation
from switchboard.people.identity import Session
from switchboard.turns.turn import BOT

THREAD_ID_LIMIT = 256  # characters; the field uses UUIDs and ids of 16 characters
OURS = "c_"  # every conversation that this server opens begins so


async def conversation_of(chat: Chat, session: Session, thread_id: str) -> Conversation:
    """The caller's conversation of that name, opened on first use; safe to call at the same time from anywhere.

    A name that begins with `c_` is a conversation's own id: the caller must take part in it. Any other name belongs to
    the caller alone: two participants who use the same one have two conversations.
    Raises `Problem` 422 for what is no name, `Problem` 404 or `UnknownConversation` for one of somebody else,
    `TooFast`, `LogUnavailable`.
    """
    known = await known_conversation(chat, session, thread_id)
    if known is not None:
        return known
    conversation_id = derived_id(session.participant.id, thread_id)
    await _open(chat, session, conversation_id)
    return await chat.conversation(session, conversation_id)


async def known_conversation(chat: Chat, session: Session, thread_id: str) -> Conversation | None:
    """The same, but `None` for a name that the caller has not used yet: nothing is opened. Raises the same."""
    if not thread_id or len(thread_id) > THREAD_ID_LIMIT or CONTROL.search(thread_id):
        raise Problem(422, "invalid", f"A thread's id has 1 to {THREAD_ID_LIMIT} characters, no control characters.")
    if thread_id.startswith(OURS):
        return await chat.conversation(session, thread_id)
    try:
        return await chat.conversation(session, derived_id(session.participant.id, thread_id))
    except UnknownConversation:
        return None


def derived_id(participant: str, thread_id: str) -> str:
    """The id of a participant's conversation of that name: 128 bits, which nobody else's name leads to.

    Raises `Problem` 422 for a lone surrogate, which is no text in any encoding.
    """
    try:
        name = json.dumps([participant, thread_id], ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Problem(422, "invalid", "A thread's id is text in Unicode.") from error
    digest = hashlib.sha256(b"thread:" + name).digest()[:16]
    return OURS + base64.urlsafe_b64encode(digest).decode().rstrip("=")


async def _open(chat: Chat, session: Session, conversation_id: str) -> None:
    await chat.limits.conversation(session.address)
    try:
        await chat.log.start(conversation_id, BOT.id, [session.participant, BOT])
    except LogUnavailable:
        raise
    except LogError:  # another request was faster: it is open, which is all that was wanted
        return
