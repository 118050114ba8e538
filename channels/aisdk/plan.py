"""Which turn a request is about."""

from __future__ import annotations

import json
from dataclasses import dataclass

from channels.aisdk.answer import TURN_ID, Answer
from channels.aisdk.input import Ask
from channels.messages import accept
from channels.problems import Problem
from channels.services import Chat
from channels.threads import conversation_of, known_conversation
from switchboard.log import snapshot
from switchboard.log.log import Conversation, Log, Position
from switchboard.people.identity import Session

LOOK_BACK = 1_000  # entries in which a turn that is under way is looked for, before the whole log is
ATTEMPTS = 20  # at one message


@dataclass(frozen=True)
class Plan:
    """An answer that is on its way, and where in the log it begins."""

    conversation: Conversation
    answer: Answer
    start: Position


async def ask(chat: Chat, session: Session, asked: Ask) -> Plan:
    """Send the message, unless it was sent before: then its answer is told again, from the beginning.

    A message whose turn has failed is sent once more if the client says `regenerate-message`.
    Raises `Problem`, `LogError`.
    """
    asked.send()  # nothing is opened for a message that is none
    conversation = await conversation_of(chat, session, asked.id)
    for attempt in range(1, ATTEMPTS + 1):
        receipt = await accept(chat, session, conversation.id, asked.send(attempt), to_bot=True)
        place = Position(str(receipt["epoch"]), int(str(receipt["offset"])))
        again = asked.trigger == "regenerate-message" and receipt["duplicate"]
        if not again or not await _has_failed(chat.log, conversation.id, place.offset):
            return _plan(await chat.conversation(session, conversation.id), session, place)
    raise Problem(429, "too_many", "This message has failed too often. Send another one.")


async def resume(chat: Chat, session: Session, chat_id: str) -> Plan | None:
    """The answer that is under way, if any. Raises `Problem`, `LogError`."""
    conversation = await known_conversation(chat, session, chat_id)
    offset = await _under_way(chat, conversation, session.participant.id) if conversation else None
    if conversation is None or offset is None:
        return None
    return _plan(conversation, session, Position(conversation.epoch, offset))


def _plan(conversation: Conversation, session: Session, place: Position) -> Plan:
    answer = Answer(conversation.id, session.participant.id, place.epoch, place.offset, conversation.owner)
    return Plan(conversation, answer, place)


async def _has_failed(log: Log, conversation_id: str, offset: int) -> bool:
    """Whether the turn of a message came to a bad end."""
    turn, after = f"t{offset}", offset
    while lines := await log.read(conversation_id, after):
        for line in lines:
            if '"type":"turn.failed"' in line.json and json.loads(line.json).get("turnId") == turn:
                return True
        after = lines[-1].offset
    return False


async def _under_way(chat: Chat, conversation: Conversation, participant: str) -> int | None:
    """The offset of the participant's last message, if its turn runs, or will."""
    ended: set[str] = set()
    for line in await chat.log.read_back(conversation.id, LOOK_BACK):
        entry = json.loads(line.json)
        if entry["type"] in ("turn.completed", "turn.failed"):
            ended.add(entry["turnId"])
        elif entry["type"] == "turn.started" and entry["turnId"] not in ended:
            return _offset(entry["turnId"])
        elif entry["type"] == "message.sent" and entry["author"]["id"] == participant:
            waits = conversation.owner.startswith("bot:") and await chat.log.waits(conversation.id, line.offset)
            return line.offset if waits else None
    _, state = await snapshot.take(chat.log, conversation)
    return _offset(state["turn"])


def _offset(turn: str | None) -> int | None:
    match = TURN_ID.match(turn or "")
    return int(match[1]) if match else None
