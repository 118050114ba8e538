"""The archiver: takes the feed of all logs into the archive, many conversations in one transaction."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from switchboard.archive.entries import Entries
from switchboard.log.errors import LogUnavailable
from switchboard.log.feed import Batch, Feed, Progress
from switchboard.log.follower import Follower
from switchboard.log.rounds import PAUSES, RESCAN_SECONDS, Rounds

logger = logging.getLogger(__name__)

FEED = "archive"
ENLIST_SECONDS = 10  # between looks whether the feed knows every conversation, one command where it does
ALL_EVENTS = 2**53  # more than there are: of the dialogue nothing is archived
GATHER_SECONDS = 2.0  # Redis has it meanwhile, and a transaction for many turns costs little more than one for one
ERASING_SECONDS = 0.5  # between looks at conversations of which somebody is being erased, while there is nothing else
BATCH = 200  # entries of a conversation in one transaction, of at most `SIDE_BY_SIDE` conversations


class Archiver:
    """Archives until it is stopped; see `Rounds` for how several share the work.

    The feed moves on after the commit: what a crash left between the two comes again, and is there already. While the
    database is locked or away the feed waits, and nothing else does.
    """

    def __init__(
        self,
        feed: Feed,
        follower: Follower,
        entries: Entries,
        *,
        batch: int = BATCH,
        pauses: tuple[float, float] = PAUSES,
        rescan_seconds: float = RESCAN_SECONDS,
        gather_seconds: float = GATHER_SECONDS,
    ) -> None:
        self._feed = feed
        self._entries = entries
        self._batch = batch
        self._rounds = Rounds(
            feed,
            follower,
            self._round,
            expected=(SQLAlchemyError, OSError),  # the latter where SQLite's folder cannot be made
            pauses=pauses,
            rescan_seconds=rescan_seconds,
            gather_seconds=gather_seconds,
        )

    async def run(self) -> None:
        """Archive until cancelled; then leave the partitions to others at once."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._rounds.run(), name="rounds of the archive")
            group.create_task(self._enlist(), name="list of what there was before the archive")
            group.create_task(self._catch_up(), name="overviews of what was archived before there were any")

    async def _enlist(self) -> None:
        """An installation that is older than its archive is archived whole; a Redis that was put back, too."""
        while True:
            try:
                await self._feed.register()  # first: what begins during the scan is told of by itself
                await self._feed.enlist()
            except LogUnavailable as error:
                logger.warning("Cannot list the conversations, trying again in %d s: %s", ENLIST_SECONDS, error)
            await asyncio.sleep(ENLIST_SECONDS)

    async def _catch_up(self) -> None:
        after: str | None = ""
        while after is not None:
            try:
                after = await self._entries.catch_up(after)
            except (SQLAlchemyError, OSError) as error:
                logger.warning("Cannot look for missing overviews, trying again in %d s: %s", ENLIST_SECONDS, error)
                await asyncio.sleep(ENLIST_SECONDS)

    async def _round(self, due: list[str]) -> None:
        batches = await asyncio.gather(*(self._feed.take(conversation, self._batch, events=0) for conversation in due))
        if not batches:
            return
        rewritten = await self._entries.add(batches)
        reached = ((batch, batch.start if batch.conversation in rewritten else _reached(batch)) for batch in batches)
        await asyncio.gather(*(self._feed.advance(batch, progress) for batch, progress in reached))
        if len(rewritten) == len(batches):
            await asyncio.sleep(ERASING_SECONDS)


def _reached(batch: Batch) -> Progress:
    offset = batch.entries[-1].offset if batch.entries else batch.start.offset
    return Progress(offset, ALL_EVENTS)
