"""Workers in processes of their own, which are killed and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from switchboard.log.follower import Follower
from switchboard.log.log import Log
from tests.support.people import ask, start
from tests.support.waiting import bounded
from tests.turns.conftest import SHORT_LEASE_MS, Engine, answer_of, answered, entries, told, working

WORKER = """
import asyncio, signal, sys
from switchboard.log.connection import connect
from switchboard.log.events import Button, MessageSent
from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox, Lease
from switchboard.log.keys import WAKE
from switchboard.log.log import Log
from switchboard.turns.turn import BOT
from switchboard.turns.worker import Worker

stopping = asyncio.Event()

class Engine:
    async def answer(self, turn):
        await turn.say(MessageSent(f"{turn.id}a", BOT, f"You said {turn.message.text}.", turn_id=turn.id))
        print("in the middle of a turn", flush=True)
        await stopping.wait()
        if turn.message.text != "short":
            await asyncio.Event().wait()
        await turn.say(MessageSent(f"{turn.id}b", BOT, f"And {turn.message.text} it is.", turn_id=turn.id))

async def main(url, lease_ms):
    redis = connect(url)
    follower = Follower(redis)
    following = asyncio.create_task(follower.run())
    worker = Worker(Log(redis), Inbox(redis, lease_ms=int(lease_ms)), follower, Engine(), drain_seconds=0.5)
    working = asyncio.create_task(worker.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: (stopping.set(), working.cancel()))
    await asyncio.wait([working])

asyncio.run(main(*sys.argv[1:]))
"""


@contextlib.asynccontextmanager
async def worker_process(redis_url: str, lease_ms: int, turns: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker of its own, in the middle of so many turns."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, redis_url, str(lease_ms),
        stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            assert process.stdout is not None
            for _ in range(turns):
                assert await process.stdout.readline() == b"in the middle of a turn\n"
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_a_worker_process_that_is_killed_loses_nothing(log: Log, follower: Follower, redis_url: str) -> None:
    await start(log)
    first = await ask(log, "c_1", "one")
    await ask(log, "c_1", "two")
    async with worker_process(redis_url, SHORT_LEASE_MS, 1) as process:
        process.kill()
        await process.wait()
    async with working(log, follower, Engine()):
        await answered(log)
    assert await told(log) == ["one", "two", *answer_of("one"), *answer_of("two")]
    assert (await entries(log))[2]["turnId"] == f"t{first}"


async def test_a_worker_process_that_is_stopped_ends_its_short_turns_and_leaves_the_long_ones_at_once(
    log: Log, follower: Follower, redis_url: str
) -> None:
    for conversation, text in (("c_1", "short"), ("c_2", "long")):
        await start(log, conversation)
        await ask(log, conversation, text)
    minutes = 60_000
    async with bounded(), worker_process(redis_url, lease_ms=minutes, turns=2) as process:
        engine = Engine()
        async with working(log, follower, engine, rescan_seconds=minutes):  # only a wake-up tells it in time
            process.terminate()
            await answered(log)
        assert await process.wait() == 0
    assert engine.asked == ["long"]
    assert await told(log, "c_1") == ["short", *answer_of("short")]
    assert await told(log, "c_2") == ["long", *answer_of("long")]
