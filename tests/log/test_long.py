"""Loops that are too long for every change: `make test-long`."""

from __future__ import annotations

import random

import pytest
import redis.asyncio

from switchboard.log.follower import Follower
from switchboard.log.log import Log, Position
from switchboard.log.reader import Reader
from tests.support.people import message, start
from tests.support.waiting import bounded, running

SEED = 20_261_123


@pytest.mark.long
async def test_a_thousand_readers_come_back_anywhere_and_miss_nothing(
    log: Log, client: redis.asyncio.Redis[str]
) -> None:
    chance = random.Random(SEED)
    await start(log)
    for number in range(200):
        await log.publish("c_1", message(f"m{number}"))
    now = await log.describe("c_1")
    follower = Follower(client)
    async with running(follower.run()):
        for _ in range(1_000):
            offset = chance.randrange(0, now.offset)
            seen: list[int] = []
            async with bounded():
                async for batch in Reader(log, follower, "c_1").frames(Position(now.epoch, offset)):
                    seen += [frame.position.offset for frame in batch if frame.position]
                    if seen and seen[-1] == now.offset:
                        break
            assert seen == list(range(offset + 1, now.offset + 1))
