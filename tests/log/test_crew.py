"""The crew shares the work, whatever its machines take the time for."""

from __future__ import annotations

import time

import pytest
import redis.asyncio

from switchboard.log.crew import ALIVE_MS, Crew
from switchboard.log.keys import CREW

Redis = redis.asyncio.Redis
CONVERSATIONS = [f"c_{number}" for number in range(100)]
HOUR_NS = 3_600 * 1_000_000_000


@pytest.mark.parametrize("wrong_by", [-HOUR_NS, HOUR_NS], ids=["behind", "ahead"])
async def test_a_worker_whose_clock_is_wrong_shares_the_work_like_any_other(
    client: Redis[str], monkeypatch: pytest.MonkeyPatch, wrong_by: int
) -> None:
    right, wrong = Crew(client, "right"), Crew(client, "wrong")
    clock = time.time_ns
    for _ in range(2):
        await right.report()
        with monkeypatch.context() as patch:
            patch.setattr(time, "time_ns", lambda: clock() + wrong_by)
            await wrong.report()
    await right.report()
    for conversation in CONVERSATIONS:
        assert right.is_ours(conversation) is not wrong.is_ours(conversation)
    seconds, _ = await client.time()
    for name in ("right", "wrong"):
        gone_at = await client.zscore(CREW, name)
        assert gone_at is not None
        assert gone_at <= (seconds + 1) * 1000 + ALIVE_MS, "it passes for gone as soon as any other"
