"""The archive has what the log has: once, in order, whatever is killed, and however long nobody archives."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from pathlib import Path

import pytest
import redis.asyncio
from sqlalchemy import delete, func, select
from sqlalchemy.engine import Engine

from switchboard.archive.archiver import FEED
from switchboard.archive.entries import Entries
from switchboard.log.feed import Feed, Progress
from switchboard.log.keys import PARTITIONS, feed_whole, keys_of
from switchboard.log.log import Log
from switchboard.store.database import Database
from switchboard.store.tables import archived_entries
from tests.archive.conftest import talk, turn
from tests.support.archived import EVERYTHING, archived, expected, expected_overview, overview
from tests.support.archiver_process import LEASE_MS, archiver_process, archiving
from tests.support.people import message, start
from tests.support.waiting import until

Redis = redis.asyncio.Redis
EVERYWHERE = range(PARTITIONS)
KILLS = 4
BUSY_SECONDS = 60.0  # bounds a wait for many entries, and for a process that starts, on a busy machine
ENTRIES, CONVERSATIONS = 20_000, 20


@pytest.fixture
def feed(client: Redis[str]) -> Feed:
    return Feed(client, FEED)


async def all_taken(client: Redis[str]) -> None:
    """Until every entry is archived, and noted."""
    feed = Feed(client, FEED)

    async def nothing_due() -> bool:
        return bool(await client.exists(feed_whole(FEED))) and not await feed.due(EVERYWHERE, 1)

    await until(nothing_due, BUSY_SECONDS)


def count(database: Engine) -> int:
    with database.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(archived_entries)).scalar())


async def test_the_archive_equals_the_log(
    client: Redis[str], redis_url: str, database_url: str, database: Engine, feed: Feed
) -> None:
    log = Log(client, keep=EVERYTHING)
    async with archiving(redis_url, database_url):
        for conversation in ("c_1", "c_2"):
            await start(log, conversation)
            await talk(log, conversation, 300)
        await log.stop("c_1", "guest_ada")
        await all_taken(client)
    for conversation in ("c_1", "c_2"):
        assert archived(database, conversation) == await expected(log, conversation)


async def test_whenever_the_archiver_is_killed_nothing_is_missing_and_nothing_is_there_twice(
    client: Redis[str], redis_url: str, database_url: str, database: Engine, feed: Feed, tmp_path: Path
) -> None:
    log, dice = Log(client, keep=EVERYTHING), random.Random(5)
    conversations = [await start(log, f"c_{number}") for number in range(CONVERSATIONS)]

    async def write() -> None:
        for _ in range(10):
            for conversation in conversations:
                await talk(log, conversation, ENTRIES // CONVERSATIONS // 10)

    writing = asyncio.create_task(write())
    least = on_the_way = 0
    for _ in range(KILLS):
        least += dice.randrange(1, 2_000)
        async with archiver_process(redis_url, database_url, tmp_path / "archiver.log") as process:

            async def has_come_so_far(goal: int = least) -> bool:
                return await asyncio.to_thread(count, database) >= goal

            await until(has_come_so_far, BUSY_SECONDS)
            process.kill()
        on_the_way += bool(await feed.due(range(PARTITIONS), 1))
    await writing
    assert on_the_way, "it was killed while there was something to archive"
    async with archiving(redis_url, database_url):
        await all_taken(client)
    for conversation in conversations:
        assert archived(database, conversation) == await expected(log, conversation)
        assert overview(database, conversation) == await expected_overview(log, conversation)


async def test_what_happens_while_nobody_archives_is_kept_in_the_log_and_caught_up_with(
    client: Redis[str], redis_url: str, database_url: str, database: Engine, feed: Feed
) -> None:
    log = Log(client, keep=10)
    await start(log)
    first = await expected(log, "c_1")
    async with archiving(redis_url, database_url):
        await all_taken(client)
    await talk(log, "c_1", 200)
    assert await client.xlen(keys_of("c_1").log) > 200
    before = first | await expected(log, "c_1")
    async with archiving(redis_url, database_url):
        await all_taken(client)
    assert archived(database, "c_1") == before
    for text in "abc":  # an append trims at most 100
        await log.publish("c_1", message(text))
    assert await client.xlen(keys_of("c_1").log) <= 13


async def test_what_had_to_be_trimmed_before_it_was_archived_is_on_record_as_a_gap(
    client: Redis[str], redis_url: str, database_url: str, database: Engine, feed: Feed
) -> None:
    log = Log(client, keep=10, hold=40)
    await feed.register()
    await start(log)
    for number in range(97):
        await log.publish("c_1", message(str(number)))
    async with archiving(redis_url, database_url):
        await all_taken(client)
    entries = [json.loads(text) for _, text in sorted(archived(database, "c_1").items())]
    assert (entries[0]["type"], entries[0]["first"], entries[0]["last"]) == ("log.gap", 1, 60)
    assert [entry["offset"] for entry in entries] == [60, *range(61, 101)]


async def test_an_installation_that_is_older_than_its_archive_is_archived_whole(
    client: Redis[str], redis_url: str, database_url: str, database: Engine, feed: Feed
) -> None:
    log = Log(client, keep=EVERYTHING)
    conversations = [await start(log, f"c_{number}") for number in range(50)]
    async with archiving(redis_url, database_url):
        await all_taken(client)
    for conversation in conversations:
        assert archived(database, conversation) == await expected(log, conversation)


async def test_two_archivers_share_the_conversations_and_one_takes_over_from_the_other(
    client: Redis[str], redis_url: str, database_url: str, database: Engine, feed: Feed
) -> None:
    log = Log(client, keep=EVERYTHING)
    conversations = [await start(log, f"c_{number}") for number in range(10)]
    async with archiving(redis_url, database_url):
        async with archiving(redis_url, database_url):
            for conversation in conversations:
                await talk(log, conversation, 50)
            await all_taken(client)
        for conversation in conversations:
            await talk(log, conversation, 50)
        await all_taken(client)
    for conversation in conversations:
        assert archived(database, conversation) == await expected(log, conversation)
    heir = Feed(client, FEED, lease_ms=LEASE_MS)
    assert await heir.hold() == frozenset(EVERYWHERE), "who is stopped leaves the rest to others at once"


async def test_who_comes_late_with_what_is_archived_brings_no_delta_back(
    client: Redis[str], database_url: str, database: Engine, feed: Feed
) -> None:
    log, entries = Log(client, keep=EVERYTHING), Entries(Database(database_url))
    await feed.register()
    await start(log)
    await talk(log, "c_1", 60)
    batches = []
    for size in itertools.cycle((1, 3, 4)):
        batch = await feed.take("c_1", size)
        if not batch.entries:
            break
        batches.append(batch)
        await entries.add([batch])
        await feed.advance(batch, Progress(batch.entries[-1].offset, 0))
    await asyncio.gather(*(entries.add([batch]) for batch in batches))
    assert archived(database, "c_1") == await expected(log, "c_1")


async def test_while_the_database_is_locked_the_archive_waits_and_nothing_else(
    client: Redis[str], redis_url: str, tmp_path: Path, feed: Feed
) -> None:
    url = f"sqlite:///{tmp_path}/archive.db"
    database, log = Database(url).engine(), Log(client)
    async with archiving(redis_url, url):
        with database.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            await start(log)
            await talk(log, "c_1", 100)
            assert count(database) == 0
            assert await feed.due(EVERYWHERE, 1) == ["c_1"]
        await all_taken(client)
    assert archived(database, "c_1") == await expected(log, "c_1")


async def test_a_database_that_cannot_be_opened_is_tried_again(
    client: Redis[str], redis_url: str, tmp_path: Path, feed: Feed
) -> None:
    log, folder = Log(client), tmp_path / "folder"
    folder.write_text("in the way")
    url = f"sqlite:///{folder}/archive.db"
    await start(log)
    async with archiving(redis_url, url):

        async def is_listed() -> bool:
            return await feed.due(EVERYWHERE, 1) == ["c_1"]

        await until(is_listed)
        folder.unlink()
        await all_taken(client)
    assert archived(Database(url).engine(), "c_1") == await expected(log, "c_1")


async def test_where_redis_lost_its_end_and_went_on_the_log_counts(
    client: Redis[str], database_url: str, database: Engine, feed: Feed
) -> None:
    log, entries, keys = Log(client), Entries(Database(database_url)), keys_of("c_1")
    await feed.register()
    await start(log)
    await talk(log, "c_1", 20)
    for key in (keys.meta, keys.log):
        await client.execute_command("COPY", key, f"{key}:saved")
    for _ in range(2):
        await talk(log, "c_1", 20)
        batch = await feed.take("c_1")
        await entries.add([batch])
        await feed.advance(batch, Progress(batch.entries[-1].offset, 0))
    for key in (keys.meta, keys.log):
        await client.execute_command("COPY", f"{key}:saved", key, "REPLACE")
    await talk(log, "c_1", 10)
    await entries.add([await feed.take("c_1")])
    assert archived(database, "c_1") == await expected(log, "c_1")
    assert overview(database, "c_1") == await expected_overview(log, "c_1")


@pytest.mark.parametrize("left", [1, 4], ids=["before the message", "in its middle"])
async def test_where_redis_lost_an_answer_that_was_whole_the_log_counts_too(
    client: Redis[str], database_url: str, database: Engine, feed: Feed, left: int
) -> None:
    log, entries, keys = Log(client), Entries(Database(database_url)), keys_of("c_1")
    await feed.register()
    await start(log)
    drafts = turn(4, 0)  # its deltas are not in the archive, once it is there
    await log.publish("c_1", *drafts[: 2 + left])
    for key in (keys.meta, keys.log):
        await client.execute_command("COPY", key, f"{key}:saved")
    await log.publish("c_1", *drafts[2 + left :])
    batch = await feed.take("c_1")
    await entries.add([batch])
    await feed.advance(batch, Progress(batch.entries[-1].offset, 0))
    for key in (keys.meta, keys.log):
        await client.execute_command("COPY", f"{key}:saved", key, "REPLACE")
    await log.publish("c_1", *(message(f"and now {number}") for number in range(len(drafts))))
    await entries.add([await feed.take("c_1")])
    assert archived(database, "c_1") == await expected(log, "c_1")
    assert overview(database, "c_1") == await expected_overview(log, "c_1")


async def test_what_a_database_that_was_put_back_has_lost_is_on_record_as_a_gap(
    client: Redis[str], redis_url: str, database_url: str, database: Engine
) -> None:
    log = Log(client)
    await start(log)
    await talk(log, "c_1", 30)
    async with archiving(redis_url, database_url):
        await all_taken(client)
        with database.begin() as connection:
            connection.execute(delete(archived_entries).where(archived_entries.c.offset > 10))
        end = (await log.publish("c_1", message("news")))[0].offset
        await all_taken(client)
    rows = archived(database, "c_1")
    lost = json.loads(rows[end - 1])
    assert (lost["type"], lost["last"], max(rows)) == ("log.gap", end - 1, end)
    assert set(rows) == {offset for offset in rows if offset < lost["first"]} | {end - 1, end}
