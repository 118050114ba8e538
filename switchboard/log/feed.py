"""Follow every conversation of the installation, each from its beginning, without missing anything.

A feed is known by its name, from `register` to `forget`, whether or not a process takes it at the moment. Redis has how
far it has come in each conversation: in the log, and in the dialogue. While it lags, the log is not trimmed past that,
up to `HOLD_ENTRIES` in one conversation; what goes then shows as a gap.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from switchboard.log.connection import answering
from switchboard.log.keys import PARTITIONS, feed_due, feed_wake, feeds, keys_of
from switchboard.log.line import Line
from switchboard.log.log import script

LEASE_MS = 5_000  # the partitions of a process that died are free after this long
BATCH = 50  # entries, and as many events, of a conversation before others come to their turn


@dataclass(frozen=True, order=True)
class Progress:
    """How far a feed has come: all up to and including the offset, and the first `number` events of the dialogue."""

    offset: int
    number: int


@dataclass(frozen=True)
class Batch:
    """What comes next of a conversation, after `start`: entries of its log, and events of its dialogue, as JSON."""

    conversation: str
    start: Progress
    entries: list[Line]
    events: list[str]

    @property
    def missing(self) -> tuple[int, int] | None:
        """First and last offset of what was trimmed before it was taken."""
        if self.entries and self.entries[0].offset > self.start.offset + 1:
            return self.start.offset + 1, self.entries[0].offset - 1
        return None


class Feed:
    """One process's side of a feed. Every method raises `LogUnavailable`.

    Partitions are held under a lease, so that of several processes only one takes a conversation. Who lost the lease
    without noticing may hand on again what the next holder has: at least once, and in order, is what holds.
    """

    def __init__(self, redis: Redis[str], name: str, *, lease_ms: int = LEASE_MS) -> None:
        self.name = name
        self.lease_ms = lease_ms
        self.wake = feed_wake(name)  # the channel on which a conversation that has something new is named
        self._redis = redis
        self._holder = secrets.token_hex(8)
        self._script = redis.register_script(script("feed.lua"))

    async def register(self) -> None:
        """From here on nothing that is appended is missed. The same again changes nothing."""
        async with answering(), self._redis.pipeline(transaction=False) as pipe:
            for number in range(PARTITIONS):
                pipe.sadd(feeds(number), self.name)
            await pipe.execute()

    async def is_registered(self) -> bool:
        """Whether anything is kept for the feed."""
        async with answering():
            return bool(await self._redis.sismember(feeds(0), self.name))

    async def forget(self) -> None:
        """Nothing is kept for the feed any more. Registered again it goes on where it was, with gaps."""
        async with answering(), self._redis.pipeline(transaction=False) as pipe:
            for number in range(PARTITIONS):
                pipe.srem(feeds(number), self.name)
                pipe.delete(feed_due(number, self.name))
            await pipe.execute()

    async def hold(self) -> frozenset[int]:
        """Take or keep every partition that no other process holds, for `lease_ms`; which these are."""
        async with answering():
            held = await asyncio.gather(
                *(self._run("hold", [feeds(number)], self._holder, self.lease_ms) for number in range(PARTITIONS))
            )
        return frozenset(number for number in range(PARTITIONS) if held[number])

    async def release(self) -> None:
        """Give back what is held, so that others need not wait."""
        async with answering():
            await asyncio.gather(*(self._run("release", [feeds(number)], self._holder) for number in range(PARTITIONS)))

    async def due(self, partitions: Collection[int], count: int) -> list[str]:
        """At most `count` conversations that have something new, the longest waiting first."""
        async with answering(), self._redis.pipeline(transaction=False) as pipe:
            for number in partitions:
                pipe.zrange(feed_due(number, self.name), 0, count - 1, withscores=True)
            found = [row for rows in await pipe.execute() for row in rows]
        return [conversation for conversation, _ in sorted(found, key=lambda row: float(row[1]))][:count]

    async def take(self, conversation: str, count: int = BATCH) -> Batch:
        """What comes next, at most `count` of either kind; the same again until `advance` is called."""
        async with answering():
            offset, number, entries, events = await self._run("take", _keys(conversation), count)
        return Batch(conversation, Progress(offset, number), [Line.of(entry) for entry in entries], events)

    async def advance(self, conversation: str, reached: Progress) -> None:
        """All up to there has been dealt with."""
        async with answering():
            await self._run("advance", _keys(conversation), conversation, reached.offset, reached.number)

    async def _run(self, what: str, keys: list[str], *arguments: str | int) -> Any:
        return await self._script(keys=keys, args=[what, self.name, *arguments])


def _keys(conversation: str) -> list[str]:
    keys = keys_of(conversation)
    return [keys.feeds, keys.meta, keys.log, keys.dialogue]
