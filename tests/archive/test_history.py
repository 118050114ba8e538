"""History is the same whether Redis or the archive has the entries, or one has some and the other the rest."""

from __future__ import annotations

import random
from typing import Any

import pytest
import redis.asyncio

from switchboard.archive.entries import Entries
from switchboard.archive.history import History, Page
from switchboard.archive.timeline import Timeline
from switchboard.log import snapshot
from switchboard.log.events import MessageDelta, MessageStarted, TurnStarted
from switchboard.log.feed import Batch, Feed, Progress
from switchboard.log.keys import keys_of
from switchboard.log.log import Draft, Log
from switchboard.store.database import Database
from switchboard.turns.turn import BOT
from tests.archive.conftest import talk
from tests.support.archived import EVERYTHING, lines_of
from tests.support.people import message, start

Redis = redis.asyncio.Redis
MESSAGES = 10_000


@pytest.fixture
def log(client: Redis[str]) -> Log:
    return Log(client, keep=EVERYTHING)


@pytest.fixture
def entries(database_url: str) -> Entries:
    return Entries(Database(database_url))


@pytest.fixture
def history(log: Log, entries: Entries) -> History:
    return History(Timeline(log, entries))


async def archive(log: Log, entries: Entries, size: int = 500) -> None:
    lines = await lines_of(log, "c_1")
    for at in range(0, len(lines), size):
        await entries.add([Batch("c_1", lines[0].epoch, Progress(lines[at].offset - 1, 0), lines[at : at + size], [])])


async def pages(log: Log, history: History, limit: int, before: int = EVERYTHING) -> list[Page]:
    """From there back to the beginning."""
    found = [await history.page(await log.describe("c_1"), before, limit)]
    while (place := found[-1].before) is not None:
        found.append(await history.page(await log.describe("c_1"), place, limit))
    return found


async def state(log: Log) -> list[dict[str, Any]]:
    """The messages of the snapshot by their places."""
    _, wire = await snapshot.take(log, await log.describe("c_1"))
    return sorted(wire["messages"], key=lambda message: int(message["offset"]))


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1_000])
async def test_all_pages_together_are_the_messages_of_the_whole_log(log: Log, history: History, limit: int) -> None:
    await start(log)
    await talk(log, "c_1", 120)
    found = await pages(log, history, limit)
    assert [message for page in reversed(found) for message in page.messages] == await state(log)
    assert {len(page.messages) for page in found[:-1]} <= {limit}
    assert 0 < len(found[-1].messages) <= limit, "the last page that a cursor leads to is not empty"
    assert {message["status"] for message in await state(log)} == {"sent", "completed", "interrupted"}


async def test_wherever_the_log_was_trimmed_pages_are_the_same(
    client: Redis[str], log: Log, entries: Entries, history: History
) -> None:
    await start(log)
    await talk(log, "c_1", 90)
    end = (await log.describe("c_1")).offset
    limits = (1, 4)
    whole = {limit: await pages(log, history, limit) for limit in limits}
    anywhere = {before: await history.page(await log.describe("c_1"), before, 3) for before in range(1, end + 1)}
    await archive(log, entries)
    for first in [*range(2, end, 3), end]:
        await client.xtrim(keys_of("c_1").log, minid=f"{first}-0", approximate=False)
        for limit in limits if first % 4 == 0 or first == end else ():
            assert await pages(log, history, limit) == whole[limit], first
        for before in {first - 1, first, first + 1} & set(anywhere):
            assert await history.page(await log.describe("c_1"), before, 3) == anywhere[before], (first, before)


async def test_any_page_of_ten_thousand_messages_is_the_same_from_log_and_archive(
    client: Redis[str], log: Log, entries: Entries, history: History
) -> None:
    await start(log)
    for hundred in range(MESSAGES // 100):
        await log.publish("c_1", *(message(f"text {hundred}.{number}") for number in range(100)))
    conversation = await log.describe("c_1")
    places = [conversation.offset + 1, *random.Random(7).sample(range(1, conversation.offset), 20)]
    from_log = [await history.page(conversation, place, 100) for place in places]
    await archive(log, entries, 2_000)
    for minid in (conversation.offset // 2, conversation.offset):
        await client.xtrim(keys_of("c_1").log, minid=f"{minid}-0", approximate=False)
        assert [await history.page(conversation, place, 100) for place in places] == from_log


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_every_page_of_a_conversation_with_ten_thousand_messages_is_the_same_from_log_and_archive(
    client: Redis[str], log: Log, entries: Entries, history: History
) -> None:
    """With all that a conversation has: streams, tries, interruptions."""
    await start(log)
    while len(await state(log)) < MESSAGES:
        await talk(log, "c_1", 5_000)
    from_log = await pages(log, history, 100)
    assert [message for page in reversed(from_log) for message in page.messages] == await state(log)
    await archive(log, entries, 2_000)
    end = (await log.describe("c_1")).offset
    for minid in (end // 2, end):
        await client.xtrim(keys_of("c_1").log, minid=f"{minid}-0", approximate=False)
        assert await pages(log, history, 100) == from_log


async def test_what_nobody_has_is_said(client: Redis[str], log: Log, entries: Entries, history: History) -> None:
    await start(log)
    for number in range(20):
        await log.publish("c_1", message(str(number)))
    lines = await lines_of(log, "c_1")
    await entries.add([Batch("c_1", lines[0].epoch, Progress(0, 0), lines[:8], [])])
    await entries.add([Batch("c_1", lines[0].epoch, Progress(8, 0), lines[11:13], [])])
    await client.xtrim(keys_of("c_1").log, minid="17-0", approximate=False)
    page = await history.page(await log.describe("c_1"), EVERYTHING, 100)
    assert page.missing == [{"first": 9, "last": 11}, {"first": 14, "last": 16}]
    assert [message["offset"] for message in page.messages] == [4, 5, 6, 7, 8, 12, 13, *range(17, 24)]
    small = [(len(page.messages), page.missing) for page in await pages(log, history, 7)]
    assert small == [(7, []), (7, page.missing)], "each on one page"


async def test_a_message_that_is_streamed_now_is_on_the_newest_page(log: Log, history: History) -> None:
    await start(log)
    for draft in (Draft(TurnStarted("t3", "q")), Draft(MessageStarted("m", BOT, "t3")), Draft(MessageDelta("m", "so"))):
        await log.publish("c_1", draft)
    (streamed,) = (await history.page(await log.describe("c_1"), EVERYTHING, 5)).messages
    assert (streamed["text"], streamed["status"]) == ("so", "streaming")


async def test_a_log_that_began_anew_shows_nothing_of_the_one_before(
    client: Redis[str], log: Log, entries: Entries, history: History
) -> None:
    await start(log)
    await log.publish("c_1", message("of old"))
    feed = Feed(client, "archive")
    await entries.add([await feed.take("c_1")])
    await client.flushall()
    await start(log)
    assert (await history.page(await log.describe("c_1"), EVERYTHING, 5)).messages == []
