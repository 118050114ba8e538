"""What operators say about a conversation among themselves: on another log, so that nothing of it can reach a customer.

Every stream, page, export, transcript and bot reads the conversation's own log, and this one is none of them.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from switchboard.log.clock import now_ms
from switchboard.log.errors import LogError, LogUnavailable, UnknownConversation
from switchboard.log.events import NoteAdded, Participant, ParticipantTyping
from switchboard.log.keys import backstage
from switchboard.log.log import Appended, Draft, Log, Position

OWNER = "operators"
MOST_NOTES = 500  # shown at once: the last ones


class Backstage:
    """Notes, and who looks on. Raises `LogUnavailable`, and `UnknownConversation` for what is no conversation."""

    def __init__(self, log: Log, clock: Callable[[], int] = now_ms) -> None:
        self._log = log
        self._clock = clock

    async def open(self, conversation: str) -> str:
        """The id of its log, which is there from now on."""
        await self._log.describe(conversation)
        name = backstage(conversation)
        try:
            await self._log.describe(name)
        except UnknownConversation:
            await self._begin(name)
        return name

    async def note(
        self, conversation: str, author: Participant, client_note_id: str, text: str
    ) -> tuple[str, Appended]:
        """Add a note, once however often it comes; its id, and its place. Raises `ConflictingEntry`."""
        name = await self.open(conversation)
        key = f"note:{author.id}:{client_note_id}"
        note_id = f"n_{uuid.uuid5(uuid.NAMESPACE_OID, f'{conversation} {key}').hex}"
        event = NoteAdded(note_id, author, text, client_note_id)
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        (appended,) = await self._log.publish(name, Draft(event, key, digest))
        return note_id, appended

    async def notes(self, conversation: str) -> tuple[Position, list[dict[str, Any]]]:
        """The last ones, oldest first, as they stand on the log; and the place behind them, to read on from."""
        name = await self.open(conversation)
        now = await self._log.describe(name)
        lines = await self._log.read_back(name, MOST_NOTES, now.offset + 1)
        notes = [json.loads(line.json) for line in reversed(lines) if line.type == NoteAdded.type]
        return Position(now.epoch, now.offset), notes

    async def typing(self, conversation: str, who: str, typing: bool) -> None:
        """Somebody writes a note, or has stopped."""
        await self._log.tell(backstage(conversation), ParticipantTyping(who, typing))

    async def _begin(self, name: str) -> None:
        try:
            await self._log.start(name, OWNER, [])
        except LogUnavailable:
            raise
        except LogError:  # somebody else has begun it
            return
