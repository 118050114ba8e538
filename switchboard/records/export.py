"""Everything about one person as one JSON document, piece by piece, so that a large one fills no memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from switchboard.archive.conversations import Conversations, Part
from switchboard.archive.entries import Entries
from switchboard.archive.projection import TYPES, Overview
from switchboard.archive.timeline import Timeline
from switchboard.log.codec import dumps
from switchboard.log.errors import UnknownConversation
from switchboard.log.line import Line
from switchboard.log.log import PAGE, Log, Position
from switchboard.log.rewriting import Rewriting
from switchboard.store.history import microseconds
from switchboard.store.task_records import TaskRecords, WantedTasks

AT_ONCE = 100  # conversations, or tasks, in memory
LEAVING = {"participant.left": "participantId", "participant.identified": "formerly"}  # and the field that says who


@dataclass(frozen=True)
class Export:
    """Reads it from Redis and SQL. `looking`: held while every conversation in Redis is looked at."""

    log: Log
    archive: Entries
    conversations: Conversations
    tasks: TaskRecords
    looking: asyncio.Lock
    seen: dict[str, int | None] = field(default_factory=dict)  # conversations, and when (ms) the person left them

    async def pieces(self, participant: str, **parts: str) -> AsyncIterator[str]:
        """The document in its order: first the `parts`, which are JSON. Raises `LogUnavailable`, anywhere in it."""
        yield "{" + "".join(f'"{name}":{json},' for name, json in parts.items()) + '"conversations":['
        separator = ""
        async for part in self._parts(participant):
            async for piece in self._conversation(participant, part):
                yield separator + piece
                separator = ""
            separator = "," if self.seen else ""
        yield '],"tasks":['
        async for piece in self._tasks(participant):
            yield piece
        yield "]}"

    async def _parts(self, participant: str) -> AsyncIterator[Part]:
        """By id, which stays as it is while they are read; last those that the archiver has not come to."""
        async with self.looking:
            rest = await Rewriting(self.log.redis).conversations_of(participant)
        after = ""
        while found := await self.conversations.parts(participant, after, AT_ONCE):
            for part in found:
                rest.discard(part.conversation)
                yield part
            after = found[-1].conversation
        for conversation in sorted(rest):
            yield Part(conversation, "", is_here=True)

    async def _conversation(self, participant: str, part: Part) -> AsyncIterator[str]:
        """Its entries, then what they come to; of one that the person has left, up to that."""
        epoch, end, is_here = await self._now(participant, part)
        left = None if is_here else await self._left(participant, part.conversation, Position(epoch, end + 1))
        if left is None and not is_here:
            return
        last = left.offset if left else end
        overview = Overview(part.conversation, epoch)
        separator = '{"entries":['
        async for line in self._entries(part.conversation, epoch):
            if line.offset > last:
                break
            yield separator + line.json
            separator = ","
            if line.type in TYPES:
                overview.apply(json.loads(line.json))
        if separator == ",":
            self.seen[part.conversation] = json.loads(left.json)["timestamp"] if left else None
            yield "]," + dumps(overview.to_wire(participant))[1:]

    async def _now(self, participant: str, part: Part) -> tuple[str, int, bool]:
        """Epoch and end of the log, and whether the person takes part; of a log that is lost, as it is archived."""
        try:
            now = await self.log.describe(part.conversation)
        except UnknownConversation:
            return part.epoch, await self.archive.end(part.conversation, part.epoch), part.is_here
        return now.epoch, now.offset, now.has(participant)

    async def _left(self, participant: str, conversation: str, end: Position) -> Line | None:
        """The last entry that the person could read."""
        async for line in Timeline(self.log, self.archive).back(conversation, end, tuple(LEAVING)):
            if line.type in LEAVING and json.loads(line.json)[LEAVING[line.type]] == participant:
                return line
        return None

    async def _entries(self, conversation: str, epoch: str) -> AsyncIterator[Line]:
        """From the log and the archive; of a log that is lost, what the archive has."""
        found = False
        async for line in Timeline(self.log, self.archive).forth(conversation, Position(epoch, 1)):
            found = True
            yield line
        after = 0
        while not found and (lines := await self.archive.after(conversation, epoch, after, PAGE)):
            for line in lines:
                yield line
            after = lines[-1].offset

    async def _tasks(self, participant: str) -> AsyncIterator[str]:
        """Of those conversations, one after another."""
        separator = ""
        for conversation, until in self.seen.items():
            before = None if until is None else (until * 1_000, "")
            while found := await self.tasks.find(WantedTasks(participant, AT_ONCE, conversation, before)):
                for task in found:
                    yield separator + dumps(task.to_wire())
                    separator = ","
                    before = microseconds(task.started_at), task.id
