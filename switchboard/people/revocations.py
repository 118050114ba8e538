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

REVOKED = "sb:revoked"  # zset: `sign-in:<id>`, `person:<digest of the id>:<era>`, scored by when (s); and a channel
KEPT_SECONDS = SESSION_SECONDS + 60  # then the tokens have expired
PRUNE_AT = 10_000  # names; then those that have expired are looked for, and again at twice as many as are left


class Revocations(CommonKnowledge):
    """Which sign-ins are over, and which era of each person's has begun."""

    def __init__(self, redis: Redis[str], follower: Follower, clock: Callable[[], float] = time.time) -> None:
        super().__init__(follower, REVOKED)
        self._redis = redis
        self._clock = clock
        self._when: dict[str, float] = {}
        self._eras: dict[str, int] = {}
        self._prune_at = PRUNE_AT

    def cover(self, session: Session) -> bool:
        """Whether a session is over. One of the era that has begun is not."""
        if not self._when:
            return False
        era = self._eras.get(_person(session.participant.id), 0)
        return session.era < era or _sign_in(session.sign_in) in self._when

    async def revoke_sign_in(self, sign_in: str) -> None:
        """Everywhere, and at once here. Raises `LogUnavailable`."""
        await self._revoke(_sign_in(sign_in))

    async def revoke_person(self, participant_id: str, era: int) -> None:
        """Of everything that began before this era. Raises `LogUnavailable`."""
        await self._revoke(f"{_person(participant_id)}:{era}")

    async def load(self) -> None:
        """What is known so far. Raises `LogUnavailable`."""
        async with answering():
            known = await self._redis.zrange(REVOKED, 0, -1, withscores=True)
        for name, when in known:
            self._add(str(name), float(when))
        self.changed()

    async def _revoke(self, name: str) -> None:
        now = self._clock()
        async with answering(), self._redis.pipeline() as pipe:
            pipe.zadd(REVOKED, {name: now})
            pipe.zremrangebyscore(REVOKED, "-inf", now - KEPT_SECONDS)
            pipe.publish(REVOKED, f"{now} {name}")
            await pipe.execute()
        self._learn(f"{now} {name}")

    def _learn(self, text: str) -> None:
        when, _, name = text.partition(" ")
        if name not in self._when:  # who says so hears it too
            self._add(name, float(when))
            self.changed()

    def _add(self, name: str, when: float) -> None:
        oldest = self._clock() - KEPT_SECONDS
        if when <= oldest:
            return
        self._when[name] = when
        person, _, era = name.rpartition(":")
        if name.startswith("person:"):
            self._eras[person] = max(int(era), self._eras.get(person, 0))
        if len(self._when) >= self._prune_at:
            self._when = {name: when for name, when in self._when.items() if when > oldest}
            persons = {name.rpartition(":")[0] for name in self._when}
            self._eras = {person: era for person, era in self._eras.items() if person in persons}
            self._prune_at = max(self._prune_at, 2 * len(self._when))


def digest(participant_id: str) -> str:
    """Names a person here without naming them: they may be erased."""
    return hashlib.sha256(participant_id.encode()).hexdigest()[:32]


def _sign_in(sign_in: str) -> str:
    return f"sign-in:{sign_in}"


def _person(participant_id: str) -> str:
    return f"person:{digest(participant_id)}"
