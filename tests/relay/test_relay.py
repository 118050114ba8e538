"""The relay: in order, again until it is confirmed, and never in anybody's way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis.asyncio

from switchboard.log.connection import connect
from switchboard.log.dialogue import Dialogues, DialogueUpdate
from switchboard.log.feed import Feed
from switchboard.log.follower import Follower
from switchboard.log.keys import PARTITIONS, feeds
from switchboard.log.log import Log
from switchboard.relay.message import LOG_ENTRY, LOG_GAP, RASA_EVENT, Message
from switchboard.relay.relay import BrokerUnavailable, Relay
from tests.support.people import message, start
from tests.support.redis_server import RedisServer
from tests.support.waiting import bounded, running, until

Redis = redis.asyncio.Redis
EVERYWHERE = range(PARTITIONS)
EVERYTHING = frozenset({LOG_ENTRY, LOG_GAP, RASA_EVENT})


@dataclass
class Publisher:
    """A broker that confirms, or does what the test says."""

    types: frozenset[str] = EVERYTHING
    errors: list[Exception] = field(default_factory=list)  # raised for the next messages, after they were taken
    gates: dict[str, asyncio.Event] = field(default_factory=dict)  # before the word on a conversation's messages
    delivered: list[Message] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def deliver(self, message: Message) -> None:
        self.delivered.append(message)
        self.news.set()
        if message.conversation in self.gates:
            await self.gates[message.conversation].wait()
        if self.errors:
            raise self.errors.pop(0)

    def ids(self, conversation: str = "c_1") -> list[str]:
        """What came of a conversation, by its place."""
        return [
            message.id.partition("/")[2].partition(".")[2] or f"event {message.number}"
            for message in self.delivered
            if message.conversation == conversation
        ]

    async def has(self, count: int) -> None:
        async with bounded():
            while len(self.delivered) < count:
                self.news.clear()
                await self.news.wait()


class Watched(Feed):
    """A feed that notes which partitions it is asked about; its leases are short."""

    def __init__(self, client: Redis[str]) -> None:
        super().__init__(client, "broker", lease_ms=200)
        self.asked: Collection[int] = ()

    async def due(self, partitions: Collection[int], count: int) -> list[str]:
        self.asked = partitions
        return await super().due(partitions, count)

    async def asks(self, partitions: Collection[int]) -> None:
        async def it_does() -> bool:
            return self.asked == partitions

        await until(it_does)


@pytest.fixture
async def feed(client: Redis[str]) -> Feed:
    feed = Feed(client, "broker")
    await feed.register()
    return feed


@contextlib.asynccontextmanager
async def relaying(client: Redis[str], feed: Feed, publisher: Publisher) -> AsyncIterator[None]:
    follower = Follower(client)
    relay = Relay(feed, follower, publisher, pauses=(0.01, 0.02), rescan_seconds=0.05)
    async with running(follower.run()), running(relay.run()):
        yield


async def idle(feed: Feed) -> bool:
    return not await feed.due(EVERYWHERE, 1)


async def settled(feed: Feed) -> None:
    """Until everything is delivered and noted."""

    async def nothing_due() -> bool:
        return await idle(feed)

    await until(nothing_due)


async def test_entries_and_events_are_delivered_under_their_names(client: Redis[str], log: Log, feed: Feed) -> None:
    publisher = Publisher()
    async with relaying(client, feed, publisher):
        epoch = (await log.start("c_1", "bot:main", [])).epoch
        await Dialogues(client).append("c_1", DialogueUpdate(('{"event": "action", "name": "action_listen"}',)))
        await settled(feed)
    entry, event = sorted(publisher.delivered, key=lambda message: message.type)
    assert (entry.type, entry.id, entry.conversation) == ("log.entry", f"c_1/{epoch}.1", "c_1")
    assert entry.body["conversationId"] == "c_1"
    assert (entry.body["epoch"], entry.body["offset"], entry.body["type"]) == (epoch, 1, "conversation.started")
    assert (event.type, event.id, event.number) == ("rasa.event", "c_1/0", 0)
    assert event.body == {"sender_id": "c_1", "event": "action", "name": "action_listen"}


async def test_a_message_waits_for_the_one_before_it_and_for_no_other_conversation(
    client: Redis[str], log: Log, feed: Feed
) -> None:
    publisher = Publisher(gates={"c_1": asyncio.Event()})
    await start(log, "c_1")
    await start(log, "c_2")
    async with relaying(client, feed, publisher):
        await publisher.has(4)
        assert publisher.ids("c_1") == ["1"]
        assert publisher.ids("c_2") == ["1", "2", "3"]
        publisher.gates["c_1"].set()
        await settled(feed)
    assert publisher.ids("c_1") == ["1", "2", "3"]


async def test_what_is_not_confirmed_is_delivered_again_and_what_is_is_not(
    client: Redis[str], log: Log, feed: Feed
) -> None:
    publisher = Publisher()
    await start(log)
    async with relaying(client, feed, publisher):
        await settled(feed)
        publisher.errors += [BrokerUnavailable("away")] * 2
        await log.publish("c_1", message("one"), message("two"))
        await settled(feed)
    assert publisher.ids() == ["1", "2", "3", "4", "4", "4", "5"]


async def test_an_error_that_nobody_foresaw_does_not_end_the_relay(client: Redis[str], log: Log, feed: Feed) -> None:
    publisher = Publisher(errors=[ZeroDivisionError()])
    await start(log)
    async with relaying(client, feed, publisher):
        await settled(feed)
    assert publisher.ids() == ["1", "1", "2", "3"]


async def test_what_a_broker_does_not_want_is_passed_over_and_not_kept_for_it(
    client: Redis[str], log: Log, feed: Feed
) -> None:
    publisher = Publisher(types=frozenset({RASA_EVENT}))
    await start(log)
    await Dialogues(client).append("c_1", DialogueUpdate(('{"event": "restart"}',)))
    async with relaying(client, feed, publisher):
        await settled(feed)
    assert publisher.ids() == ["event 0"]


async def test_a_gap_is_told(client: Redis[str], feed: Feed) -> None:
    log, publisher = Log(client, keep=5, hold=10), Publisher()
    await start(log)
    for number in range(17):
        await log.publish("c_1", message(str(number)))
    async with relaying(client, feed, publisher):
        await settled(feed)
    gap, *entries = publisher.delivered
    assert gap.type == "log.gap"
    assert (gap.body["first"], gap.body["last"]) == (1, 10)
    assert [entry.body["offset"] for entry in entries] == list(range(11, 21))


async def test_a_relay_that_stops_leaves_its_partitions_to_the_next_at_once(
    client: Redis[str], log: Log, feed: Feed
) -> None:
    await start(log)
    async with relaying(client, feed, Publisher()):
        await settled(feed)
    assert len(await Feed(client, "broker").hold()) == PARTITIONS


async def test_of_two_relays_only_one_delivers(client: Redis[str], log: Log, feed: Feed) -> None:
    one, other = Publisher(), Publisher()
    async with relaying(client, feed, one), relaying(client, Feed(client, "broker"), other):
        await start(log)
        await settled(feed)
    assert sorted(one.ids() + other.ids()) == ["1", "2", "3"]


async def test_who_lost_the_lease_without_noticing_repeats_but_never_overtakes(
    client: Redis[str], log: Log, feed: Feed
) -> None:
    """A relay that was frozen goes on with what it had taken, while the next one has the partition."""
    gate = asyncio.Event()
    one, other = Publisher(gates={"c_1": gate}), Publisher()
    one.delivered = other.delivered  # what comes out of the broker
    await start(log)
    async with relaying(client, feed, one):
        await one.has(1)
        await client.delete(*(f"{feeds(number)}:broker:lease" for number in EVERYWHERE))
        heir = Feed(client, "broker")
        assert await heir.hold() == frozenset(EVERYWHERE)
        async with relaying(client, heir, other):
            await settled(feed)
            gate.set()
            await one.has(6)
    first_times = list(dict.fromkeys(one.ids()))
    assert first_times == ["1", "2", "3"]
    assert sorted(one.ids()) == ["1", "1", "2", "2", "3", "3"]


async def test_a_relay_goes_on_when_redis_comes_back(redis_binary: Path, tmp_path: Path) -> None:
    server = RedisServer(redis_binary, tmp_path, durable=True)
    server.start()
    client, other, publisher = connect(server.url), connect(server.url), Publisher()
    feed = Feed(client, "broker")
    try:
        async with relaying(client, feed, publisher):
            await until(feed.is_registered)
            await start(Log(client))
            await publisher.has(3)
            server.stop()
            server.start()
            await Log(other).publish("c_1", message("one"))

            async def arrived() -> bool:
                return "4" in publisher.ids()

            await until(arrived)
    finally:
        server.stop()
        for connection in (client, other):
            await connection.close()
            await connection.connection_pool.disconnect()
    assert list(dict.fromkeys(publisher.ids())) == ["1", "2", "3", "4"]


async def test_a_relay_whose_leases_are_not_renewed_in_time_leaves_the_partitions_until_they_are(
    client: Redis[str], log: Log
) -> None:
    feed, publisher = Watched(client), Publisher()
    leases = [f"{feeds(number)}:broker:lease" for number in EVERYWHERE]
    async with relaying(client, feed, publisher):
        await feed.asks(frozenset(EVERYWHERE))
        async with client.pipeline() as pipe:
            for lease in leases:
                pipe.delete(lease).rpush(lease, "no lease")  # Redis refuses to renew it, and does all else
            await pipe.execute()
        await feed.asks(frozenset())
        await start(log)
        feed.asked = ()
        await feed.asks(frozenset())  # a round later
        assert not publisher.delivered
        await client.delete(*leases)
        await publisher.has(3)


async def test_a_relay_that_cannot_hold_its_partitions_any_more_ends_with_the_error(client: Redis[str]) -> None:
    """Whoever watches the tasks of a server ends the process then."""

    class Broken(Feed):
        async def hold(self) -> frozenset[int]:
            raise ValueError("a defect")

    relay = Relay(Broken(client, "broker"), Follower(client), Publisher())
    async with bounded():
        with pytest.raises(ExceptionGroup) as raised:
            await relay.run()
    assert raised.group_contains(ValueError, match="a defect")
