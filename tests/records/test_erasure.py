"""A person who is erased is found nowhere any more, wherever it was interrupted; what others said is."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest
import redis.asyncio
from sqlalchemy.engine import Engine

from switchboard.archive.erasing import Erasing, Plan
from switchboard.archive.timeline import Timeline
from switchboard.log import snapshot
from switchboard.log.errors import ArchiveUnavailable, UnknownConversation
from switchboard.log.events import (
    MessageSent,
    Participant,
    TaskProgressed,
    TaskStarted,
)
from switchboard.log.feed import Progress
from switchboard.log.inbox import Inbox
from switchboard.log.keys import keys_of
from switchboard.log.log import Draft, Position
from switchboard.log.members import Members
from switchboard.log.rewriting import Rewriting, Status, Stored
from switchboard.people.identity import InvalidToken
from switchboard.records.scrub import SOMEONE
from switchboard.store.history import Erased as TaskErased
from switchboard.turns.turn import BOT
from tests.records.world import BOB, GUEST, MARK, ZOE, World, bobs_view, in_sql, is_nowhere
from tests.support.archived import archived, overview
from tests.support.waiting import running

Redis = redis.asyncio.Redis


async def test_nothing_is_found_of_them_and_others_keep_what_they_said(world: World, database: Engine) -> None:
    await world.talk()
    assert (await world.in_redis()).count(MARK) > 20 and in_sql(database).count(MARK) > 20, "or the search is blind"
    await world.requests.ask(ZOE.id)
    await world.sign_ins.end_all(ZOE.id)
    await world.erasure.erase(ZOE.id)
    for _ in range(2):
        await world.eraser.look()
    await is_nowhere(world, database)
    for _ in range(3):
        await world.archive("c_both")
    await is_nowhere(world, database)
    with pytest.raises(UnknownConversation):
        await world.log.describe("c_alone")
    assert await bobs_view(world) == [
        ("Bob", "first of Bob's"),
        ("Assistant", "you said first of Bob's"),
        (SOMEONE, ""),
        ("Assistant", ""),
        ("Bob", "second of Bob's"),
        ("Assistant", "you said second of Bob's"),
        (SOMEONE, ""),
        ("Assistant", ""),
    ]


async def test_the_shared_log_goes_on_and_is_archived(world: World, database: Engine) -> None:
    await world.talk()
    before = await world.log.describe("c_both")
    await world.erase(ZOE)
    await world.ask("c_both", BOB, "third of Bob's")
    await world.archive("c_both")
    now = await world.log.describe("c_both")
    assert (now.epoch != before.epoch, now.title) == (True, None)
    assert set(now.participants) == {BOB, BOT}
    known = overview(database, "c_both")
    assert (known.epoch, known.offset) == (now.epoch, now.offset)
    assert {each.name for each in known.members.values() if each.left_at is None} == {BOB.name, BOT.name}
    rows = archived(database, "c_both")
    stored = {line.offset: line.json for line in await world.log.read("c_both", 0, 1_000)}
    assert {offset: rows[offset] for offset in stored if offset in rows} == {
        offset: stored[offset] for offset in stored if offset in rows
    }
    _, state = await snapshot.take(world.log, now)
    assert (state["turn"], state["messages"][-1]["text"]) == (None, "you said third of Bob's")


async def test_who_is_answered_at_that_moment_is_answered_no_more(world: World, database: Engine) -> None:
    await world.talk(is_answered=False)
    fence = await world.client.hget(keys_of("c_both").meta, "fence")
    turn = f"t{await world.client.lindex(keys_of('c_both').waiting, 0)}"
    await world.erase(ZOE)
    await is_nowhere(world, database)
    _, state = await snapshot.take(world.log, await world.log.describe("c_both"))
    assert state["turn"] is None
    assert await world.client.llen(keys_of("c_both").waiting) == 0
    assert await world.client.hget(keys_of("c_both").meta, "fence") != fence, "what the worker says now is refused"
    with pytest.raises(TaskErased):
        await world.tasks.begin("k_late", "c_alone", "t9", "look", {"text": MARK})
    with pytest.raises(TaskErased):
        await world.tasks.begin("k_late", "c_both", turn, "look", {"text": MARK})
    assert await world.tasks.begin("k_bobs", "c_both", "t99", "look", {}) is None
    await is_nowhere(world, database)


async def test_what_the_archiver_has_in_hand_does_not_come_back(world: World, database: Engine) -> None:
    await world.talk()
    batches = [await world.feed.take(conversation, 1_000) for conversation in ("c_alone", "c_both")]
    assert all(MARK in str(batch.entries) for batch in batches)
    await world.erase(ZOE)
    assert await world.entries.add(batches) == set()
    for batch in batches:
        await world.feed.advance(batch, Progress(batch.entries[-1].offset, 0))
    await is_nowhere(world, database)
    await world.archive("c_both")
    assert archived(database, "c_both") == await expected_after(world), "the batch of before has moved nothing on"


async def expected_after(world: World) -> dict[int, str]:
    """All of the shared log: what Redis has trimmed is as the archive had it, but for the person."""
    now = await world.log.describe("c_both")
    rows = {}
    async for line in Timeline(world.log, world.entries).forth("c_both", Position(now.epoch, 1)):
        rows[line.offset] = line.json
    return rows


async def test_what_others_say_meanwhile_is_neither_lost_nor_left_unanswered(
    world: World, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.talk()
    stored, said = Rewriting.stored, iter(["third of Bob's", "fourth of Bob's"])

    async def slow(self: Rewriting, conversation: str, after: int = 0) -> list[Stored]:
        found = await stored(self, conversation, after)
        for text in said:
            await world.log.publish("c_both", Draft(MessageSent(text, BOB, text)), asks=True, author=BOB.id)
            break
        return found

    monkeypatch.setattr(Rewriting, "stored", slow)
    await world.erase(ZOE)
    await world.archive("c_both")
    await is_nowhere(world, database)
    assert [text for name, text in await bobs_view(world) if name == "Bob"][-2:] == [
        "third of Bob's",
        "fourth of Bob's",
    ]
    waiting = [int(offset) for offset in await world.client.lrange(keys_of("c_both").waiting, 0, -1)]
    lines = {line.offset: json.loads(line.json) for line in await world.log.read("c_both", 0, 1_000)}
    assert [lines[offset]["text"] for offset in waiting] == ["third of Bob's", "fourth of Bob's"]


async def test_two_of_a_conversation_are_erased_at_once_by_two_processes(world: World, database: Engine) -> None:
    await world.talk()
    carol = Participant("guest_carol", "customer", "Carol")
    await Members(world.client).join("c_both", carol)
    await world.ask("c_both", carol, "Carol's")
    for who in (ZOE, BOB):
        await world.requests.ask(who.id)
    looks = await asyncio.gather(world.eraser.look(), world.new_eraser().look(), return_exceptions=True)
    assert {type(each) for each in looks} <= {type(None), ArchiveUnavailable}, "both write over the file at once"
    for _ in range(3):
        await world.eraser.look()
    assert await world.requests.open() == []
    await world.archive("c_both")
    everything = await world.in_redis() + in_sql(database)
    assert MARK not in everything and "Bob" not in everything and BOB.id not in everything
    assert [said for said in await bobs_view(world) if said[1]] == [
        ("Carol", "Carol's"),
        ("Assistant", "you said Carol's"),
    ]


async def test_who_comes_back_with_an_old_redis_is_erased_again(world: World, database: Engine) -> None:
    await world.talk()
    pool = world.client.connection_pool
    kind, options = pool.connection_class, pool.connection_kwargs | {"decode_responses": False}
    raw = Redis(connection_pool=redis.asyncio.ConnectionPool(connection_class=kind, **options))
    old = {key: await raw.dump(key) async for key in raw.scan_iter()}
    await world.erase(ZOE)
    await raw.flushall()
    for key, value in old.items():
        await raw.restore(key, 0, value)
    await raw.connection_pool.disconnect()
    await world.erase(ZOE)
    await world.archive("c_both")
    assert MARK not in await world.in_redis() + in_sql(database)
    assert [text for name, text in await bobs_view(world) if name == "Bob"][-1] == "second of Bob's"


async def test_who_cannot_be_erased_holds_nobody_up(
    world: World, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.talk()
    await world.log.start("c_carols", BOT.id, [carol := Participant("guest_carol", "customer", "Carol"), BOT])
    await world.ask("c_carols", carol, "Carol's")
    replace = Rewriting.replace

    async def moved(self: Rewriting, conversation: str, epoch: str, log: Any) -> Status:
        return "moved"

    monkeypatch.setattr(Rewriting, "replace", moved)
    for who in (ZOE, carol):
        await world.requests.ask(who.id)
    await world.eraser.look()
    await world.eraser.look()
    assert [each.person for each in await world.requests.open()] == [ZOE.id]
    assert "Carol" not in await world.in_redis() + in_sql(database)
    monkeypatch.setattr(Rewriting, "replace", replace)
    await world.erase()
    await is_nowhere(world, database)


async def test_the_turn_of_somebody_else_goes_on_as_the_try_that_it_is(world: World) -> None:
    await world.talk()
    await world.log.publish("c_both", Draft(MessageSent("m_1", BOB, "third of Bob's")), asks=True, author=BOB.id)
    await Inbox(world.client).take("c_both")
    before = await world.client.hgetall(keys_of("c_both").turn)
    await world.erase(ZOE)
    assert await world.client.hgetall(keys_of("c_both").turn) == before != {}


async def test_a_plan_that_was_dropped_takes_no_other_with_it(world: World) -> None:
    erasing = world.erasure.erasing
    one, other = (Plan("c_x", "0000000a", None, heir, [ZOE.id]) for heir in ("someone_1", "someone_2"))
    await erasing.begin(one)
    await erasing.drop(one)
    await erasing.begin(other)
    await erasing.drop(one)
    assert await erasing.open_plans() == [other]


async def test_a_long_log_that_grows_all_the_time_is_replaced(world: World, database: Engine) -> None:
    await world.talk()
    for number in range(40):
        texts = [f"Bob's {number}.{each}" for each in range(100)]
        await world.log.publish("c_both", *(Draft(MessageSent(text, BOB, text)) for text in texts))

    async def talk_on() -> None:
        for number in itertools.count():
            await world.log.publish("c_both", Draft(MessageSent(f"more {number}", BOB, f"more {number}")))
            await asyncio.sleep(0.02)

    async with running(talk_on()):
        await world.erase(ZOE)
    await world.archive("c_both", 10_000)
    await is_nowhere(world, database)
    said = [json.loads(line.json) for line in await world.log.read("c_both", 0, 10_000)]
    more = [entry["text"] for entry in said if entry.get("text", "").startswith("more ")]
    assert more == [f"more {number}" for number in range(len(more))] and more
    assert [key async for key in world.client.scan_iter("*draft*")] == []


async def test_what_a_guest_did_not_take_along_is_theirs_too(world: World, database: Engine) -> None:
    await world.talk()
    await world.log.start("c_forgotten", BOT.id, [GUEST, BOT])
    await world.ask("c_forgotten", GUEST, f"forgotten {MARK}")
    await world.erase(ZOE)
    await is_nowhere(world, database)


async def test_what_the_bot_said_by_itself_is_blank(world: World, database: Engine) -> None:
    await world.talk()
    by_itself = [MessageSent("b_9", BOT, f"Order {MARK} is late"), TaskStarted("k_9", "remind", f"Reminding {MARK}")]
    await world.log.publish("c_both", *map(Draft, [*by_itself, TaskProgressed("k_9", 1, 2, f"at {MARK}")]))
    await world.erase(ZOE)
    await world.archive("c_both")
    await is_nowhere(world, database)


async def test_who_has_left_before_it_was_archived_is_found(world: World, database: Engine) -> None:
    await world.talk()
    carol = Participant(f"guest_carol{MARK}", "customer", f"Carol{MARK}")
    await world.log.start("c_left", BOT.id, [BOB, BOT])
    members = Members(world.client)
    await members.join("c_left", carol)
    await world.ask("c_left", carol, f"Carol's {MARK}")
    await members.leave("c_left", carol.id)
    await world.erase(carol)
    await world.erase(ZOE)
    await world.archive("c_left")
    await is_nowhere(world, database)


async def test_who_joins_at_the_last_moment_keeps_the_conversation(
    world: World, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.talk()
    begin, members = Erasing.begin, Members(world.client)

    async def slow(self: Erasing, plan: Plan) -> Plan:
        found = await begin(self, plan)
        if plan.conversation == "c_alone" and plan.successor is None:
            await members.join("c_alone", BOB)
            await world.ask("c_alone", BOB, "Bob was here")
        return found

    monkeypatch.setattr(Erasing, "begin", slow)
    await world.erase(ZOE)
    await world.archive("c_alone")
    await is_nowhere(world, database)
    lines = await world.log.read("c_alone", 0, 1_000)
    assert "Bob was here" in [json.loads(line.json).get("text") for line in lines]


async def test_the_archive_waits_for_a_plan_and_loses_nothing(world: World, database: Engine) -> None:
    await world.talk()
    now = await world.log.describe("c_both")
    plan = await world.erasure.erasing.begin(Plan("c_both", now.epoch, "00000001", "someone_1", [ZOE.id, GUEST.id]))
    before = archived(database, "c_both")
    await world.archive("c_both")
    assert archived(database, "c_both") == before
    await world.ask("c_both", BOB, "third of Bob's")
    await world.erase(ZOE)
    await world.archive("c_both")
    assert plan.successor == (await world.log.describe("c_both")).epoch
    assert archived(database, "c_both") == await expected_after(world)
    assert ("Bob", "third of Bob's") in await bobs_view(world)
    await is_nowhere(world, database)


async def test_they_are_signed_out_everywhere_and_nobody_else_is(world: World) -> None:
    zoe, bob = (world.sign_ins.refresh_token(world.sessions.begin(who)) for who in (ZOE, BOB))
    await world.erase(ZOE)
    with pytest.raises(InvalidToken):
        await world.sign_ins.refresh(zoe)
    assert await world.sign_ins.refresh(bob)
    assert MARK not in await world.in_redis()


async def test_who_is_nowhere_is_erased_without_a_trace(world: World, database: Engine) -> None:
    await world.talk()
    before = in_sql(database)
    await world.erasure.erase("guest_nobody")
    assert in_sql(database) == before
