"""What a client says when it connects, and in which conversation it then is."""

from __future__ import annotations

import secrets
from typing import Any

from pydantic import BaseModel, Field, StrictBool, StrictInt, StrictStr

from channels import access
from channels.services import Chat
from channels.validation import parse, parse_position
from switchboard.log.log import Conversation, Position
from switchboard.people.client_addresses import Address
from switchboard.people.identity import Session
from switchboard.turns.turn import BOT

TOKEN_LIMIT = 4_096  # characters; ours have some 300


class Handshake(BaseModel):
    """`auth` of a Socket.IO client. What it does not know is ignored: applications put their own things there."""

    token: StrictStr = Field("", max_length=TOKEN_LIMIT)
    conversation_id: StrictStr | None = Field(None, alias="conversationId")
    epoch: StrictStr | None = None
    offset: StrictInt | None = None
    stream: StrictBool = False

    @property
    def position(self) -> Position | None:
        """Where to go on; what is malformed is no position."""
        return parse_position(f"{self.epoch}.{self.offset}")


async def admit(chat: Chat, auth: Any, address: Address | None) -> tuple[Handshake, Session, Conversation]:
    """Who it is, calling from there, and the conversation that was named, or a new one.

    Raises `Problem`, `LogError`.
    """
    wanted = parse(Handshake, {} if auth is None else auth)
    session = chat.authenticate(wanted.token, address)
    access.COMMANDS["connect"].check(session)
    if wanted.conversation_id is not None:
        return wanted, session, await chat.conversation(session, wanted.conversation_id)
    await chat.limits.conversation(address)
    conversation_id = f"c_{secrets.token_urlsafe(16)}"
    await chat.log.start(conversation_id, BOT.id, [session.participant, BOT])
    return wanted, session, await chat.conversation(session, conversation_id)
