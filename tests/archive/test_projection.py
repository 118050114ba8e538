"""A conversation at a glance is what its archived entries come to, however they came."""

from __future__ import annotations

import json

import pytest
import redis.asyncio
from sqlalchemy import delete, select, update
from sqlalchemy.engine import Engine

from switchboard.archive.archiver import FEED
from switchboard.archive.entries import CATCH_UP, Entries
from switchboard.archive.projection import MOST_UNREAD
from switchboard.log.events import MessageRead, OwnerChanged, Participant
from switchboard.log.feed import Feed, Progress
from switchboard.log.keys import keys_of
from switchboard.log.lifecycle import Lifecycle
from switchboard.log.log import Draft, Log
from switchboard.log.members import Members
from switchboard.store.database import Database
from switchboard.store.tables import archived_entries, conversations, members
from switchboard.turns.turn import BOT
from tests.archive.conftest import talk
from tests.support.archived import expected_overview, overview
from tests.support.people import ADA, message, start

Redis = redis.asyncio.Redis


@pytest.fixture
async def feed(client: Redis[str]) -> Feed:
    feed = Feed(client, FEED)
    await feed.register()
    return feed


@pytest.fixture
def entries(database_url: str) -> Entries:
    return Entries(Database(database_url))


async def archive(feed: Feed, entries: Entries, conversation: str = "c_1", count: int = 1_000) -> bool:
    """At most so many more entries; whether there were any."""
    batch = await feed.take(conversation, count)
    await entries.add([batch])
    if batch.entries:
        await feed.advance(batch, Progress(batch.entries[-1].offset, 0))
    return bool(batch.entries)


async def test_it_is_the_same_however_many_entries_come_at_once(
    client: Redis[str], log: Log, feed: Feed, entries: Entries, database: Engine
) -> None:
    lifecycle = Lifecycle(client)
    for number, size in enumerate((1, 3, 7, 1_000)):
        conversation = await start(log, f"c_{number}")
        await talk(log, conversation, 60)
        await log.publish(conversation, Draft(OwnerChanged("queue:help", 2)))
        await log.publish(conversation, message("x" * 300, author=BOT))
        await lifecycle.rename(conversation, ADA.id, "Parcel")
        await lifecycle.close(conversation, ADA.id)
        (closed,) = (json.loads(line.json) for line in await log.read_back(conversation, 1))
        while await archive(feed, entries, conversation, size):
            pass
        known = overview(database, conversation)
        assert (known.preview, known.owner) == ("x" * 200, "queue:help")
        assert (known.title, known.closed_at) == ("Parcel", closed["timestamp"])
        known.owner, known.closed_at = BOT.id, None
        assert known == await expected_overview(log, conversation)


async def test_who_has_signed_in_takes_part_in_the_guests_place_under_the_latest_name(
    client: Redis[str], log: Log, feed: Feed, entries: Entries, database: Engine
) -> None:
    await start(log)
    await archive(feed, entries)
    joined = overview(database, "c_1").members[ADA.id].joined_at
    await Members(client).identify("c_1", ADA.id, Participant("user_ada", "customer", "Ada L."))
    await log.publish("c_1", message("it is me", author=Participant("user_ada", "customer", "Countess")))
    await archive(feed, entries)
    known = overview(database, "c_1").members
    assert set(known) == {BOT.id, "user_ada"}
    assert (known["user_ada"].name, known["user_ada"].joined_at) == ("Countess", joined)


async def test_a_log_that_begins_anew_is_told_of_anew(
    client: Redis[str], log: Log, feed: Feed, entries: Entries, database: Engine
) -> None:
    await start(log)
    await talk(log, "c_1", 20)
    await archive(feed, entries)
    keys = keys_of("c_1")
    await client.delete(keys.meta, keys.log, keys.keys)
    await log.start("c_1", "queue:help", [Participant("guest_bob", "customer", "Bob")])
    await archive(feed, entries)
    known = overview(database, "c_1")
    assert (known.owner, known.preview, set(known.members)) == ("queue:help", "", {"guest_bob"})
    assert known == await expected_overview(log, "c_1")


async def test_who_speaks_takes_part_even_if_the_beginning_was_lost(
    client: Redis[str], log: Log, feed: Feed, entries: Entries, database: Engine
) -> None:
    await start(log)
    offset = (await log.publish("c_1", message("a\0b")))[0].offset
    await client.xtrim(keys_of("c_1").log, minid=f"{offset}-0", approximate=False)
    await archive(feed, entries)
    known = overview(database, "c_1")
    assert (known.owner, known.preview, list(known.members)) == (None, "a b", [ADA.id])
    assert known.opened_at == known.active_at > 0


