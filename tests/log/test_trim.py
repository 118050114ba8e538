"""A log keeps its newest entries, and everything that still waits for an answer."""

from __future__ import annotations

import redis.asyncio

from switchboard.log.events import TurnCompleted
from switchboard.log.inbox import Inbox
from switchboard.log.keys import keys_of
from switchboard.log.log import Draft, Log
from tests.support.people import ask, message, start

KEEP = 10


async def ends(log: Log) -> tuple[int, int]:
    """The first and the last offset that are in the log."""
    first, last = (await log.read("c_1", 0, count=1))[0], (await log.read_back("c_1", 1))[0]
    return first.offset, last.offset


async def fill(log: Log, count: int) -> None:
    for n in range(count):
        await log.publish("c_1", message(str(n), key=f"k{n}"))


async def test_the_oldest_entries_go(client: redis.asyncio.Redis[str]) -> None:
    log = Log(client, keep=KEEP)
    await start(log)
    await fill(log, 30)
    assert await ends(log) == (24, 33)
    assert (await log.describe("c_1")).offset == 33


async def test_the_keys_of_trimmed_entries_go_with_them(client: redis.asyncio.Redis[str]) -> None:
    log = Log(client, keep=KEEP)
    await start(log)
    await fill(log, 30)
    assert set(await client.hkeys(keys_of("c_1").keys)) == {f"k{n}" for n in range(20, 30)}


async def test_an_unanswered_message_and_all_after_it_stay(client: redis.asyncio.Redis[str]) -> None:
    log = Log(client, keep=KEEP)
    await start(log)
    question = await ask(log, "c_1", "hello?")
    await fill(log, 50)
    assert await ends(log) == (question, question + 50)
    lease = await Inbox(client).take("c_1")
    assert lease is not None and "hello?" in lease.entry


async def test_what_an_answer_frees_is_trimmed_bit_by_bit(client: redis.asyncio.Redis[str]) -> None:
    log = Log(client, keep=KEEP)
    await start(log)
    question = await ask(log, "c_1", "hello?")
    await log.publish("c_1", *(message(str(n)) for n in range(250)))
    assert (await ends(log))[0] == question
    await log.publish("c_1", Draft(TurnCompleted(f"t{question}")), answers=question)
    firsts = [(await ends(log))[0]]
    while firsts[-1] != (await log.describe("c_1")).offset - KEEP + 1:
        await log.publish("c_1", message("more"))
        firsts.append((await ends(log))[0])
    assert firsts == sorted(firsts) and len(firsts) == 3, "at most a hundred entries go with one append"
