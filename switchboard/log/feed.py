"""Follow every conversation of the installation, each from its beginning, without missing anything.

A feed is known by its name, from `register` to `forget`, whether or not a process takes it at the moment. Redis has how
far it has come in each conversation: in the log, and in the dialogue. While it lags, the log is not trimmed past that,
up to `HOLD_ENTRIES` in one conversation; what goes then shows as a gap.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from switchboard.log.connection import answering
from switchboard.log.keys import (
    PARTITIONS,
    conversation_of,
    feed_due,
    feed_wake,
    feed_whole,
    feeds,
    keys_of,
    meta_pattern,
    partition,
)
from switchboard.log.line import Line
from switchboard.log.scripts import script

LEASE_MS = 5_000  # the partitions of a process that died are free after this long
SCAN_KEYS = 1_000  # looked at by one step of a scan, a millisecond of Redis
BATCH = 50  # entries, and as many events, of a conversation before others come to their turn


@dataclass(frozen=True, order=True)
class Progress:
    """How far a feed has come: all up to and including the offset, and the first `number` events of the dialogue.

    What is more than there is counts as all that there is.
    """

    offset: int
    number: int


@dataclass(frozen=True)
class Batch:
    """What comes next of a conversation, after `start`: entries of its log, and events of its dialogue, as JSON.

    `epoch`: of the log, '' if there is none.
    """

    conversation: str
    epoch: str
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

    async def enlist(self) -> None:
        """Put every conversation that there is on the list, once; those that had ended before `register` too.

        Interrupted it begins again. Returns at once when it was done before, by whichever process.
        """
        whole = feed_whole(self.name)
        async with answering():
            if await self._redis.exists(whole):
                return
        cursor = 0
        while True:
            async with answering(), self._redis.pipeline(transaction=False) as pipe:
                cursor, keys = await self._redis.scan(cursor, meta_pattern(), SCAN_KEYS)
                for conversation in map(conversation_of, keys):
                    due = feed_due(partition(conversation), self.name)
                    pipe.zadd(due, {conversation: time.time() * 1_000_000}, nx=True)
                await pipe.execute()
                if cursor == 0:
                    await self._redis.set(whole, 1)
                    return

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
            pipe.delete(feed_whole(self.name))
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

    async def take(self, conversation: str, count: int = BATCH, events: int = BATCH) -> Batch:
        """What comes next, at most `count` entries and so many events; the same again until `advance` is called."""
        async with answering():
            epoch, offset, number, entries, told = await self._run("take", _keys(conversation), count, events)
        return Batch(conversation, epoch, Progress(offset, number), [Line.of(entry) for entry in entries], told)

    async def advance(self, batch: Batch, reached: Progress) -> None:
        """All up to there has been dealt with, of the log that the batch is of."""
        place: list[str | int] = [batch.conversation, batch.epoch, reached.offset, reached.number]
        async with answering():
            await self._run("advance", _keys(batch.conversation), *place)

    async def _run(self, what: str, keys: list[str], *arguments: str | int) -> Any:
        return await self._script(keys=keys, args=[what, self.name, *arguments])


def _keys(conversation: str) -> list[str]:
    keys = keys_of(conversation)
    return [keys.feeds, keys.meta, keys.log, keys.dialogue]
