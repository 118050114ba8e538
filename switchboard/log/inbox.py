"""Which conversations wait for the bot, and who may answer them."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from switchboard.log.authority import Authority
from switchboard.log.clock import now_ms
from switchboard.log.codec import encode
from switchboard.log.connection import answering
from switchboard.log.crew import Crew
from switchboard.log.dialogue import Stretch
from switchboard.log.errors import LogUnavailable, Owned
from switchboard.log.events import TurnStarted
from switchboard.log.keys import PARTITIONS, WAKE, inbox, keys_of
from switchboard.log.scripts import script

LEASE = script("lease.lua")
# A dead worker's conversations are free after this long. Renewed every third of it: the loop of a worker stands still
# for half a second at most (measured: the demo's model is read in a thread, and predicts for the first time).
LEASE_MS = 5_000
SCAN = 100  # waiting conversations looked at per partition and scan, oldest first


@dataclass(frozen=True)
class Lease:
    """The right to answer a conversation, until it expires or is given back. `fence` tells newer leases from older."""

    conversation: str
    worker: str  # who holds it
    fence: int
    term: int
    offset: int  # of the oldest unanswered message
    waiting: int  # how many are unanswered, with this one
    entry: str  # that message, as the log stores it
    tries: int  # which try this is; nobody came to an end with those before
    deaths: int  # how many workers may have died of it, this one included
    before: Stretch  # what the dialogue engine remembers; nobody changes it while the lease lasts
    stopping: bool = False  # somebody has asked it to stop
    kept: str = ""  # what an earlier try has kept for this one
    unheard: str = ""  # what the bot has missed, see `owner.lua`


class Inbox:
    """The unanswered messages of all conversations, for one worker. Raises `LogUnavailable`."""

    def __init__(self, redis: Redis[str], *, lease_ms: int = LEASE_MS) -> None:
        self._redis = redis
        self.worker = uuid.uuid4().hex
        self.crew = Crew(redis, self.worker)
        self.lease_ms = lease_ms
        self._lease = redis.register_script(LEASE)

    async def waiting(self) -> dict[str, int]:
        """Conversations with something to answer, and since when (ms), the longest waiting first."""
        async with answering(), self._redis.pipeline(transaction=False) as pipe:
            for number in range(PARTITIONS):
                pipe.zrange(inbox(number), 0, SCAN - 1, withscores=True)
            partitions = await pipe.execute()
        rows = sorted((int(since), conversation) for rows in partitions for conversation, since in rows)
        return {conversation: since for since, conversation in rows}

    async def take(self, conversation: str) -> Lease | None:
        """The lease, unless another worker has it or nothing waits. With it `turn.started` is on the log."""
        started = encode(TurnStarted("t%d", "%s"), now_ms())
        reply = await self._run("take", conversation, started)
        if not reply:
            return None
        fence, term, offset, waiting, entry, tries, stopping, kept, deaths, unheard, (cut, state, *events) = reply
        return Lease(
            conversation, self.worker, fence, term, offset, waiting, entry, tries, deaths,
            Stretch(cut, state, events), bool(stopping), kept, unheard,
        )  # fmt: skip

    async def hold(self, conversation: str) -> Authority | None:
        """The right to write without a turn, or `None` if anybody has it, this worker included.

        Raises `Owned` while the conversation is not a bot's.
        """
        reply = await self._run("hold", conversation)
        if not reply:
            return None
        if reply[0] == "owned":
            raise Owned(conversation, reply[1])
        fence, term = reply
        return Authority(int(term) if term else None, fence)

    async def keep(self, conversation: str, fence: int) -> None:
        """Renew the lease until it is lost, or this is cancelled. What a loser still appends, the scripts refuse."""
        held = True
        while held:
            await asyncio.sleep(self.lease_ms / 3000)
            with contextlib.suppress(LogUnavailable):
                held = await self.renew(conversation, fence)

    async def renew(self, conversation: str, fence: int) -> bool:
        """Keep the lease for another `lease_ms`, also if it ran out but nobody came; false if it was lost."""
        return bool(await self._run("renew", conversation, fence))

    async def release(self, conversation: str, *, wake: bool = False, unended: str = "") -> None:
        """Give the lease back: anybody may take it.

        `wake`: what still waits goes to the end of the line. `unended`: a turn that came to no end, though nobody
        died of it.
        """
        to_tell: tuple[str | int, ...] = (WAKE, now_ms()) if wake else ()
        await self._run("release", conversation, unended, *to_tell)

    async def _run(self, what: str, conversation: str, *arguments: str | int) -> list[Any]:
        keys = keys_of(conversation)
        async with answering():
            reply: list[Any] = await self._lease(
                keys=keys.all,
                args=[what, self.worker, self.lease_ms, conversation, keys.live, *arguments],
            )
        return reply
