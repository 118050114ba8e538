"""The clerk: keeps the desk's times and places. One process at a time does it; another goes on when that one dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable

from redis.asyncio import Redis

from switchboard.handoff.desk import Desk
from switchboard.handoff.operators import Operators
from switchboard.handoff.rules import Rules, due, queued
from switchboard.log.clock import now_ms
from switchboard.log.connection import answering
from switchboard.log.errors import LogUnavailable, UnknownConversation
from switchboard.log.events import HandoffQueued
from switchboard.log.follower import Follower
from switchboard.log.keys import DESK
from switchboard.log.log import Log
from switchboard.log.subscription import SlowReader, Subscription

logger = logging.getLogger(__name__)

CLERK = "sb:{operators}:clerk"  # see keys.py
HOLD_MS = 3_000  # after its last look a clerk that has died is followed by another one
LOOK_SECONDS = 1.0  # at what no change announces: times that have passed
GATHER_SECONDS = 0.05  # changes come in swarms; each costs a look at the whole desk


class Clerk:
    """Runs until it is stopped. All that it does is compare-and-set: two at once do nothing twice."""

    def __init__(
        self,
        log: Log,
        follower: Follower,
        rules: Rules,
        *,
        clock: Callable[[], int] = now_ms,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._log = log
        self._redis: Redis[str] = log.redis
        self._follower = follower
        self._rules = rules
        self._clock = clock
        self._look_seconds = look_seconds
        self._desk = Desk(log, clock)
        self._operators = Operators(log.redis, clock)
        self._me = uuid.uuid4().hex
        self._told: dict[str, HandoffQueued] = {}
        self._since = clock()  # since when this one looks without a gap

    async def run(self) -> None:
        """Keep the desk until cancelled."""
        while True:
            with contextlib.suppress(SlowReader):
                async with self._follower.subscribe(DESK) as changes:
                    await self._keep(changes)

    async def _keep(self, changes: Subscription) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._look_seconds):
                    for line in await changes.take() or ():
                        self._told.pop(line.json, None)  # somebody has begun to read it, or it has changed
                    await asyncio.sleep(GATHER_SECONDS)
            try:
                if await self._is_mine():
                    await self.look()
            except LogUnavailable as error:
                self._since = self._clock()
                logger.warning("The desk waits until Redis is back: %s", error)

    async def _is_mine(self) -> bool:
        """Take or keep the clerk's place."""
        async with answering():
            if await self._redis.set(CLERK, self._me, px=HOLD_MS, nx=True):
                self._since = self._clock()
                return True
            if await self._redis.get(CLERK) != self._me:
                self._told.clear()
                return False
            return bool(await self._redis.pexpire(CLERK, HOLD_MS))

    async def look(self) -> None:
        """Do what is due, and tell everybody who waits where they stand. Raises `LogUnavailable`."""
        cases, operators = await self._desk.cases(), await self._operators.all()
        moved = False
        for case, step in due(cases, operators, self._clock(), self._rules, self._since):
            try:
                moved |= await self._desk.lapse(case, step)
            except UnknownConversation:
                await self._desk.forget(case)
        if moved:
            cases = await self._desk.cases()
        places = queued(cases, await self._desk.waits({case.team for case in cases}))
        for conversation, place in places.items():
            if self._told.get(conversation) != place:
                await self._log.tell(conversation, place)
        self._told = places
