"""Gives Rasa back what is known of whoever speaks: slots of one person, beside those that the conversation shares."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from rasa.shared.core.events import Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from switchboard.people.learner import RECALLED, told
from switchboard.people.memory import Memory, MemoryUnavailable
from switchboard.turns.turn import Turn

logger = logging.getLogger(__name__)


class Recall:
    """Before a message: where a session begins, or somebody else speaks, the personal slots are this person's."""

    def __init__(self, memory: Memory, slots: Collection[str]) -> None:
        """`slots`: those that belong to a person. All others are the conversation's, and nobody touches them."""
        self._memory = memory
        self._slots = frozenset(slots)

    async def events(self, tracker: DialogueStateTracker, turn: Turn) -> list[Event]:
        """What is to be set before the turn's message; nothing where its author was the last to speak in this session.

        Without the database nothing is recalled, and yet nobody gets another one's slots. Raises `LogUnavailable`.
        """
        author, last = turn.message.author.id, _last_author(tracker)
        if last == author:
            return []
        identified = (await turn.log.describe(turn.conversation)).identified
        if last and identified.get(last) == author:
            return []  # the guest of a moment ago
        known = await self._known(author)
        known |= {
            each.slot: each.value
            for each in told(event.as_dict() for event in tracker.events)
            if identified.get(each.author, each.author) == author and each.slot in self._slots
        }
        return [
            SlotSet(name, value, metadata={RECALLED: True})
            for name in sorted(self._slots & set(tracker.slots))
            if tracker.get_slot(name) != (value := known.get(name, tracker.slots[name].initial_value))
        ]

    async def _known(self, author: str) -> dict[str, Any]:
        try:
            return {each.name: each.value for each in await self._memory.of(author) if each.name in self._slots}
        except MemoryUnavailable as error:
            logger.warning("Nothing is remembered right now, since the database does not answer: %s", error)
            return {}


def _last_author(tracker: DialogueStateTracker) -> str | None:
    for event in reversed(tracker.events):
        if isinstance(event, SessionStarted):
            return None
        if isinstance(event, UserUttered):
            author: str | None = (event.metadata or {}).get("author")
            return author
    return None
