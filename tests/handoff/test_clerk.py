"""The clerk keeps times and places, whichever process it lives in, and whatever dies."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from switchboard.handoff.case import Wish
from switchboard.handoff.clerk import CLERK, Clerk
from switchboard.handoff.desk import Desk
from switchboard.handoff.operators import Operators
from switchboard.handoff.rules import FEWEST_WAITS, Rules
from switchboard.log.clock import now_ms
from switchboard.log.follower import Follower
from switchboard.log.keys import keys_of
from switchboard.log.log import Log
from switchboard.log.reader import Reader
from tests.handoff.conftest import ASKED, BOB, EVE, entries
from tests.support.people import start
from tests.support.waiting import bounded, running, until

TEN_MINUTES = Rules(600)


class Clock:
    """The time, which a test moves."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return now_ms() + self.ahead

    def pass_by(self, seconds: float) -> None:
        self.ahead += round(1000 * seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def follower(client: Redis[str]) -> AsyncIterator[Follower]:
    following = Follower(client)
    async with running(following.run()):
        yield following


@contextlib.asynccontextmanager
async def clerk(log: Log, follower: Follower, clock: Clock, rules: Rules = TEN_MINUTES) -> AsyncIterator[None]:
    keeping = Clerk(log, follower, rules, clock=clock, look_seconds=0.02)
    async with running(keeping.run()):
        await until(functools.partial(log.redis.exists, CLERK))  # one has the place
        yield


async def owner(log: Log, conversation: str = "c_1") -> str:
    return (await log.describe(conversation)).owner


async def test_who_waits_is_told_their_place_after_every_change(log: Log, follower: Follower, clock: Clock) -> None:
    desk = Desk(log)
    for conversation in ("c_1", "c_2", "c_3"):
        await start(log, conversation)
    heard: list[tuple[int, int]] = []

    async def place(*wanted: int) -> None:
        async def told() -> bool:
            for line in await told_of.take() or ():
                entry: dict[str, Any] = json.loads(line.json)
                if entry["type"] == "handoff.queued":
                    heard.append((entry["position"], entry["waiting"]))
            return heard[-1:] == [wanted]

        await until(told)

    async with clerk(log, follower, clock), follower.subscribe(keys_of("c_3").live) as told_of:
        for conversation in ("c_1", "c_2", "c_3"):
            await desk.request(conversation, ASKED)
        await place(3, 3)
        await desk.claim("c_1", EVE)
        await place(2, 2)
        await desk.cancel("c_2", "guest_ada")
        await place(1, 1)
        await desk.requeue("c_1", "released", EVE.id)
        await place(2, 2)


async def test_whoever_begins_to_read_is_told_too(log: Log, follower: Follower, clock: Clock) -> None:
    await start(log)
    await Desk(log).request("c_1", ASKED)
    async with clerk(log, follower, clock), bounded():
        for _ in range(3):  # a page that is loaded again
            async with contextlib.aclosing(Reader(log, follower, "c_1", "guest_ada").frames(None)) as batches:
                async for batch in batches:
                    if any('"handoff.queued"' in frame.json for frame in batch):
                        break


async def test_an_estimate_comes_once_enough_have_waited(log: Log, follower: Follower, clock: Clock) -> None:
    desk = Desk(log, clock)
    for number in range(FEWEST_WAITS):
        await start(log, f"c_{number}")
        await desk.request(f"c_{number}", ASKED)
    clock.pass_by(90)
    for number in range(FEWEST_WAITS):
        await desk.claim(f"c_{number}", EVE)
    (waits,) = (await desk.waits(["support"])).values()
    assert len(waits) == FEWEST_WAITS and all(90 <= seconds < 100 for seconds in waits)


async def test_what_has_waited_for_too_long_is_the_bots_again(log: Log, follower: Follower, clock: Clock) -> None:
    await start(log)
    await Desk(log, clock).request("c_1", ASKED)
    async with clerk(log, follower, clock):
        clock.pass_by(601)
        async with bounded():
            await until(lambda: _is(log, "bot:main"))
    assert (await entries(log))[-1]["outcome"] == "expired"


async def test_an_operator_who_is_gone_loses_it_and_one_who_comes_back_in_time_does_not(
    log: Log, follower: Follower, clock: Clock
) -> None:
    operators, desk = Operators(log.redis, clock), Desk(log, clock)
    for conversation, operator in (("c_1", EVE), ("c_2", BOB)):
        await start(log, conversation)
        await operators.see(operator.id, operator.name)
        await desk.claim(conversation, operator)
    async with clerk(log, follower, clock):
        clock.pass_by(29)
        await operators.see(BOB.id, BOB.name)
        clock.pass_by(2)
        async with bounded():
            await until(lambda: _is(log, "queue:support"))
    assert (await entries(log))[-1]["reason"] == "operator_gone"
    assert await owner(log, "c_2") == "operator:user_bob"


async def test_what_waits_is_given_to_whoever_has_room(log: Log, follower: Follower, clock: Clock) -> None:
    await start(log)
    await Operators(log.redis).say(EVE.id, EVE.name, "online", ["billing"], 1)
    async with clerk(log, follower, clock, Rules(600, assigns=True)):
        await Desk(log).request("c_1", Wish("asked", "billing"))
        async with bounded():
            await until(lambda: _is(log, "operator:user_eve"))


async def test_another_clerk_goes_on_when_one_dies(log: Log, follower: Follower, clock: Clock) -> None:
    await start(log)
    await Desk(log, clock).request("c_1", ASKED)
    clock.pass_by(601)
    await log.redis.set(CLERK, "one that was killed", px=200)
    async with clerk(log, follower, clock), clerk(log, follower, clock), bounded():
        await until(lambda: _is(log, "bot:main"))
    types = [entry["type"] for entry in await entries(log)]
    assert types.count("handoff.ended") == 1


async def test_a_conversation_that_is_gone_holds_up_nobody(log: Log, follower: Follower, clock: Clock) -> None:
    for conversation in ("c_1", "c_2"):
        await start(log, conversation)
        await Desk(log, clock).request(conversation, ASKED)
    await log.redis.delete(keys_of("c_2").meta)
    clock.pass_by(601)
    async with clerk(log, follower, clock), bounded():
        await until(lambda: _is(log, "bot:main"))
        await until(_nothing_left(log))


def _nothing_left(log: Log) -> Callable[[], Awaitable[bool]]:
    async def is_empty() -> bool:
        return await Desk(log).cases() == []

    return is_empty


async def _is(log: Log, wanted: str) -> bool:
    return await owner(log) == wanted
