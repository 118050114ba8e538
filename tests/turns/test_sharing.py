"""Workers share the conversations, and none of these is left behind."""

from __future__ import annotations

import asyncio

import pytest

from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox, Lease
from switchboard.log.keys import WAKE
from switchboard.log.log import Log
from switchboard.turns import worker
from switchboard.turns.turn import Turn
from switchboard.turns.worker import MAX_CONVERSATIONS, Worker
from tests.support.people import ask, start
from tests.support.waiting import bounded, running, until
from tests.turns.conftest import SHORT_LEASE_MS, Engine, answer_of, answered, entries, is_answered, told, working


async def test_a_wake_up_is_one_workers_and_both_get_their_share(log: Log, follower: Follower) -> None:
    class Trying(Inbox):
        tries = 0

        async def take(self, conversation: str) -> Lease | None:
            self.tries += 1
            return await super().take(conversation)

    one, two = Trying(log.redis), Trying(log.redis)
    for inbox in (one, two, one):  # the first learns of the second
        await inbox.crew.report()
    names = [f"c_{number}" for number in range(40)]
    async with (
        running(Worker(log, one, follower, Engine()).run()),
        running(Worker(log, two, follower, Engine()).run()),
    ):
        for name in names:
            await start(log, name)
            await ask(log, name, "hello")
        await answered(log)
    assert one.tries + two.tries < 1.2 * len(names)  # when it begins, a worker looks, and is woken as well
    assert min(one.tries, two.tries) > len(names) / 5


async def test_whoever_is_gone_leaves_its_share_to_the_others_at_once(log: Log, follower: Follower) -> None:
    leaving, staying = Inbox(log.redis), Inbox(log.redis)
    for inbox in (leaving, staying):
        await inbox.crew.report()
    names = [f"c_{number}" for number in range(20)]
    ours = [name for name in names if staying.crew.is_ours(name)]
    async with bounded(), running(Worker(log, staying, follower, Engine(), rescan_seconds=60.0).run()):
        await until(lambda: _somebody_listens(log))  # it has looked, and will not again for a minute
        for name in names:
            await start(log, name)
            await ask(log, name, "hello")
        await until(lambda: _waits_for(log, set(names) - set(ours)))
        await leaving.crew.leave()
        await answered(log)


async def _waits_for(log: Log, names: set[str]) -> bool:
    return set(await Inbox(log.redis).waiting()) == names


async def _somebody_listens(log: Log) -> bool:
    """Whether somebody hears wake-ups."""
    ((_, number),) = await log.redis.pubsub_numsub(WAKE)
    return bool(number)


async def test_conversations_are_answered_side_by_side(log: Log, follower: Follower) -> None:
    gate = asyncio.Event()
    engine = Engine(gates={"slow": gate})
    for conversation in ("c_1", "c_2"):
        await start(log, conversation)
    async with bounded(), working(log, follower, engine):
        await ask(log, "c_1", "slow")
        await engine.begun["slow"].wait()
        await ask(log, "c_2", "quick")
        await until(lambda: is_answered(log, "c_2", "quick"))
        assert await told(log, "c_1") == ["slow", "turn.started", "You said slow."]
        gate.set()
        await answered(log)


async def test_more_conversations_than_one_worker_serves_at_once_are_all_answered(log: Log, follower: Follower) -> None:
    names = [f"c_{n}" for n in range(MAX_CONVERSATIONS * 2)]
    engine = Engine()
    async with bounded(), working(log, follower, engine):
        for name in names:
            await start(log, name)
            await ask(log, name, name)
        await answered(log)
    assert sorted(engine.asked) == sorted(names)


async def test_a_flood_in_one_conversation_does_not_hold_up_the_others(
    log: Log, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the polite asks once more when it was answered, three times in all."""
    monkeypatch.setattr(worker, "MAX_CONVERSATIONS", 1)
    names = [f"c_{n}" for n in range(10)]
    for name in ("c_flood", *names):
        await start(log, name)
    floods = [f"flood {number}" for number in range(50)]
    for flood in floods:
        await ask(log, "c_flood", flood)
    for name in names:
        await ask(log, name, f"{name} 1")

    class Polite(Engine):
        async def answer(self, turn: Turn) -> None:
            await super().answer(turn)
            name, number = turn.message.text.split()
            if name != "flood" and number != "3":
                await ask(log, name, f"{name} {int(number) + 1}")

    engine = Polite()
    async with bounded(), working(log, follower, engine):
        await answered(log)
    assert [text for text in engine.asked if text in floods] == floods, "in order"
    polite = [at for at, text in enumerate(engine.asked) if text not in floods]
    assert len(polite) == 3 * len(names)
    assert polite[-1] < len(polite) + 5, "a turn of the flood in each round of the others, and no more"


async def test_a_conversation_that_one_worker_answers_is_left_alone_by_the_others(log: Log, follower: Follower) -> None:
    await start(log)
    gate = asyncio.Event()
    first, second = Engine(gates={"hello": gate}), Engine()
    async with bounded(), working(log, follower, first):
        await ask(log, "c_1", "hello")
        await first.begun["hello"].wait()
        assert await Inbox(log.redis).take("c_1") is None
        async with working(log, follower, second):
            await start(log, "c_2")
            await ask(log, "c_2", "to whoever is free")
            await until(lambda: is_answered(log, "c_2", "to whoever is free"))
            await asyncio.sleep(2 * SHORT_LEASE_MS / 1000)  # longer than a lease lives that is not renewed
            gate.set()
            await answered(log)
    assert "hello" not in second.asked
    assert await told(log) == ["hello", *answer_of("hello")]


async def test_two_workers_answer_each_message_once(log: Log, follower: Follower) -> None:
    names = [f"c_{n}" for n in range(10)]
    for name in names:
        await start(log, name)
    engine = Engine()
    async with bounded(), working(log, follower, engine), working(log, follower, engine):
        await asyncio.gather(*(ask(log, name, f"{name} {n}") for n in range(10) for name in names))
        await answered(log)
    assert sorted(engine.asked) == sorted(f"{name} {n}" for n in range(10) for name in names)
    for name in names:
        ends = [entry["turnId"] for entry in await entries(log, name) if entry["type"] == "turn.completed"]
        assert ends == sorted(ends, key=lambda turn: int(turn[1:])) and len(ends) == 10
