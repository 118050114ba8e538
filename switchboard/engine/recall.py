"""Gives Rasa back what is known of whoever speaks: slots of one person, beside those that the conversation shares."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any

from rasa.shared.core.events import Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from switchboard.log.errors import ArchiveUnavailable
from switchboard.log.log import Conversation
from switchboard.people.learner import RECALLED, told
from switchboard.people.memory import Memory
from switchboard.turns.turn import Turn

logger = logging.getLogger(__name__)

IN_COMPANY = "in_company"  # in a message's metadata: other customers read the answer


class Recall:
    """Before a message: where a session begins, or somebody else speaks, the personal slots are this person's."""

    def __init__(self, memory: Memory, remembered: Collection[str], personal: Collection[str] = ()) -> None:
        """`remembered`: slots that belong to a person everywhere; `personal`: to a person within one session.

        All others are the conversation's, and nobody touches them.
        """
        self._memory = memory
        self._remembered = frozenset(remembered)
        self._slots = self._remembered | frozenset(personal)

    async def events(self, tracker: DialogueStateTracker, turn: Turn, now: Conversation) -> list[Event]:
        """What is to be set before the turn's message.

        Alone, that is nothing where its author was the last to speak in this session. In company nothing is recalled
        that was not learned in this conversation, which all of them can read; what was before they came is taken back.
        Without the database nothing is recalled, and yet nobody gets another one's slots.
        """
        author, last = turn.message.author.id, _last_author(tracker)
        goes_on = last is not None and now.identified.get(last, last) == author
        if goes_on and not in_company(now):
            return []
        known = await self._known(author, turn.conversation if in_company(now) else None)
        known |= self._said(tracker, author, now.identified)
        slots = self._remembered if goes_on else self._slots
        return [
            SlotSet(name, value, metadata={RECALLED: True})
            for name in sorted(slots & set(tracker.slots))
            if tracker.get_slot(name) != (value := known.get(name, tracker.slots[name].initial_value))
        ]

    def _said(self, tracker: DialogueStateTracker, author: str, identified: Mapping[str, str]) -> dict[str, Any]:
        """What the author has told in this session. Of what was emptied since, the memory knows better."""
        said: dict[str, Any] = {}
        for each in told((event.as_dict() for event in tracker.events), emptied=True):
            if identified.get(each.author, each.author) != author or each.slot not in self._slots:
                continue
            if each.value is None:
                said.pop(each.slot, None)
            else:
                said[each.slot] = each.value
        return said

    async def _known(self, author: str, conversation: str | None) -> dict[str, Any]:
        """All that is remembered, or what was learned in that conversation."""
        if not self._remembered:
            return {}
        try:
            known = [each for each in await self._memory.of(author) if each.name in self._remembered]
        except ArchiveUnavailable as error:
            logger.warning("Nothing is remembered right now, since the database does not answer: %s", error)
            return {}
        return {each.name: each.value for each in known if conversation in (None, each.conversation)}


def in_company(conversation: Conversation) -> bool:
    """Whether several customers are together."""
    return sum(who.role == "customer" for who in conversation.participants) > 1


def _last_author(tracker: DialogueStateTracker) -> str | None:
    for event in reversed(tracker.events):
        if isinstance(event, SessionStarted):
            return None
        if isinstance(event, UserUttered):
            author: str | None = (event.metadata or {}).get("author")
            return author
    return None
