"""Everything about one person as one JSON document, piece by piece, so that a large one fills no memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from switchboard.archive.conversations import Conversations, Wanted
from switchboard.archive.entries import Entries
from switchboard.archive.projection import Overview
from switchboard.archive.timeline import Timeline
from switchboard.log.codec import dumps
from switchboard.log.errors import UnknownConversation
from switchboard.log.line import Line
from switchboard.log.log import PAGE, Log, Position
from switchboard.store.history import microseconds
from switchboard.store.task_records import TaskRecords, WantedTasks

AT_ONCE = 100  # conversations, or tasks, in memory


@dataclass(frozen=True)
class Export:
    """Reads it from Redis and SQL."""

    log: Log
    archive: Entries
    conversations: Conversations
    tasks: TaskRecords

    async def pieces(self, participant: str, **parts: str) -> AsyncIterator[str]:
        """The document in its order: first the `parts`, which are JSON. Raises `LogUnavailable`, anywhere in it."""
        yield "{" + "".join(f'"{name}":{json},' for name, json in parts.items()) + '"conversations":['
        async for piece in self._conversations(participant):
            yield piece
        yield '],"tasks":['
        async for piece in self._tasks(participant):
            yield piece
        yield "]}"

    async def _conversations(self, participant: str) -> AsyncIterator[str]:
        before: tuple[int, str] | None = None
        while found := await self.conversations.find(Wanted(participant, AT_ONCE, before)):
            for overview in found:
                yield "," if before else ""
                before = overview.active_at, overview.id
                yield dumps(overview.to_wire(participant))[:-1] + ',"entries":['
                separator = ""
                async for line in self._entries(overview):
                    yield separator + line.json
                    separator = ","
                yield "]}"

    async def _entries(self, overview: Overview) -> AsyncIterator[Line]:
        """From the log and the archive; of a log that is lost, what the archive has."""
        try:
            epoch = (await self.log.describe(overview.id)).epoch
        except UnknownConversation:
            after = 0
            while lines := await self.archive.after(overview.id, overview.epoch, after, PAGE):
                for line in lines:
                    yield line
                after = lines[-1].offset
            return
        async for line in Timeline(self.log, self.archive).forth(overview.id, Position(epoch, 1)):
            yield line

    async def _tasks(self, participant: str) -> AsyncIterator[str]:
        before: tuple[int, str] | None = None
        while found := await self.tasks.find(WantedTasks(participant, AT_ONCE, before=before)):
            for task in found:
                yield "," if before else ""
                before = microseconds(task.started_at), task.id
                yield dumps(task.to_wire())
