"""With a real RabbitMQ: nothing is lost and order is kept, whatever is killed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aio_pika
import pytest
import redis.asyncio

from switchboard.log.feed import Feed
from switchboard.log.keys import PARTITIONS, keys_of
from switchboard.log.log import Log
from switchboard.relay.relay import FEED
from tests.relay.conftest import Rabbit, Traffic, first_of_each
from tests.support.relay_process import relay, relay_process
from tests.support.waiting import POLL_SECONDS, running

Redis = redis.asyncio.Redis
DELIVERED_SECONDS = 60.0  # RabbitMQ needs some to come back


@pytest.fixture
async def traffic(client: Redis[str], log: Log) -> Traffic:
    """Eight conversations; a feed is registered, whether or not a relay runs yet."""
    await Feed(client, FEED).register()
    traffic = Traffic(log, 8)
    await traffic.begin()
    return traffic


async def settled(client: Redis[str]) -> None:
    """Until everything is delivered and noted."""
    async with asyncio.timeout(DELIVERED_SECONDS):
        while await Feed(client, FEED).due(range(PARTITIONS), 1):  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(POLL_SECONDS)


async def under_way(client: Redis[str], traffic: Traffic) -> None:
    """Until some of it is delivered, and by far not all."""
    async with asyncio.timeout(DELIVERED_SECONDS):
        while not await client.hget(keys_of(traffic.conversations[0]).meta, f"f:{FEED}"):  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)


async def check(rabbit: Rabbit, traffic: Traffic) -> None:
    """Everything is in the queues, each conversation in its order."""
    entries, events = await traffic.entries(), await traffic.events()
    expected = {name: [{"conversationId": name, **entry} for entry in of] for name, of in entries.items()}
    assert first_of_each(await rabbit.server.take(rabbit.log, sum(map(len, entries.values())))) == expected
    expected = {name: [{"sender_id": name, **event} for event in of] for name, of in events.items()}
    assert first_of_each(await rabbit.server.take(rabbit.events, sum(map(len, events.values())))) == expected


async def test_everything_arrives_once_and_in_order(
    rabbit: Rabbit, redis_url: str, client: Redis[str], traffic: Traffic
) -> None:
    async with running(relay(redis_url, rabbit.settings)):
        await traffic.more(20)
        await settled(client)
    await check(rabbit, traffic)
    connection = await aio_pika.connect(rabbit.server.url)
    async with connection:
        channel = await connection.channel()
        for name in (rabbit.log, rabbit.events):
            queue = await channel.declare_queue(name, durable=True)
            assert queue.declaration_result.message_count == 0, "no more than that"


async def test_messages_say_what_they_are(rabbit: Rabbit, redis_url: str, client: Redis[str], log: Log) -> None:
    await Feed(client, FEED).register()
    traffic = Traffic(log, 1)
    async with running(relay(redis_url, rabbit.settings)):
        await traffic.more_events([{"event": "restart", "timestamp": 1.5}])
        (event,) = await rabbit.server.take(rabbit.events, 1)
        await traffic.begin()
        entry, *_ = await rabbit.server.take(rabbit.log, 3)
    assert (event.type, event.message_id, dict(event.headers)) == (
        "rasa.event",
        "c_0/0",
        {"conversation": "c_0", "number": 0},
    )
    assert event.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    epoch = json.loads(entry.body)["epoch"]
    assert (entry.type, entry.message_id, dict(entry.headers)) == (
        "log.entry",
        f"c_0/{epoch}.1",
        {"conversation": "c_0"},
    )


async def test_a_bot_of_any_rasa_developer_gets_rasas_events_only(
    rabbit: Rabbit, redis_url: str, client: Redis[str], traffic: Traffic
) -> None:
    plain = {name: value for name, value in rabbit.settings.items() if name != "log_queues"}
    async with running(relay(redis_url, plain)):
        await traffic.more(2)
        await settled(client)
    messages = await rabbit.server.take(rabbit.events, 16)
    assert {incoming.type for incoming in messages} == {"rasa.event"}


async def test_nothing_is_lost_when_rabbitmq_is_killed_and_comes_back(
    rabbit: Rabbit, redis_url: str, client: Redis[str], traffic: Traffic
) -> None:
    await traffic.more(150)
    async with running(relay(redis_url, rabbit.settings)):
        await under_way(client, traffic)
        rabbit.server.kill()
        await traffic.more(10)
        assert await Feed(client, FEED).due(range(PARTITIONS), 1), "it was killed under way"
        await asyncio.to_thread(rabbit.server.start)
        await traffic.more(10)
        await settled(client)
    await check(rabbit, traffic)


async def test_a_relay_begins_while_rabbitmq_is_away(
    rabbit: Rabbit, redis_url: str, client: Redis[str], traffic: Traffic
) -> None:
    rabbit.server.kill()
    async with running(relay(redis_url, rabbit.settings)) as task:
        await traffic.more(5)
        await asyncio.to_thread(rabbit.server.start)
        await settled(client)
        assert not task.done()
    await check(rabbit, traffic)


async def test_a_relay_that_is_killed_is_taken_over_from(
    rabbit: Rabbit, redis_url: str, client: Redis[str], traffic: Traffic, tmp_path: Path
) -> None:
    await traffic.more(150)
    async with relay_process(redis_url, rabbit.settings, tmp_path / "one.log") as one:
        await under_way(client, traffic)
        one.kill()
        assert await Feed(client, FEED).due(range(PARTITIONS), 1), "it was killed under way"
        async with relay_process(redis_url, rabbit.settings, tmp_path / "two.log"):
            await traffic.more(10)
            await settled(client)
    await check(rabbit, traffic)


async def test_a_queue_that_somebody_deleted_is_declared_again(
    rabbit: Rabbit, redis_url: str, client: Redis[str], traffic: Traffic
) -> None:
    async with running(relay(redis_url, rabbit.settings)):
        await settled(client)
        connection = await aio_pika.connect(rabbit.server.url)
        async with connection:
            channel = await connection.channel()
            await channel.queue_delete(rabbit.log)
        await traffic.more(1)
        await settled(client)
    entries = await traffic.entries()
    messages = await rabbit.server.take(rabbit.log, 8)
    assert first_of_each(messages) == {name: [{"conversationId": name, **of[-1]}] for name, of in entries.items()}, (
        "what came later than that"
    )
