"""One subscription per process: whoever reads is told to read the log once it is live, and again after every gap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis.asyncio

from switchboard.log import follower as module
from switchboard.log.follower import AWAY, Follower
from switchboard.log.line import Line
from switchboard.log.subscription import SlowReader, Subscription
from tests.support.redis_server import RedisServer
from tests.support.waiting import bounded, running, until


def entry(offset: int, text: str = "") -> str:
    """A line as the log publishes it."""
    return f'{{"epoch":"9f","offset":{offset},"type":"message.sent","text":"{text}"}}'


@pytest.fixture
async def follower(client: redis.asyncio.Redis[str]) -> AsyncIterator[Follower]:
    following = Follower(client)
    async with running(following.run()):
        yield following


async def subscribers(client: redis.asyncio.Redis[str], channel: str) -> int:
    return int((await client.execute_command("PUBSUB", "NUMSUB", channel))[1])


async def test_the_first_word_to_a_reader_is_to_read_the_log(follower: Follower) -> None:
    async with bounded(), follower.subscribe("news") as subscription:
        assert await subscription.take() is None


async def test_lines_come_in_order_to_every_reader(follower: Follower, client: redis.asyncio.Redis[str]) -> None:
    async with bounded(), follower.subscribe("news") as one, follower.subscribe("news") as two:
        for reader in (one, two):
            assert await reader.take() is None
        for offset in range(1, 101):
            await client.publish("news", entry(offset))
        for reader in (one, two):
            got: list[Line] = []
            while len(got) < 100:
                got += await reader.take() or []
            assert [line.offset for line in got] == list(range(1, 101))


async def test_nobody_is_forgotten_who_comes_while_redis_is_being_reached(client: redis.asyncio.Redis[str]) -> None:
    follower = Follower(client)

    async def read(ticks: int) -> None:
        for _ in range(ticks):
            await asyncio.sleep(0)
        async with follower.subscribe(f"news{ticks}") as subscription:
            assert await subscription.take() is None
            await client.publish(f"news{ticks}", entry(7))
            assert await subscription.take() == [Line.of(entry(7))]

    async with bounded(), running(follower.run()):
        await asyncio.gather(*(read(ticks) for ticks in range(60)))


async def test_the_channel_is_left_with_its_last_reader(follower: Follower, client: redis.asyncio.Redis[str]) -> None:
    async with bounded(), follower.subscribe("news") as one:
        await one.take()
        async with follower.subscribe("news") as two:
            await two.take()
        assert await subscribers(client, "news") == 1
    await until(lambda: _gone(client))


async def _gone(client: redis.asyncio.Redis[str]) -> bool:
    return await subscribers(client, "news") == 0


async def test_a_channel_that_was_left_can_be_joined_again_at_once(
    follower: Follower, client: redis.asyncio.Redis[str]
) -> None:
    async with bounded():
        for offset in range(1, 21):
            async with follower.subscribe("news") as subscription:
                assert await subscription.take() is None
                await client.publish("news", entry(offset))
                lines = await subscription.take()
                while lines is None:  # the confirmation of an earlier round
                    await client.publish("news", entry(offset))
                    lines = await subscription.take()
                assert lines[0].offset == offset


async def test_a_lost_connection_tells_every_reader_to_read_again(
    follower: Follower, client: redis.asyncio.Redis[str]
) -> None:
    async with bounded(), follower.subscribe("news") as subscription:
        assert await subscription.take() is None
        for offset in (1, 2, 3):
            await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            assert await subscription.take() == [AWAY]
            assert await subscription.take() is None
            await client.publish("news", entry(offset))
            assert await subscription.take() == [Line.of(entry(offset))]


async def test_a_redis_that_dies_and_comes_back_is_found_again(follower: Follower, redis_server: RedisServer) -> None:
    async with bounded(), follower.subscribe("news") as subscription:
        assert await subscription.take() is None
        redis_server.stop()
        assert await subscription.take() == [AWAY], "they are told so"
        redis_server.start()
        assert await subscription.take() is None
        redis_server.command("PUBLISH", "news", entry(1))
        assert await subscription.take() == [Line.of(entry(1))]


async def test_a_connection_that_went_silent_is_given_up(
    client: redis.asyncio.Redis[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.05)
    follower = Follower(client)
    async with bounded(), running(follower.run()), follower.subscribe("news") as subscription:
        assert await subscription.take() is None
        await client.execute_command("CLIENT", "PAUSE", 300)
        assert await subscription.take() == [AWAY]
        assert await subscription.take() is None, "no answer to a ping, so it subscribed anew"


async def test_a_quiet_connection_that_answers_is_kept(
    client: redis.asyncio.Redis[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.25)
    follower = Follower(client)
    async with bounded(), running(follower.run()), follower.subscribe("news") as subscription:
        assert await subscription.take() is None
        before = await client.execute_command("CLIENT", "LIST", "TYPE", "pubsub")
        commands = (await client.info("commandstats")).get("cmdstat_ping", {}).get("calls", 0)

        async def pinged() -> bool:
            return (await client.info("commandstats")).get("cmdstat_ping", {}).get("calls", 0) > commands + 1

        await until(pinged)
        after = await client.execute_command("CLIENT", "LIST", "TYPE", "pubsub")
        assert before.split()[0] == after.split()[0], "the same connection"


@pytest.mark.parametrize("text", ["x", "x" * 1_100], ids=["too many lines", "too many bytes"])
async def test_a_reader_that_is_too_slow_is_told_so_and_holds_no_memory(text: str) -> None:
    subscription = Subscription()
    for offset in range(1, 1_002):
        subscription.push(Line.of(entry(offset, text)))
    with pytest.raises(SlowReader):
        await subscription.take()
    assert not subscription._lines


async def test_a_reader_that_keeps_up_is_never_slow() -> None:
    subscription = Subscription()
    for offset in range(1, 5_001):
        subscription.push(Line.of(entry(offset, "x" * 1_000)))
        if offset % 500 == 0:
            assert len(await subscription.take() or ()) == 500
