"""A conversation's log without its end in the past: from Redis what is there, from the archive what was trimmed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from switchboard.archive.entries import Entries, gap
from switchboard.log.line import Line
from switchboard.log.log import PAGE, Log, Position


class Timeline:
    """Every method raises `LogUnavailable`, and `ArchiveUnavailable` once something is in the archive only."""

    def __init__(self, log: Log, entries: Entries) -> None:
        self._log = log
        self._entries = entries

    async def back(self, conversation: str, start: Position, types: Collection[str]) -> AsyncIterator[Line]:
        """Entries of some types before a position, newest first; a `log.gap` in place of those that nobody has."""
        before = start.offset
        while before > 1 and (lines := await self._log.read_back(conversation, PAGE, before)):
            for line in lines:
                if line.type in types:
                    yield line
            before = lines[-1].offset
        if before <= 1:
            return
        # The log is trimmed after its entries are archived, so those are there by now which just were in Redis.
        archived = await self._entries.end(conversation, start.epoch)
        if archived < before - 1:
            yield gap(start.epoch, archived + 1, before - 1)
        while lines := await self._entries.before(conversation, start.epoch, before, types, PAGE):
            for line in lines:
                yield line
            before = lines[-1].offset

    async def forth(self, conversation: str, start: Position) -> AsyncIterator[Line]:
        """Entries from a position on, in order, without deltas that the archive has no more."""
        after = start.offset - 1
        while lines := await self._next(conversation, start.epoch, after):
            for line in lines:
                yield line
            after = lines[-1].offset

    async def _next(self, conversation: str, epoch: str, after: int) -> list[Line]:
        lines = await self._log.read(conversation, after)
        if lines and lines[0].offset > after + 1:
            return await self._entries.after(conversation, epoch, after, PAGE) or lines
        return lines