async def test_what_was_archived_before_there_were_overviews_is_caught_up_with(
    log: Log, feed: Feed, entries: Entries, database: Engine
) -> None:
    names = [await start(log, f"c_{number}") for number in range(CATCH_UP + 2)]
    for name in names:
        await log.publish(name, message("GRÜSSE"))
        await archive(feed, entries, name)
    with database.begin() as connection:
        connection.execute(delete(conversations).where(conversations.c.id != names[3]))
        connection.execute(delete(members).where(members.c.conversation != names[3]))
        connection.execute(update(archived_entries).values(words=None))
    after: str | None = ""
    while after is not None:
        after = await entries.catch_up(after)
    for name in names:
        assert overview(database, name) == await expected_overview(log, name)
    with database.connect() as connection:
        found = select(archived_entries.c.conversation).where(archived_entries.c.words == "grüsse")
        assert set(connection.execute(found).scalars()) == set(names) - {names[3]}


async def test_who_has_left_takes_part_no_more_until_they_come_again(
    client: Redis[str], log: Log, feed: Feed, entries: Entries, database: Engine
) -> None:
    await start(log)
    members_of = Members(client)
    await members_of.join("c_1", Participant("guest_bob", "customer", "Bob"))
    await members_of.leave("c_1", ADA.id)
    await archive(feed, entries)
    left = overview(database, "c_1").members
    assert left[ADA.id].left_at is not None and left["guest_bob"].left_at is None
    await members_of.join("c_1", ADA)
    await archive(feed, entries)
    assert overview(database, "c_1").members[ADA.id].left_at is None


async def marked(log: Log, participant: str, up_to: int) -> None:
    await log.publish("c_1", Draft(MessageRead(participant, up_to), key=f"read:{participant}:{up_to}"))


def unread(database: Engine) -> dict[str, list[int]]:
    return {who: member.unread for who, member in overview(database, "c_1").members.items() if who != BOT.id}


async def test_what_others_said_is_unread_until_a_mark_has_passed_it_and_marks_never_go_back(
    log: Log, feed: Feed, entries: Entries, database: Engine
) -> None:
    await start(log)
    offsets = [(await log.publish("c_1", message(text, author=BOT)))[0].offset for text in "abc"]
    await log.publish("c_1", message("mine"))
    await archive(feed, entries)
    assert unread(database) == {ADA.id: offsets}
    await marked(log, ADA.id, offsets[1])
    await marked(log, ADA.id, offsets[0])
    await archive(feed, entries, count=1)
    await archive(feed, entries)
    assert unread(database) == {ADA.id: offsets[2:]}


async def test_who_has_very_much_to_read_has_the_latest_of_it(
    log: Log, feed: Feed, entries: Entries, database: Engine
) -> None:
    await start(log)
    drafts = [message(f"answer {number}", author=BOT) for number in range(MOST_UNREAD + 20)]
    offsets = [done.offset for done in await log.publish("c_1", *drafts)]
    await archive(feed, entries, count=30)
    while await archive(feed, entries, count=30):
        pass
    assert unread(database) == {ADA.id: offsets[20:]}
    await marked(log, ADA.id, offsets[10])
    await archive(feed, entries)
    assert unread(database) == {ADA.id: offsets[20:]}
    await marked(log, ADA.id, offsets[-3])
    await archive(feed, entries)
    assert unread(database) == {ADA.id: offsets[-2:]}


async def test_what_is_said_while_somebody_is_away_is_not_counted_for_them(
    client: Redis[str], log: Log, feed: Feed, entries: Entries, database: Engine
) -> None:
    await start(log)
    bob, people = Participant("guest_bob", "customer", "Bob"), Members(client)
    await log.publish("c_1", message("before bob"))
    await people.join("c_1", bob)
    first = (await log.publish("c_1", message("to bob")))[0].offset
    await people.leave("c_1", bob.id)
    await log.publish("c_1", message("without bob"))
    await people.join("c_1", bob)
    last = (await log.publish("c_1", message("to bob again")))[0].offset
    await archive(feed, entries)
    assert unread(database) == {ADA.id: [], bob.id: [first, last]}


@pytest.mark.parametrize("takes_part", [False, True])
async def test_what_a_guest_has_read_or_said_is_read_by_the_user(
    client: Redis[str], log: Log, feed: Feed, entries: Entries, database: Engine, takes_part: bool
) -> None:
    await start(log)
    user = Participant("user_ada", "customer", "Ada L.")
    if takes_part:
        await Members(client).join("c_1", user)
    await log.publish("c_1", message("as a guest"))
    read, new = [(await log.publish("c_1", message(text, author=BOT)))[0].offset for text in "ab"]
    await marked(log, ADA.id, read)
    await Members(client).identify("c_1", ADA.id, user)
    await archive(feed, entries)
    assert unread(database) == {user.id: [new]}


async def test_overviews_of_before_are_made_anew_with_what_is_unread(
    log: Log, feed: Feed, entries: Entries, database: Engine
) -> None:
    await start(log)
    await log.publish("c_1", message("hello", author=BOT))
    await archive(feed, entries)
    with database.begin() as connection:  # as the migration leaves them
        connection.execute(update(members).values(unread=[], read_up_to=0))
        connection.execute(update(conversations).values(offset=-1))
    await entries.catch_up("")
    assert overview(database, "c_1") == await expected_overview(log, "c_1")
