"""Who has a conversation's lease answers it, and nobody else; whoever loses it, or leaves, leaves nothing behind."""

from __future__ import annotations

import asyncio
import json

import pytest
import redis.asyncio

from switchboard.log.dialogue import Dialogues, DialogueUpdate
from switchboard.log.errors import StalePublish
from switchboard.log.events import MessageSent
from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox
from switchboard.log.keys import WAKE, keys_of
from switchboard.log.log import Log
from switchboard.turns.turn import BOT, Apology, Turn
from tests.support.people import ask, start
from tests.support.waiting import bounded, running
from tests.turns.conftest import SHORT_LEASE_MS, Engine, answer_of, answered, told, working


async def test_a_turn_that_is_cut_off_is_answered_by_the_next_worker(log: Log, follower: Follower) -> None:
    await start(log)
    engine = Engine(gates={"hello": asyncio.Event()})
    async with bounded(), working(log, follower, engine):
        await ask(log, "c_1", "hello")
        await engine.begun["hello"].wait()
    assert list(await Inbox(log.redis).waiting()) == ["c_1"]
    async with working(log, follower, Engine()):
        await answered(log)
    assert await told(log) == ["hello", *answer_of("hello")], "what the first one had said is not said again"


async def test_a_worker_that_stops_ends_its_turn_and_leaves_the_rest_to_others_at_once(
    log: Log, follower: Follower
) -> None:
    await start(log)
    gate = asyncio.Event()
    engine = Engine(gates={"one": gate})
    async with bounded(), working(log, follower, engine, drain_seconds=60.0) as task:
        await ask(log, "c_1", "one")
        await engine.begun["one"].wait()
        await ask(log, "c_1", "two")
        task.cancel()
        asyncio.get_running_loop().call_soon(gate.set)
    assert engine.asked == ["one"]
    assert (await told(log))[-1] == "turn.completed"
    lease = await Inbox(log.redis).take("c_1")
    assert lease is not None and json.loads(lease.entry)["text"] == "two", "the lease was given back"


async def test_a_worker_whose_lease_was_taken_over_says_nothing_more(
    log: Log, client: redis.asyncio.Redis[str]
) -> None:
    await start(log)
    await ask(log, "c_1", "hello")
    old = Inbox(client)
    lease = await old.take("c_1")
    assert lease is not None
    turn = Turn.of(log, lease)
    await client.delete(keys_of("c_1").lease)  # it ran out
    taken = await Inbox(client).take("c_1")
    assert taken is not None
    assert await old.renew("c_1", lease.fence) is False
    for late in (turn.say(MessageSent("m", BOT, "late")), turn.complete(), turn.fail("error", Apology("Sorry."))):
        with pytest.raises(StalePublish):
            await late
    assert await told(log) == ["hello", "turn.started"]


async def test_a_lease_that_ran_out_is_kept_if_nobody_came(log: Log, client: redis.asyncio.Redis[str]) -> None:
    """The loop of a worker may stand still for longer than its lease lives, while a model is read for instance."""
    await start(log)
    await ask(log, "c_1", "hello")
    inbox = Inbox(client)
    lease = await inbox.take("c_1")
    assert lease is not None
    await client.delete(keys_of("c_1").lease)
    assert await inbox.renew("c_1", lease.fence) is True
    assert await Inbox(client).take("c_1") is None


@pytest.mark.parametrize("end", ["complete", "release"])
async def test_a_renewal_that_comes_after_the_end_brings_no_lease_back(
    log: Log, client: redis.asyncio.Redis[str], end: str
) -> None:
    await start(log)
    await ask(log, "c_1", "hello")
    inbox = Inbox(client)
    lease = await inbox.take("c_1")
    assert lease is not None
    await (Turn.of(log, lease).complete() if end == "complete" else inbox.release("c_1"))
    assert await inbox.renew("c_1", lease.fence) is False
    await ask(log, "c_1", "again")
    assert await Inbox(client).take("c_1") is not None


async def test_the_conversations_of_the_dead_are_found_however_busy_the_others_are(
    log: Log, follower: Follower, client: redis.asyncio.Redis[str]
) -> None:
    await start(log)
    await ask(log, "c_1", "hello")
    assert await Inbox(client, lease_ms=SHORT_LEASE_MS).take("c_1"), "by somebody who dies with it"

    async def wake_all_the_time() -> None:
        while True:
            await client.publish(WAKE, "c_nobody")

    async with working(log, follower, Engine()), running(wake_all_the_time()):
        await answered(log)
    assert await told(log) == ["hello", *answer_of("hello")]


async def test_with_the_lease_comes_what_the_engine_remembers_of_the_turns_before(log: Log) -> None:
    await start(log)
    inbox, dialogues = Inbox(log.redis), Dialogues(log.redis)
    for text, checkpoint in (("one", None), ("two", (1, "{}")), ("three", None)):
        await ask(log, "c_1", text)
        lease = await inbox.take("c_1")
        assert lease and lease.before == await dialogues.read("c_1")
        turn = Turn.of(log, lease)
        turn.remember(DialogueUpdate((f"{text} asked",), checkpoint))
        turn.remember(DialogueUpdate((f"{text} answered",), checkpoint))
        await turn.complete()
    assert lease.before.cut == 1
    assert lease.before.events == ["one answered", "two asked", "two answered"]
    every = [f"{text} {what}" for text in ("one", "two", "three") for what in ("asked", "answered")]
    assert await dialogues.read_all("c_1") == every
