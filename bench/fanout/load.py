"""What is published to the readers: by hand, or by a process of its own at a steady pace.

`python -m bench.fanout.load` reads one JSON line `{redis, conversations, per_second, seconds, size}` and publishes a
stamped delta to every conversation, `per_second` times each second, spread evenly.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from switchboard.log.connection import connect
from switchboard.log.events import MessageDelta, MessageStarted
from switchboard.log.log import Draft, Log
from switchboard.turns.turn import BOT

MARK = "x" * 40
FILLER = MARK.encode()  # every entry has it once
MESSAGE = "m_bench"
TICK_SECONDS = 0.004
CONNECTIONS = 50


def delta(size: int = 0) -> Draft:
    """A piece of a message, with the time in it. `size`: how many characters longer than usual."""
    return Draft(MessageDelta(MESSAGE, f"{MARK}@{time.monotonic_ns()}@{'.' * size}"))


def started() -> Draft:
    """The message that the deltas belong to."""
    return Draft(MessageStarted(MESSAGE, BOT, "t1"))


async def publish(redis: str, conversations: list[str], per_second: float, seconds: float, size: int) -> float:
    """At a steady pace; how many entries a second it came to."""
    connection = connect(redis)
    log = Log(connection)
    free = asyncio.Semaphore(CONNECTIONS)

    async def one(conversation: str) -> None:
        async with free:
            await log.publish(conversation, delta(size))

    total = int(len(conversations) * per_second * seconds)
    begun = time.monotonic()
    done = 0
    async with asyncio.TaskGroup() as group:
        while done < total:
            due = min(total, int((time.monotonic() - begun) * len(conversations) * per_second))
            for at in range(done, due):
                group.create_task(one(conversations[at % len(conversations)]))
            done = max(done, due)
            await asyncio.sleep(TICK_SECONDS)
    pace = total / (time.monotonic() - begun)
    await connection.close()
    return pace


if __name__ == "__main__":
    print(asyncio.run(publish(**json.loads(sys.stdin.readline()))))
