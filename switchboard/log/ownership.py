"""Who a conversation belongs to, and how that changes: only from the ownership that was seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from redis.asyncio import Redis

from switchboard.log.clock import now_ms
from switchboard.log.codec import encode
from switchboard.log.connection import answering
from switchboard.log.errors import Owned, UnknownConversation
from switchboard.log.events import Event, OwnerChanged, Participant, ParticipantJoined, ParticipantLeft
from switchboard.log.keys import DESK, STOP, WAKE, keys_of
from switchboard.log.scripts import script

BOT, QUEUE, OPERATOR = "bot:", "queue:", "operator:"  # how owners begin


@dataclass(frozen=True)
class OwnerChange:
    """One step from an owner to the next.

    `record`: what the desk knows of the conversation from here on, '' where people have nothing to do with it any more.
    `handoff`: what everybody in it may know of that, as JSON.
    `events`: what tells of it, beside `owner.changed`. A bot that becomes the owner answers the last of them.
    `untouched`: a bot becomes the owner again, and nobody else has answered meanwhile.
    `joins`: who takes part from here on, if they did not. `leaves`: who does so no longer, if that is how they came.
    """

    owner: str
    events: tuple[Event, ...]
    record: str = ""
    handoff: str = ""
    joins: Participant | None = None
    leaves: str | None = None
    untouched: bool = False

    def encode(self, conversation: str, term: int, now: int) -> str:
        """As `owner.lua` takes it. `term`: the one that begins with it."""
        change: dict[str, object] = {
            "owner": self.owner,
            "record": self.record,
            "handoff": self.handoff,
            "entries": [encode(event, now) for event in (OwnerChanged(self.owner, term), *self.events)],
            "live": keys_of(conversation).live,
            "stop": STOP,
            "told": DESK,
            "wake": WAKE,
            "now": str(now),
            "untouched": self.untouched,
        }
        if self.joins:
            change["joins"] = [self.joins.id, f"{self.joins.role} {self.joins.name}"]
            change["joined"] = encode(ParticipantJoined(self.joins), now)
        if self.leaves:
            change["leaves"], change["left"] = self.leaves, encode(ParticipantLeft(self.leaves), now)
        return json.dumps(change)


class Ownership:
    """Changes owners. Raises `LogUnavailable`."""

    def __init__(self, redis: Redis[str], clock: Callable[[], int] = now_ms) -> None:
        self._clock = clock
        self._script = redis.register_script(script("handoff.lua"))

    async def change(self, conversation: str, term: int, change: OwnerChange) -> int:
        """The new term. Raises `Owned` if `term` has passed, and `UnknownConversation`; then nothing has changed.

        What a bot was saying ends with what it had said, marked as stopped: nothing of its old term comes after.
        """
        keys = keys_of(conversation)
        encoded = change.encode(conversation, term + 1, self._clock())
        async with answering():
            status, *rest = await self._script(keys=[*keys.all, keys.desk], args=[conversation, term, encoded])
        if status == "unknown":
            raise UnknownConversation(conversation)
        if status == "stale":
            raise Owned(conversation, rest[0])
        return int(rest[0])
