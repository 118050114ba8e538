"""Whether what a task was asked for may be asked for once more: decided by what is on the log, and by nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from switchboard.log.codec import decode
from switchboard.log.errors import LogError
from switchboard.log.events import (
    Event,
    MessageDelta,
    MessageSent,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    TurnCompleted,
    TurnFailed,
)
from switchboard.log.log import Log

TURN_ID = re.compile(r"t([0-9]{1,15})\Z")
NOTHING_HAPPENED = frozenset(("refused", "unavailable"))  # so a task with effects has said itself

Why = Literal["running", "completed", "uncertain", "too_old"]


class NotAgain(LogError):
    """Raised when a message may not be asked again because of a task of its turn; the text is one of `Why`."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)


async def message_to_ask_again(log: Log, conversation: str, turn_id: str | None, task_id: str) -> MessageSent:
    """The message whose turn the failed task was of. Raises `NotAgain`, `LogUnavailable`.

    All of the turn would be done anew, under other names: so nothing in it may have had an effect, or perhaps have.
    """
    message, *others = await _turn(log, conversation, turn_id or "")
    started = {event.task_id: event for event in others if isinstance(event, TaskStarted) and event.turn_id == turn_id}
    if not isinstance(message, MessageSent) or task_id not in started:  # the log has begun anew since
        raise NotAgain("too_old")
    ends = _ends(others)
    if ends.get(task_id) == "completed":
        raise NotAgain("completed")
    for task, begun in started.items():
        end = ends.get(task, "uncertain")
        if begun.effects is not False and end not in NOTHING_HAPPENED:  # or nobody has said
            raise NotAgain("completed" if end == "completed" else "uncertain")
    return message


async def _turn(log: Log, conversation: str, turn_id: str) -> list[Event]:
    """The message that a turn answers, and what follows up to the end of the turn."""
    match = TURN_ID.match(turn_id)
    first = int(match[1]) if match else 0
    if not first or await log.at(conversation, first) is None:
        raise NotAgain("too_old")
    found: list[Event] = []
    at = first - 1
    while lines := await log.read(conversation, at):
        for line in lines:
            if line.type == MessageDelta.type:
                continue
            event = decode(line.json).event
            found.append(event)
            if isinstance(event, (TurnCompleted, TurnFailed)) and event.turn_id == turn_id:
                return found
        at = lines[-1].offset
    raise NotAgain("running")


def _ends(events: Sequence[Event]) -> dict[str, str]:
    """How each task has ended: `completed`, or why it failed."""
    ends = {}
    for event in events:
        if isinstance(event, TaskCompleted):
            ends[event.task_id] = "completed"
        elif isinstance(event, TaskFailed):
            ends[event.task_id] = event.reason
    return ends
