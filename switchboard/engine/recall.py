"""Gives Rasa back what is known of whoever speaks: slots of one person, beside those that the conversation shares."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

from rasa.shared.core.events import Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from switchboard.people.learner import told
from switchboard.people.memory import Memory, MemoryUnavailable

logger = logging.getLogger(__name__)


class Recall:
    """Before a message: where a session begins, or somebody else speaks, the personal slots are this person's."""

    def __init__(self, memory: Memory, slots: Collection[str]) -> None:
        """`slots`: those that belong to a person. All others are the conversation's, and nobody touches them."""
        self._memory = memory
        self._slots = frozenset(slots)

    async def events(self, tracker: DialogueStateTracker, author: str) -> list[Event]:
        """What is to be set before the author's message; nothing where they were the last to speak in this session.

        Without the database nothing is recalled, and yet nobody gets another one's slots.
        """
        if _last_author(tracker) == author:
            return []
        known = await self._known(author)
        known |= {
            each.slot: each.value
            for each in told(event.as_dict() for event in tracker.events)
            if each.author == author and each.slot in self._slots
        }
        names = sorted(self._slots & set(tracker.slots))
        return [SlotSet(name, known.get(name)) for name in names if tracker.get_slot(name) != known.get(name)]

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
