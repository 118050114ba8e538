"""A feed gets everything of every conversation, in order, whoever takes it and however long nobody does."""

from __future__ import annotations

import redis.asyncio

from switchboard.log.dialogue import Dialogues, DialogueUpdate
from switchboard.log.feed import Batch, Feed, Progress
from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox
from switchboard.log.keys import PARTITIONS, keys_of
from switchboard.log.log import Log
from tests.support.people import ADA, ask, message, start
from tests.support.waiting import bounded, running, until

Redis = redis.asyncio.Redis
EVERYWHERE = range(PARTITIONS)
SHORT_LEASE_MS = 200


async def registered(client: Redis[str], name: str = "archive") -> Feed:
    feed = Feed(client, name)
    await feed.register()
    return feed


async def take_all(feed: Feed, conversation: str = "c_1", count: int = 7) -> list[Batch]:
    """Everything that is there, in batches."""
    batches: list[Batch] = []
    while conversation in await feed.due(EVERYWHERE, 100):
        batches.append(await feed.take(conversation, count, count))
        await feed.advance(batches[-1], end(batches[-1]))
    return batches


def end(batch: Batch) -> Progress:
    last = batch.entries[-1].offset if batch.entries else batch.start.offset
    return Progress(last, batch.start.number + len(batch.events))


def offsets(batches: list[Batch]) -> list[int]:
    return [line.offset for batch in batches for line in batch.entries]


async def fill(log: Log, count: int) -> None:
    for number in range(count):
        await log.publish("c_1", message(str(number)))


async def test_a_feed_gets_the_log_and_the_dialogue_each_once_and_in_order(log: Log, client: Redis[str]) -> None:
    feed = await registered(client)
    await start(log)
    await fill(log, 20)
    await Dialogues(client).append("c_1", DialogueUpdate(tuple(f"event {number}" for number in range(30))))
    batches = await take_all(feed)
    assert offsets(batches) == list(range(1, 24))
    assert [event for batch in batches for event in batch.events] == [f"event {number}" for number in range(30)]
    assert await feed.due(EVERYWHERE, 100) == []


async def test_whatever_makes_a_log_grow_is_announced(log: Log, client: Redis[str]) -> None:
    feed = await registered(client)
    await start(log)
    await take_all(feed)
    await ask(log, "c_1", "hello?")
    assert offsets(await take_all(feed)) == [4]
    assert await Inbox(client).take("c_1")
    assert offsets(await take_all(feed)) == [5], "a lease that is taken says so on the log"
    await log.stop("c_1", ADA.id)
    assert offsets(await take_all(feed)) == [6], "and so does a stop"


async def test_what_is_not_advanced_comes_again(log: Log, client: Redis[str]) -> None:
    feed = await registered(client)
    await start(log)
    first = await feed.take("c_1")
    assert await feed.take("c_1") == first
    await feed.advance(first, Progress(2, 0))
    assert [line.offset for line in (await feed.take("c_1")).entries] == [3]
    await feed.advance(first, Progress(1, 0))
    assert (await feed.take("c_1")).start == Progress(2, 0), "progress never goes back"


async def test_what_comes_between_taking_and_advancing_is_not_missed(log: Log, client: Redis[str]) -> None:
    feed = await registered(client)
    await start(log)
    batch = await feed.take("c_1")
    await fill(log, 1)
    await feed.advance(batch, end(batch))
    assert await feed.due(EVERYWHERE, 100) == ["c_1"]
    assert offsets(await take_all(feed)) == [4]


async def test_who_has_more_to_take_goes_to_the_end_of_the_line(log: Log, client: Redis[str]) -> None:
    feed = await registered(client)
    for conversation in ("c_1", "c_2"):
        await start(log, conversation)
    assert await feed.due(EVERYWHERE, 1) == ["c_1"]
    await feed.advance(await feed.take("c_1"), Progress(1, 0))
    assert await feed.due(EVERYWHERE, 1) == ["c_2"]


async def test_feeds_do_not_know_of_each_other(log: Log, client: Redis[str]) -> None:
    one, other = await registered(client), await registered(client, "broker")
    await start(log)
    await take_all(one)
    assert offsets(await take_all(other)) == [1, 2, 3]


async def test_a_feed_is_woken_by_a_conversation_that_was_quiet(log: Log, client: Redis[str]) -> None:
    feed, follower = await registered(client), Follower(client)
    async with running(follower.run()), follower.subscribe(feed.wake) as news, bounded():
        assert await news.take() is None
        await start(log)
        lines = await news.take()
        assert lines is not None
        assert [line.json for line in lines] == ["c_1"], "once, however many entries there are"


