"""How often something may be tried: counted in Redis, for all servers together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from redis.asyncio import Redis

from switchboard.log.connection import answering

# KEYS  counter    ARGV  how many, seconds    Returns seconds to wait, or 0: then this try is counted.
TRY = """
local tries = tonumber(redis.call('GET', KEYS[1]) or '0')
if tries >= tonumber(ARGV[1]) then return math.max(redis.call('TTL', KEYS[1]), 1) end
if redis.call('INCR', KEYS[1]) == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return 0
"""


GIVE_BACK = "if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end"


class TooManyAttempts(Exception):
    """Raised for one try too many; `seconds` until the next one is possible."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Budget:
    """So many tries in so many seconds, from the first on."""

    name: str
    tries: int
    seconds: int


class Attempts:
    """Every method raises `LogUnavailable`: what cannot be counted is not allowed."""

    def __init__(self, redis: Redis[str]) -> None:
        self._redis = redis
        self._try = redis.register_script(TRY)
        self._give_back = redis.register_script(GIVE_BACK)

    async def count(self, budget: Budget, *who: str) -> None:
        """Before something is tried, so that many at once are counted too. Raises `TooManyAttempts`."""
        async with answering():
            wait = await self._try(keys=[_key(budget, who)], args=[budget.tries, budget.seconds])
        if wait:
            raise TooManyAttempts(int(wait))

    async def give_back(self, budget: Budget, *who: str) -> None:
        """One try that was counted and did not come about."""
        async with answering():
            await self._give_back(keys=[_key(budget, who)])

    async def forgive(self, budget: Budget, *who: str) -> None:
        """It has succeeded: the tries before count no more."""
        async with answering():
            await self._redis.delete(_key(budget, who))


def _key(budget: Budget, who: tuple[str, ...]) -> str:
    digest = hashlib.sha256("\0".join(who).encode()).hexdigest()[:32]
    return f"sb:attempts:{budget.name}:{digest}"
