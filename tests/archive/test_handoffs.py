"""What the figures say is what the logs say."""

from __future__ import annotations

import json
import random
import statistics
from collections import Counter
from typing import Any

import pytest

from switchboard.archive.archiver import FEED, Archiver
from switchboard.archive.entries import Entries
from switchboard.archive.erasing import Erasing
from switchboard.archive.handoffs import Handoffs
from switchboard.handoff.case import Wish
from switchboard.handoff.desk import Desk
from switchboard.handoff.operators import Operators
from switchboard.log.clock import now_ms
from switchboard.log.events import HandoffRated, Participant
from switchboard.log.feed import Feed
from switchboard.log.follower import Follower
from switchboard.log.keys import keys_of
from switchboard.log.log import Draft, Log
from switchboard.records.erasure import Erasure
from switchboard.store.calls import Calls
from switchboard.store.database import Database
from switchboard.turns.turn import BOT
from tests.handoff.conftest import BOB, EVE
from tests.support.people import ADA, message, start
from tests.support.waiting import running, until

COUNT = 40


class Clock:
    """The time, which goes on by chance."""

    def __init__(self, chance: random.Random) -> None:
        self.now = now_ms()
        self._chance = chance

    def __call__(self) -> int:
        self.now += self._chance.randrange(60_000)
        return self.now


@pytest.fixture(params=["sqlite", "postgresql"])
def calls(request: pytest.FixtureRequest, tmp_path: Any) -> Calls:
    url = f"sqlite:///{tmp_path}/a.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    database = Database(url)
    with database.engine().begin() as connection:
        for table in ("handoffs", "archived_entries", "conversations", "members", "erasures"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    return Calls(database)


async def archive(log: Log, calls: Calls, count: int) -> None:
    """All of so many conversations."""
    follower = Follower(log.redis)
    entries = Entries(calls._database, calls)
    archiver = Archiver(Feed(log.redis, FEED), follower, entries, gather_seconds=0.0, rescan_seconds=0.05)
    ids = [f"c_{number}" for number in range(count)]

    async def done() -> bool:
        ends = [(await entries.end(each, (now := await log.describe(each)).epoch), now.offset) for each in ids]
        return all(end == offset for end, offset in ends)

    async with running(follower.run()), running(archiver.run()):
        await until(done)


async def live(log: Log, clock: Clock, chance: random.Random) -> None:
    """Handoffs of all kinds, some of which are still under way."""
    desk = Desk(log, clock)
    for number in range(COUNT):
        conversation = await start(log, f"c_{number}")
        await desk.request(conversation, Wish(chance.choice(["asked", "unsure", "upset"])))
        if chance.random() < 0.2:
            await desk.cancel(conversation, ADA.id)
            continue
        if chance.random() < 0.8:
            await desk.claim(conversation, EVE)
            if chance.random() < 0.8:
                await log.publish(conversation, message("Hello", author=EVE), asks=True, author=EVE.id)
            await desk.give(conversation, BOB, EVE.id)
            await log.publish(conversation, message("Me too", author=BOB), asks=True, author=BOB.id)
            if chance.random() < 0.8:
                await desk.end(conversation, "resolved", BOB.id, disposition=chance.choice(["solved", "spam"]))
                if chance.random() < 0.5:
                    rated = HandoffRated("h2", ADA.id, chance.randrange(1, 6), "so so")
                    await log.publish(conversation, Draft(rated), author=ADA.id)


async def recount(log: Log) -> dict[str, Any]:
    """From the logs, entry by entry, in another way."""
    reasons, outcomes, waits, answers, ratings, count = Counter[str](), Counter[str](), [], [], [], 0
    for number in range(COUNT):
        entries = [json.loads(line.json) for line in await log.read(f"c_{number}", 0, count=10_000)]
        asked = next(entry for entry in entries if entry["type"] == "handoff.requested")
        count += 1
        reasons[asked["reason"]] += 1
        outcomes.update(entry["outcome"] for entry in entries if entry["type"] == "handoff.ended")
        taken = [entry["timestamp"] for entry in entries if entry["type"] == "handoff.assigned"]
        spoke = [
            entry["timestamp"]
            for entry in entries
            if entry["type"] == "message.sent" and entry["author"]["role"] == "operator"
        ]
        ratings += [entry["rating"] for entry in entries if entry["type"] == "handoff.rated"]
        waits += [(each - asked["timestamp"]) / 1000 for each in taken[:1]]
        answers += [(each - asked["timestamp"]) / 1000 for each in spoke[:1]]
    return {
        "handoffs": count,
        "byReason": dict(reasons),
        "byOutcome": dict(outcomes),
        "ratings": {"count": len(ratings), "mean": round(statistics.mean(ratings), 2)},
        "wait": (len(waits), round(statistics.median(waits), 1)),
        "firstAnswer": (len(answers), round(statistics.median(answers), 1)),
    }


async def test_the_figures_are_those_of_the_logs(log: Log, calls: Calls) -> None:
    chance = random.Random(5)
    clock = Clock(chance)
    log = Log(log.redis, clock=clock)
    before = clock.now
    await live(log, clock, chance)
    await archive(log, calls, COUNT)
    found = await Handoffs(calls).figures(before)
    told = await recount(log)
    for name in ("wait", "firstAnswer"):
        found[name] = (found[name]["count"], found[name]["median"])
    assert {name: found[name] for name in told} == told
    assert found["open"] == found["handoffs"] - sum(found["byOutcome"].values()) > 0
    assert (await Handoffs(calls).figures(clock.now + 1))["handoffs"] == 0


async def test_who_is_erased_leaves_no_handoff_behind(log: Log, calls: Calls) -> None:
    conversation = await start(log, "c_0")
    await Desk(log).request(conversation, Wish("asked"), ADA.id)
    await archive(log, calls, 1)
    assert (await Handoffs(calls).figures(0))["handoffs"] == 1
    await Erasure(log, Erasing(calls)).erase(ADA.id)
    assert (await Handoffs(calls).figures(0))["handoffs"] == 0
    assert await Desk(log).cases() == []


async def test_of_who_is_erased_nothing_is_left_that_they_said_of_it(log: Log, calls: Calls) -> None:
    bob = Participant("guest_bob", "customer", "Bob")
    await log.start("c_0", BOT.id, [ADA, bob, BOT])
    await Operators(log.redis).see(EVE.id, EVE.name)
    await Desk(log).claim("c_0", EVE)
    rated = Draft(HandoffRated("h2", ADA.id, 1, "never again"), f"rated:h2:{ADA.id}")
    await log.publish("c_0", rated, author=ADA.id)
    await archive(log, calls, 1)
    await Erasure(log, Erasing(calls)).erase(ADA.id)
    assert "never again" not in str(await log.read("c_0", 0))
    assert ADA.id not in str(await log.redis.hgetall(keys_of("c_0").keys))
    await Erasure(log, Erasing(calls)).erase(EVE.id)
    assert await Operators(log.redis).all() == []
    assert (await log.describe("c_0")).owner == "queue:support"
