"""What a run has to do: what it sends, which turns it follows, and what its client has missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from channels.agui.input import RunInput, answer_to
from channels.agui.run import Client, Run
from channels.agui.transcript import Transcript
from channels.messages import accept
from channels.problems import Problem
from channels.services import Chat
from channels.threads import conversation_of
from channels.validation import Send
from switchboard.log import snapshot
from switchboard.log.log import Conversation, Position
from switchboard.log.snapshot import Wire
from switchboard.people.identity import Session


@dataclass(frozen=True)
class Plan:
    """A run that is ready: everything it sends is on the log."""

    conversation: Conversation
    run: Run
    snapshot: Wire
    behind: list[Wire]
    start: Position


async def prepare(chat: Chat, session: Session, asked: RunInput, messages: list[dict[str, Any]]) -> Plan:
    """Find the conversation and send what is new. `messages` are the client's own, as they came.

    Raises `Problem` or `LogError`; the same run may be asked again, whatever of it was sent before.
    """
    conversation = await conversation_of(chat, session, asked.thread_id)
    position, state = await snapshot.take(chat.log, conversation)
    receipts = [await accept(chat, session, conversation.id, send, to_bot=True) for send in _sends(asked, state)]
    turns = tuple(f"t{receipt['offset']}" for receipt in receipts)
    if not receipts and state["turn"]:
        turns = (state["turn"],)
    offsets = [int(str(receipt["offset"])) - 1 for receipt in receipts]
    return Plan(
        conversation=conversation,
        run=Run(
            asked.thread_id,
            asked.run_id,
            Client(session.participant.id, asked.protocol_version, asked.interrupts),
            Transcript(messages),
            turns,
            asks=_may_ask(asked, receipts[-1] if receipts else None, state["messages"]),
        ),
        snapshot=state,
        behind=_behind(state["messages"], asked, session.participant.id),
        start=Position(position.epoch, min([position.offset, *offsets])),
    )


def _sends(asked: RunInput, state: Wire) -> list[Send]:
    """What is to be on the log before the run begins. An answer to an interrupt stands for the text that shows it."""
    entry = asked.resolved()
    if entry is None:
        return asked.said()
    question = next((m for m in state["messages"] if m["messageId"] == entry.interrupt_id and m.get("buttons")), None)
    if question is None:
        raise Problem(409, "unknown_interrupt", "resume: this conversation has no such interrupt (any more).")
    return [answer_to(question, entry)]


def _may_ask(asked: RunInput, receipt: dict[str, object] | None, messages: list[Wire]) -> bool:
    """Whether buttons at the end of the answer are still a question: not if it was declined, or answered before."""
    declined = any(entry.status == "cancelled" for entry in asked.resume or ())
    if receipt is None:
        return not declined
    if not receipt["duplicate"]:
        return True
    ours = next((at for at, message in enumerate(messages) if message["messageId"] == receipt["messageId"]), 0)
    return not declined and all(message["author"]["role"] != "customer" for message in messages[ours + 1 :])


def _behind(messages: list[Wire], asked: RunInput, participant: str) -> list[Wire]:
    """The messages from the last one on that the client has. One that has none is not behind: it begins."""
    has = {message.id for message in asked.messages} | {
        message.client_message_id() for message in asked.messages if message.role == "user"
    }
    known = [
        at
        for at, message in enumerate(messages)
        if message["messageId"] in has
        or (message["author"]["id"] == participant and message.get("clientMessageId") in has)
    ]
    return messages[known[-1] :] if known else []
