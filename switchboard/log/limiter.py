"""Limits that all servers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from switchboard.log.connection import answering
from switchboard.log.errors import TooFast
from switchboard.log.keys import limit
from switchboard.log.rate import Rate
from switchboard.log.scripts import script


@dataclass(frozen=True)
class Limit:
    """A rate for each of many, as each address; `of` says for people what is counted."""

    name: str
    of: str
    rate: Rate


class Limiter:
    """What Redis knows of them; nothing of whom was silent for long enough."""

    def __init__(self, redis: Redis[str]) -> None:
        self._limit = redis.register_script(script("limit.lua"))

    async def take(self, limits: Sequence[tuple[Limit, str]]) -> None:
        """Count one more under each limit, for whom it is; all in one step, and none if one of them is reached.

        Raises `TooFast`, `LogUnavailable`.
        """
        if not limits:
            return
        steps = [number for each, _ in limits for number in (each.rate.step, each.rate.period)]
        async with answering():
            reply = await self._limit(keys=[limit(each.name, whom) for each, whom in limits], args=steps)
        if reply:
            which, microseconds = reply
            raise TooFast(limits[which - 1][0].of, microseconds / 1_000_000)
