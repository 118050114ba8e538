"""Tokens that are over before their time, as every process knows them, so that nobody has to ask for each request."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable

from redis.asyncio import Redis

from switchboard.log.connection import answering
from switchboard.log.errors import LogUnavailable
from switchboard.log.follower import AWAY, Follower
from switchboard.log.subscription import SlowReader
from switchboard.people.identity import SESSION_SECONDS, Session

logger = logging.getLogger(__name__)

REVOKED = "sb:revoked"  # zset: `sign-in:<id>`, `person:<id>`, scored by when that was (s); and a channel
KEPT_SECONDS = SESSION_SECONDS + 60  # then the tokens have expired


class Revocations:
    """`run()` is a task that lives as long as the process; `revoked` is called after something is added."""

    def __init__(self, redis: Redis[str], follower: Follower, clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._follower = follower
        self._clock = clock
        self._when: dict[str, float] = {}
        self.revoked: Callable[[], None] = lambda: None

    def cover(self, session: Session) -> bool:
        """Whether a session is over. One that begins after everybody of a person was signed out is not."""
        ended = self._when.get(_person(session.participant.id), -1.0)
        return session.issued_at <= ended or _sign_in(session.sign_in) in self._when

    async def revoke_sign_in(self, sign_in: str) -> None:
        """Everywhere, and at once here. Raises `LogUnavailable`."""
        await self._revoke(_sign_in(sign_in))

    async def revoke_person(self, participant_id: str) -> None:
        """Of everything that was issued until now. Raises `LogUnavailable`."""
        await self._revoke(_person(participant_id))

    async def run(self) -> None:
        """Hear of more until cancelled."""
        while True:
            with contextlib.suppress(SlowReader):
                await self._hear()

    async def load(self) -> None:
        """What is known so far. Raises `LogUnavailable`."""
        async with answering():
            known = await self._redis.zrange(REVOKED, 0, -1, withscores=True)
        self._add({str(name): float(when) for name, when in known})

    async def _revoke(self, name: str) -> None:
        now = self._clock()
        async with answering(), self._redis.pipeline() as pipe:
            pipe.zadd(REVOKED, {name: now})
            pipe.zremrangebyscore(REVOKED, "-inf", now - KEPT_SECONDS)
            pipe.publish(REVOKED, f"{now} {name}")
            await pipe.execute()
        self._add({name: now})

    async def _hear(self) -> None:
        async with self._follower.subscribe(REVOKED) as told:
            while True:
                lines = await told.take()
                if lines is None:
                    await self._load()
                for line in lines or ():
                    if line is not AWAY:
                        when, _, name = line.json.partition(" ")
                        self._add({name: float(when)})

    async def _load(self) -> None:
        try:
            await self.load()
        except LogUnavailable as error:  # the follower finds out too, and has this called again
            logger.warning("Cannot read which tokens are revoked: %s", error)

    def _add(self, more: dict[str, float]) -> None:
        oldest = self._clock() - KEPT_SECONDS
        self._when = {name: when for name, when in {**self._when, **more}.items() if when > oldest}
        self.revoked()


def _sign_in(sign_in: str) -> str:
    return f"sign-in:{sign_in}"


def _person(participant_id: str) -> str:
    return f"person:{participant_id}"
