"""Tokens that are over before their time."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from redis.asyncio import Redis

from switchboard.log.connection import answering
from switchboard.log.follower import Follower
from switchboard.people.common_knowledge import CommonKnowledge
from switchboard.people.identity import SESSION_SECONDS, Session

REVOKED = "sb:revoked"  # zset: `sign-in:<id>`, `person:<digest of the id>`, scored by when that was (s); and a channel
KEPT_SECONDS = SESSION_SECONDS + 60  # then the tokens have expired


class Revocations(CommonKnowledge):
    """Which sign-ins are over, and up to when all of a person's are."""

    def __init__(self, redis: Redis[str], follower: Follower, clock: Callable[[], float] = time.time) -> None:
        super().__init__(follower, REVOKED)
        self._redis = redis
        self._clock = clock
        self._when: dict[str, float] = {}

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

    def _learn(self, text: str) -> None:
        when, _, name = text.partition(" ")
        self._add({name: float(when)})

    def _add(self, more: dict[str, float]) -> None:
        oldest = self._clock() - KEPT_SECONDS
        self._when = {name: when for name, when in {**self._when, **more}.items() if when > oldest}
        self.changed()


def digest(participant_id: str) -> str:
    """Names a person here without naming them: they may be erased."""
    return hashlib.sha256(participant_id.encode()).hexdigest()[:32]


def _sign_in(sign_in: str) -> str:
    return f"sign-in:{sign_in}"


def _person(participant_id: str) -> str:
    return f"person:{digest(participant_id)}"
