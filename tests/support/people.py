"""Who speaks in the tests, and what they say."""

from __future__ import annotations

import uuid

from switchboard.log.events import MessageSent, Participant
from switchboard.log.log import Draft, Log
from switchboard.turns.turn import BOT

ADA = Participant("guest_ada", "customer", "Ada")


def message(text: str, *, key: str = "", author: Participant = ADA) -> Draft:
    """A whole message; with a key, a second append of the same text is a duplicate, of another text a conflict."""
    return Draft(MessageSent(f"m_{uuid.uuid4().hex}", author, text), key, text if key else "")


async def start(log: Log, conversation: str = "c_1") -> str:
    """A conversation of Ada with the bot."""
    await log.start(conversation, BOT.id, [ADA, BOT])
    return conversation


async def ask(log: Log, conversation: str, text: str) -> int:
    """Ada says something that waits for an answer; its offset."""
    return (await log.publish(conversation, message(text), asks=True))[0].offset