async def test_the_log_is_kept_for_a_feed_that_lags(client: Redis[str]) -> None:
    log, feed = Log(client, keep=10, hold=100), await registered(client)
    await start(log)
    await fill(log, 50)
    assert offsets(await take_all(feed)) == list(range(1, 54))
    await fill(log, 1)
    assert await client.xlen(keys_of("c_1").log) == 10


async def test_what_is_too_much_to_keep_becomes_a_gap_that_is_told(client: Redis[str]) -> None:
    log, feed = Log(client, keep=10, hold=40), await registered(client)
    await start(log)
    await fill(log, 97)
    assert await client.xlen(keys_of("c_1").log) == 40
    batches = await take_all(feed)
    assert batches[0].missing == (1, 60)
    assert [batch.missing for batch in batches[1:]] == [None] * (len(batches) - 1)
    assert offsets(batches) == list(range(61, 101))


async def test_an_unanswered_message_stays_for_however_long_a_feed_lags(client: Redis[str]) -> None:
    log = Log(client, keep=10, hold=40)
    await registered(client)
    await start(log)
    question = await ask(log, "c_1", "hello?")
    await fill(log, 100)
    assert (await log.read("c_1", 0, count=1))[0].offset == question


async def test_a_dialogue_that_was_forgotten_is_numbered_anew(log: Log, client: Redis[str]) -> None:
    feed, dialogues = await registered(client), Dialogues(client)
    await dialogues.append("c_1", DialogueUpdate(("one", "two")))
    stale = (await take_all(feed))[0]
    await client.delete(keys_of("c_1").dialogue)
    await dialogues.append("c_1", DialogueUpdate(("three",)))
    await feed.advance(stale, Progress(0, 0))
    assert [batch.events for batch in await take_all(feed)] == [["three"]]
    await feed.advance(stale, end(stale))
    await dialogues.append("c_1", DialogueUpdate(("four",)))
    assert [batch.events for batch in await take_all(feed)] == [["four"]]


async def test_one_process_holds_a_partition_until_it_gives_it_back(client: Redis[str]) -> None:
    one, other = Feed(client, "archive"), Feed(client, "archive")
    assert await one.hold() == frozenset(EVERYWHERE)
    assert await other.hold() == frozenset()
    await other.release()
    assert await one.hold() == frozenset(EVERYWHERE), "nobody gives back what another one holds"
    await one.release()
    assert await other.hold() == frozenset(EVERYWHERE)


async def test_the_partitions_of_a_process_that_died_are_free_after_a_while(client: Redis[str]) -> None:
    assert await Feed(client, "archive", lease_ms=SHORT_LEASE_MS).hold()
    heir = Feed(client, "archive")

    async def inherited() -> bool:
        return await heir.hold() == frozenset(EVERYWHERE)

    await until(inherited)


async def test_without_a_feed_nothing_is_kept_for_one(log: Log, client: Redis[str]) -> None:
    await start(log)
    await Dialogues(client).append("c_1", DialogueUpdate(("event",)))
    assert [key async for key in client.scan_iter("*feed*")] == []
    assert not [name for name in await client.hkeys(keys_of("c_1").meta) if name[:2] in ("f:", "d:")]


async def test_for_a_feed_that_is_forgotten_nothing_is_kept(client: Redis[str]) -> None:
    log, feed = Log(client, keep=10), await registered(client)
    assert await feed.is_registered()
    await start(log)
    await feed.forget()
    assert not await feed.is_registered()
    await fill(log, 50)
    assert await client.xlen(keys_of("c_1").log) == 10
    assert [key async for key in client.scan_iter("*feed*")] == []


async def test_a_feed_is_told_once_of_what_there_was_before_it(log: Log, client: Redis[str]) -> None:
    for number in range(100):
        await start(log, f"c_{number}")
    await Dialogues(client).append("elsewhere", DialogueUpdate(("event",)))
    feed = await registered(client)
    assert await feed.due(EVERYWHERE, 200) == []
    await feed.enlist()
    assert sorted(await feed.due(EVERYWHERE, 200)) == sorted(f"c_{number}" for number in range(100))
    assert offsets(await take_all(feed)) == [1, 2, 3]
    await feed.enlist()
    assert "c_1" not in await feed.due(EVERYWHERE, 200)


async def test_a_feed_that_wants_no_events_gets_none_and_is_not_behind_with_them(log: Log, client: Redis[str]) -> None:
    feed = await registered(client)
    await start(log)
    await Dialogues(client).append("c_1", DialogueUpdate(("one", "two")))
    batch = await feed.take("c_1", events=0)
    assert (len(batch.entries), batch.events) == (3, [])
    await feed.advance(batch, Progress(3, 2**53))
    assert await feed.due(EVERYWHERE, 1) == []
    await Dialogues(client).append("c_1", DialogueUpdate(("three",)))
    assert (await feed.take("c_1")).events == ["three"]
