"""The operators: who is there, for which teams, and for how many conversations at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from redis.asyncio import Redis

from switchboard.log.clock import now_ms
from switchboard.log.connection import answering
from switchboard.log.keys import DESK

Status = Literal["online", "busy", "away", "offline"]
STATUSES: tuple[Status, ...] = get_args(Status)

STATE, SEEN = "sb:{operators}:state", "sb:{operators}:seen"  # see keys.py
GONE_SECONDS = 30.0  # unseen for so long an operator is gone, and what they had waits again
SEEN_EVERY_SECONDS = 5.0  # how often who is there says so
CAPACITY = 5  # conversations at once, for one who says nothing of it
FORGET_SECONDS = 30 * 24 * 3600.0  # operators who were not seen for so long are no longer listed


@dataclass(frozen=True)
class Operator:
    """What an operator has said of themselves. `teams`: those that they work for, all if none is named.

    `seen`: ms, when they were there last.
    """

    id: str
    name: str
    status: Status = "online"
    teams: tuple[str, ...] = ()
    capacity: int = CAPACITY
    seen: int = 0

    def is_there(self, now: int, gone_seconds: float = GONE_SECONDS) -> bool:
        """Whether they were seen lately, whatever they do."""
        return now - self.seen <= 1000 * gone_seconds

    def status_at(self, now: int, gone_seconds: float = GONE_SECONDS) -> Status:
        """What others see."""
        return self.status if self.is_there(now, gone_seconds) else "offline"

    def works_for(self, team: str) -> bool:
        """Whether they take conversations of a team."""
        return not self.teams or team in self.teams


class Operators:
    """Everybody who was there lately. Raises `LogUnavailable`."""

    def __init__(self, redis: Redis[str], clock: Callable[[], int] = now_ms) -> None:
        self._redis = redis
        self._clock = clock

    async def all(self) -> list[Operator]:
        """By name."""
        now = self._clock()
        async with answering(), self._redis.pipeline(transaction=False) as pipe:
            pipe.hgetall(STATE)
            pipe.zrangebyscore(SEEN, now - 1000 * FORGET_SECONDS, "+inf", withscores=True)
            states, seen = await pipe.execute()
        known = (_operator(states[who], int(when)) for who, when in seen if who in states)
        return sorted(known, key=lambda each: (each.name, each.id))

    async def of(self, operator_id: str) -> Operator | None:
        """One of them."""
        return next((each for each in await self.all() if each.id == operator_id), None)

    async def available(self, team: str) -> bool:
        """Whether somebody of a team is there and takes conversations."""
        now = self._clock()
        return any(each.status_at(now) == "online" and each.works_for(team) for each in await self.all())

    async def forget(self, operator_id: str) -> None:
        """All that is known of one."""
        async with answering(), self._redis.pipeline() as pipe:
            pipe.hdel(STATE, operator_id)
            pipe.zrem(SEEN, operator_id)
            pipe.publish(DESK, "")
            await pipe.execute()

    async def say(
        self,
        operator_id: str,
        name: str,
        status: Status,
        teams: Sequence[str] | None = None,
        capacity: int | None = None,
    ) -> None:
        """What they say of themselves, the rest stays; they are there as they say it."""
        now = self._clock()
        async with answering():
            text = await self._redis.hget(STATE, operator_id)
        before = _operator(text, now) if text else Operator(operator_id, name)
        known = before.teams if teams is None else tuple(teams)
        operator = Operator(operator_id, name, status, known, before.capacity if capacity is None else capacity)
        async with answering(), self._redis.pipeline() as pipe:
            pipe.hset(STATE, operator_id, _text(operator))
            pipe.zadd(SEEN, {operator_id: now})
            pipe.publish(DESK, "")
            await pipe.execute()

    async def see(self, operator_id: str, name: str) -> None:
        """They are there; who has said nothing yet is online."""
        now = self._clock()
        async with answering(), self._redis.pipeline() as pipe:
            pipe.hsetnx(STATE, operator_id, _text(Operator(operator_id, name)))
            pipe.zscore(SEEN, operator_id)
            pipe.zadd(SEEN, {operator_id: now})
            _, before, _ = await pipe.execute()
            if before is None or now - before > 1000 * GONE_SECONDS:
                await self._redis.publish(DESK, "")


def _text(operator: Operator) -> str:
    return json.dumps({name: value for name, value in asdict(operator).items() if name != "seen"})


def _operator(text: str, seen: int) -> Operator:
    state = json.loads(text)
    return Operator(**{**state, "teams": tuple(state["teams"]), "seen": seen})
