"""What was said while people had the conversation, as Rasa is to remember it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from rasa.shared.core.events import BotUttered, Event, UserUttered

from switchboard.engine.message import INPUT_CHANNEL, author_of
from switchboard.log.codec import Entry, decode
from switchboard.log.events import MessageCompleted, MessageSent
from switchboard.turns.turn import Turn

MOST = 200  # messages: the last ones, as many as a long talk has
HELD = "held"  # in an event's metadata: it was said while people had the conversation


async def unheard(turn: Turn) -> list[Event]:
    """All that the bot has missed before this turn, each with its author; no intent, and so no slot, comes of it.

    That is what people have said since, what nobody had answered yet, and what the bot itself had said in a turn that
    was cut off. Raises `LogUnavailable`.
    """
    if not turn.unheard:
        return []
    behind, cut, *waiting = turn.unheard.split(" ")
    offsets = {int(offset) for offset in waiting}
    events: list[Event] = []
    async for entry in _entries(turn, min([int(behind) + 1, *offsets])):
        said = entry.event
        if not isinstance(said, (MessageSent, MessageCompleted)):
            continue
        is_missed = said.turn_id == cut if said.turn_id else entry.offset > int(behind) or entry.offset in offsets
        if is_missed:
            events.append(_remembered(said))
    return events[-MOST:]


async def _entries(turn: Turn, first: int) -> AsyncIterator[Entry]:
    at = first - 1
    while lines := await turn.log.read(turn.conversation, at):
        for line in lines:
            if line.offset >= turn.offset:
                return
            yield decode(line.json)
        at = lines[-1].offset


def _remembered(said: MessageSent | MessageCompleted) -> Event:
    metadata: dict[str, Any] = {**author_of(said.author), HELD: True}
    if said.author.role == "customer":
        return UserUttered(said.text, message_id=said.message_id, input_channel=INPUT_CHANNEL, metadata=metadata)
    if isinstance(said, MessageCompleted) and said.stopped:
        metadata["stopped"] = True
    return BotUttered(said.text, metadata=metadata)
