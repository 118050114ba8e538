"""Learns of people what the bot finds out in their conversations, from Rasa's own events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from switchboard.log.dialogue import Dialogues
from switchboard.log.errors import ArchiveUnavailable, UnknownConversation
from switchboard.log.feed import Batch, Feed, Progress
from switchboard.log.follower import Follower
from switchboard.log.log import Log
from switchboard.log.rounds import PAUSES, RESCAN_SECONDS, Rounds
from switchboard.people.memory import Lesson, Memory

FEED = "memory"
ENTRIES, EVENTS = 200, 200  # of a conversation at a time
LOOK_BACK = 200  # events before, for who speaks where a batch begins in the middle of a turn
DAY = 24 * 3600
RECALLED = "recalled"  # in the metadata of a slot that was set from memory
IDENTIFIED = '"type":"participant.identified"'


@dataclass(frozen=True)
class Told:
    """A slot that was set while the bot answered somebody. `at`: seconds since 1970."""

    author: str
    slot: str
    value: Any
    at: float


def told(events: Iterable[Mapping[str, Any]], skip: int = 0, *, emptied: bool = False) -> Iterator[Told]:
    """What each author's messages have set, of Rasa's events in order, from event number `skip` on.

    Between turns nobody speaks, and what was only recalled is no news. A slot that is emptied tells nothing, because
    forms do so when they are done; unless it is wanted.
    """
    author = ""
    for number, event in enumerate(events):
        kind = event.get("event")
        if kind == "user":
            author = (event.get("metadata") or {}).get("author", "")
        elif kind == "session_started" or (kind == "action" and event.get("name") == "action_listen"):
            author = ""
        elif kind == "slot" and author and number >= skip and _is_news(event, emptied):
            yield Told(author, event["name"], event["value"], event.get("timestamp") or 0.0)


def _is_news(event: Mapping[str, Any], emptied: bool) -> bool:
    return (emptied or event.get("value") is not None) and RECALLED not in (event.get("metadata") or {})


class Learner:
    """Learns until it is stopped; see `Rounds` for how several share the work.

    The feed moves on after the commit: what a crash left between the two is learned again, and is known already.
    """

    def __init__(
        self,
        log: Log,
        follower: Follower,
        memory: Memory,
        days: Mapping[str, int],
        *,
        pauses: tuple[float, float] = PAUSES,
        rescan_seconds: float = RESCAN_SECONDS,
    ) -> None:
        """`days`: how long each slot is remembered; no other is."""
        self._log = log
        self._feed = Feed(log.redis, FEED)
        self._dialogues = Dialogues(log.redis)
        self._memory = memory
        self._days = days
        self._rounds = Rounds(
            self._feed,
            follower,
            self._round,
            expected=(ArchiveUnavailable,),
            pauses=pauses,
            rescan_seconds=rescan_seconds,
        )

    async def run(self) -> None:
        """Learn until cancelled; then leave the partitions to others at once."""
        await self._rounds.run()

    async def _round(self, due: list[str]) -> None:
        for conversation in due:
            batch = await self._feed.take(conversation, ENTRIES, EVENTS)
            for line in batch.entries:
                if IDENTIFIED in line.json and (entry := json.loads(line.json))["type"] == "participant.identified":
                    await self._memory.move(entry["formerly"], entry["participant"]["id"])
            if lessons := await self._lessons(batch):
                await self._memory.learn(lessons)
            offset = batch.entries[-1].offset if batch.entries else batch.start.offset
            await self._feed.advance(batch, Progress(offset, batch.start.number + len(batch.events)))

    async def _lessons(self, batch: Batch) -> list[Lesson]:
        """What is new of the slots that are remembered, of whoever the author has turned out to be since."""
        if not batch.events:
            return []
        before = await self._dialogues.before(batch.conversation, batch.start.number, LOOK_BACK)
        events = [json.loads(text) for text in (*before, *batch.events)]
        found = [each for each in told(events, len(before)) if each.slot in self._days]
        if not found:
            return []
        try:
            identified = (await self._log.describe(batch.conversation)).identified
        except UnknownConversation:  # it was erased meanwhile, and is not remembered
            return []
        return [self._lesson(batch.conversation, each, identified.get(each.author, each.author)) for each in found]

    def _lesson(self, conversation: str, each: Told, person: str) -> Lesson:
        learned_at = datetime.fromtimestamp(each.at, UTC)
        return Lesson(person, each.slot, each.value, conversation, learned_at, self._days[each.slot] * DAY)
