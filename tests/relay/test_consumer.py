"""The example of a consumer, run as it is: it may be killed at the worst moment, and has every effect once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import pytest
import redis.asyncio

from switchboard.log.feed import Feed
from switchboard.log.log import Log
from switchboard.relay.relay import FEED
from tests.relay.conftest import Rabbit, Traffic
from tests.support.cable import Valve
from tests.support.relay_process import relay
from tests.support.waiting import POLL_SECONDS, running, until

CONSUMED_SECONDS = 60.0  # RabbitMQ needs some to come back
CONSUMER = Path(__file__).parents[2] / "examples" / "consumer.py"
Redis = redis.asyncio.Redis


def entry(conversation: str, offset: str) -> bytes:
    """The body of a message, as JSON is written by hand."""
    return f'{{"type": "log.entry", "conversationId": "{conversation}", "epoch": "e", "offset": {offset}}}'.encode()


POISON = (
    b"\xff",
    b"{}",
    b"[]",
    b"[" * 100_000,
    entry("c", '"x"'),
    entry("c", "Infinity"),
    entry("c", "1e400"),
    entry("c", str(2**63)),
    entry("c", "-1"),
    entry("\\ud800", "1"),
)


@pytest.fixture
async def traffic(client: Redis[str], log: Log) -> Traffic:
    await Feed(client, FEED).register()
    return Traffic(log, 6)


class Archive:
    """What the consumer has made of it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "transcripts.db"
        self.output = folder / "consumer.log"

    def rows(self) -> list[tuple[str, str]]:
        """Conversation and entry, in the order in which they were added."""
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            try:
                return connection.execute("SELECT conversation, entry FROM entries ORDER BY rowid").fetchall()
            except sqlite3.OperationalError:
                return []  # it has not begun yet

    async def has(self, count: int) -> None:
        async with asyncio.timeout(CONSUMED_SECONDS):
            while len(self.rows()) < count:  # noqa: ASYNC110 - another process knows it, and tells nobody
                await asyncio.sleep(POLL_SECONDS)


@contextlib.asynccontextmanager
async def consuming(port: int, queue: str, archive: Archive) -> AsyncIterator[asyncio.subprocess.Process]:
    url = f"amqp://guest:guest@127.0.0.1:{port}/"
    with archive.output.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(CONSUMER), "--url", url, "--queue", queue, "--archive", str(archive.path),
            stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def declared(rabbit: Rabbit, name: str) -> AsyncIterator[aio_pika.abc.AbstractQueue]:
    connection = await aio_pika.connect(rabbit.server.url)
    async with connection:
        channel = await connection.channel()
        yield await channel.declare_queue(name, durable=True)


async def consumed(rabbit: Rabbit) -> bool:
    async with declared(rabbit, rabbit.log) as queue:
        return bool(queue.declaration_result.consumer_count)


async def emptied(rabbit: Rabbit) -> bool:
    async with declared(rabbit, rabbit.log) as queue:
        return not queue.declaration_result.message_count


async def check(traffic: Traffic, archive: Archive) -> None:
    """Each entry is there once, and each conversation's in order."""
    rows = archive.rows()
    for conversation, entries in (await traffic.entries()).items():
        archived = [json.loads(entry) for name, entry in rows if name == conversation]
        assert archived == [{"conversationId": conversation, **entry} for entry in entries]


async def test_a_consumer_that_is_killed_between_effect_and_acknowledgement_has_every_effect_once(
    rabbit: Rabbit, redis_url: str, traffic: Traffic, tmp_path: Path
) -> None:
    archive, cable = Archive(tmp_path), Valve(rabbit.server.port)
    try:
        async with (
            running(relay(redis_url, rabbit.settings)),
            consuming(cable.port, rabbit.log, archive) as first,
        ):
            await until(lambda: consumed(rabbit))
            cable.shut()  # from here on no acknowledgement arrives
            await traffic.begin()
            await traffic.more(40)
            await archive.has(50)
            first.kill()
            await first.wait()
            cable.close()
            async with consuming(rabbit.server.port, rabbit.log, archive) as second:
                await archive.has(6 * 43)
                await until(lambda: emptied(rabbit))
                second.terminate()
                assert await second.wait() == 0
    finally:
        cable.close()
    await check(traffic, archive)
    assert archive.output.read_text().count(" came again") >= 50, "what was not acknowledged was delivered again"


async def test_a_consumer_goes_on_when_rabbitmq_comes_back(
    rabbit: Rabbit, redis_url: str, traffic: Traffic, tmp_path: Path
) -> None:
    archive = Archive(tmp_path)
    async with running(relay(redis_url, rabbit.settings)), consuming(rabbit.server.port, rabbit.log, archive):
        await traffic.begin()
        await archive.has(6)
        rabbit.server.kill()
        await traffic.more(5)
        await asyncio.to_thread(rabbit.server.start)
        await archive.has(6 * 8)
    await check(traffic, archive)


async def test_what_cannot_be_read_is_put_aside_and_does_not_stop_the_others(
    rabbit: Rabbit, redis_url: str, traffic: Traffic, tmp_path: Path
) -> None:
    archive = Archive(tmp_path)
    async with declared(rabbit, rabbit.log) as queue:
        for body in POISON:
            await queue.channel.basic_publish(body, routing_key=rabbit.log)
        async with running(relay(redis_url, rabbit.settings)), consuming(rabbit.server.port, rabbit.log, archive):
            await traffic.begin()
            await archive.has(6 * 3)
    await check(traffic, archive)
    async with declared(rabbit, f"{rabbit.log}.dead") as dead:
        assert dead.declaration_result.message_count == len(POISON)
