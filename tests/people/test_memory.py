"""What is remembered of a person: theirs alone, as new as it gets, for as long as it should be."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio
from sqlalchemy import text

from switchboard.log.dialogue import Dialogues, DialogueUpdate
from switchboard.log.errors import ArchiveUnavailable
from switchboard.log.events import Participant
from switchboard.log.feed import Feed
from switchboard.log.follower import Follower
from switchboard.log.log import Log
from switchboard.log.members import Members
from switchboard.people.learner import EVENTS, FEED, Learner, told
from switchboard.people.memory import VALUE_LIMIT, Lesson, Memory
from switchboard.store.calls import Calls
from switchboard.store.database import Database
from tests.support.people import ADA, start
from tests.support.waiting import running, until

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVE = "guest_eve"


class Clock:
    """Stands still unless it is moved."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def memory(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Memory:
    if request.param == "sqlite":
        return Memory(Calls(Database(f"sqlite:///{tmp_path}/test.db")), clock)
    database = Database(request.getfixturevalue("postgres_url"))
    with database.engine().begin() as connection:
        connection.exec_driver_sql("DELETE FROM memories")
    return Memory(Calls(database), clock)


def lesson(value: Any, at: datetime = NOW, person: str = ADA.id, name: str = "nickname") -> Lesson:
    return Lesson(person, name, value, "c_1", at, 24 * 3600)


async def known(memory: Memory, person: str = ADA.id) -> dict[str, Any]:
    return {each.name: each.value for each in await memory.of(person)}


async def test_each_person_has_their_own(memory: Memory) -> None:
    await memory.learn([lesson("Countess"), lesson("Eve", person=EVE), lesson([1, {"a": None}], name="last_orders")])
    assert await known(memory) == {"nickname": "Countess", "last_orders": [1, {"a": None}]}
    assert await known(memory, EVE) == {"nickname": "Eve"}
    (first, _) = await memory.of(ADA.id)
    assert (first.conversation, first.learned_at, first.expires_at) == ("c_1", NOW, NOW + 24 * HOUR)


async def test_the_latest_counts_whenever_it_is_learned(memory: Memory) -> None:
    await memory.learn([lesson("new", NOW), lesson("old", NOW - HOUR)])
    await memory.learn([lesson("old", NOW - HOUR)])
    assert await known(memory) == {"nickname": "new"}
    await memory.learn([lesson("newer", NOW + HOUR)])
    assert await known(memory) == {"nickname": "newer"}


async def test_it_ends_with_its_time_and_can_be_learned_again(memory: Memory, clock: Clock) -> None:
    await memory.learn([lesson("Countess")])
    clock.now += 24 * HOUR
    assert await known(memory) == {}
    assert await memory.correct(ADA.id, "nickname", "Ada") is None
    await memory.learn([lesson("Ada", clock.now)])
    assert await known(memory) == {"nickname": "Ada"}


async def test_the_person_has_the_last_word(memory: Memory, clock: Clock) -> None:
    await memory.learn([lesson("Countess")])
    clock.now += HOUR
    corrected = await memory.correct(ADA.id, "nickname", "Ada")
    assert corrected and (corrected.value, corrected.conversation, corrected.learned_at) == ("Ada", None, clock.now)
    await memory.learn([lesson("Countess", NOW)])  # once more, after a crash
    assert await known(memory) == {"nickname": "Ada"}
    await memory.learn([lesson("Baroness", clock.now + HOUR)])
    assert await known(memory) == {"nickname": "Baroness"}


async def test_what_is_forgotten_does_not_come_back_by_itself(memory: Memory, clock: Clock) -> None:
    await memory.learn([lesson("Countess"), lesson("1001", name="last_order"), lesson("Eve", person=EVE)])
    clock.now += HOUR
    await memory.forget(ADA.id, "nickname")
    assert await known(memory) == {"last_order": "1001"}
    await memory.learn([lesson("Countess"), lesson("red", name="color")])
    assert await known(memory) == {"color": "red", "last_order": "1001"}
    assert await memory.correct(ADA.id, "nickname", "Ada") is None
    await memory.forget(ADA.id)
    await memory.learn([lesson("said before, and learned now", NOW, name="never_known")])
    assert await known(memory) == {}
    assert await known(memory, EVE) == {"nickname": "Eve"}
    await memory.learn([lesson("Ada", clock.now + HOUR)])
    assert await known(memory) == {"nickname": "Ada"}


async def test_a_guests_memories_are_the_persons_who_keeps_their_own(memory: Memory) -> None:
    await memory.learn([lesson("guest's"), lesson("1001", name="last_order"), lesson("hers", person="user_ada")])
    for _ in range(2):
        await memory.move(ADA.id, "user_ada")
    assert await known(memory, "user_ada") == {"nickname": "hers", "last_order": "1001"}
    assert await known(memory) == {}


@pytest.mark.parametrize("how", ["forgotten", "expired"])
async def test_what_a_guest_brings_takes_the_place_of_what_is_no_more(memory: Memory, clock: Clock, how: str) -> None:
    await memory.learn([lesson("of last year", person="user_ada")])
    clock.now += 25 * HOUR if how == "expired" else HOUR
    if how == "forgotten":
        await memory.forget("user_ada", "nickname")
    await memory.learn([lesson("of today", clock.now)])
    await memory.move(ADA.id, "user_ada")
    assert await known(memory, "user_ada") == {"nickname": "of today"}


async def test_nothing_of_what_has_expired_is_kept(memory: Memory, clock: Clock) -> None:
    await memory.learn([lesson("Countess"), lesson("Eve", person=EVE)])
    clock.now += 24 * HOUR
    await memory.learn([lesson("1001", clock.now, name="last_order")])
    with memory._calls._database.engine().connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM memories")).scalar() == 1


async def test_what_is_huge_is_not_remembered(memory: Memory) -> None:
    await memory.learn([lesson("x" * VALUE_LIMIT), lesson("1001", name="last_order")])
    assert await known(memory) == {"last_order": "1001"}


async def test_a_database_that_is_away_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveUnavailable):
        await Memory(Calls(Database(f"sqlite:///{tmp_path}/file/test.db"))).of(ADA.id)


def user(author: str | None = ADA.id) -> dict[str, Any]:
    return {"event": "user", "metadata": {"author": author} if author else {}}


def slot(name: str, value: Any, at: float = 1.0) -> dict[str, Any]:
    return {"event": "slot", "name": name, "value": value, "timestamp": at}


LISTEN = {"event": "action", "name": "action_listen"}


def test_what_is_recalled_is_no_news_even_where_nobody_has_listened_in_between() -> None:
    """Rasa writes no `action_listen` while a conversation is paused."""
    recalled = slot("nickname", "Bobby") | {"metadata": {"recalled": True}}
    assert list(told([user(), {"event": "pause"}, recalled, user(EVE)])) == []


def test_a_slot_belongs_to_whoever_is_being_answered() -> None:
    events = [
        *({"event": "session_started"}, slot("carried", 1), LISTEN, slot("recalled", 2)),
        *(user(), slot("a", 3), {"event": "action", "name": "action_call"}, slot("b", 4), LISTEN, slot("c", 5)),
        *(user(EVE), slot("a", 6), slot("emptied", None), LISTEN),
        *(user(None), slot("nobodys", 7)),
    ]
    expected = [(ADA.id, "a", 3), (ADA.id, "b", 4), (EVE, "a", 6)]
    assert [(each.author, each.slot, each.value) for each in told(events)] == expected
    assert [each.value for each in told(events, events.index(slot("b", 4)))] == [4, 6]


def test_what_was_emptied_is_told_where_that_is_wanted() -> None:
    events = [user(), slot("a", 1), slot("a", None), LISTEN, slot("b", None)]
    assert [(each.slot, each.value) for each in told(events, emptied=True)] == [("a", 1), ("a", None)]


@pytest.fixture
async def dialogues(client: redis.asyncio.Redis[str]) -> Dialogues:
    """With a learner that has been there before: of what came before the first one nothing is learned."""
    await Feed(client, FEED).register()
    return Dialogues(client)


@pytest.fixture
async def follower(client: redis.asyncio.Redis[str]) -> AsyncIterator[Follower]:
    following = Follower(client)
    async with running(following.run()):
        yield following


async def say(dialogues: Dialogues, conversation: str, *events: dict[str, Any]) -> None:
    await dialogues.append(conversation, DialogueUpdate(tuple(json.dumps(event) for event in events)))


async def learning(memory: Memory, expected: dict[str, Any], person: str = ADA.id) -> None:
    async def it_has() -> bool:
        return await known(memory, person) == expected

    await until(it_has)


async def test_it_learns_the_slots_that_it_is_to_remember(
    log: Log, dialogues: Dialogues, follower: Follower, memory: Memory
) -> None:
    conversation = await start(log)
    at = NOW.timestamp()
    async with running(Learner(log, follower, memory, {"nickname": 1}, rescan_seconds=0.05).run()):
        await say(dialogues, conversation, user(), slot("mood", "good", at), slot("nickname", "Ada", at), LISTEN)
        await learning(memory, {"nickname": "Ada"})
        await say(dialogues, conversation, user(), slot("nickname", "Countess", at + 1), LISTEN)
        await learning(memory, {"nickname": "Countess"})


async def test_a_turn_longer_than_a_batch_is_still_its_authors(
    log: Log, dialogues: Dialogues, follower: Follower, memory: Memory
) -> None:
    conversation = await start(log)
    many = [slot("mood", number) for number in range(EVENTS - 1)]
    await say(dialogues, conversation, user(), *many, slot("nickname", "Ada", NOW.timestamp()), LISTEN)
    async with running(Learner(log, follower, memory, {"nickname": 1}, rescan_seconds=0.05).run()):
        await learning(memory, {"nickname": "Ada"})


async def test_who_signs_in_is_known_by_what_the_guest_has_told_before_and_after(
    log: Log, client: redis.asyncio.Redis[str], dialogues: Dialogues, follower: Follower, memory: Memory
) -> None:
    conversation, at = await start(log), NOW.timestamp()
    days = {"nickname": 1, "last_order": 1}
    async with running(Learner(log, follower, memory, days, rescan_seconds=0.05).run()):
        await say(dialogues, conversation, user(), slot("nickname", "Ada", at), LISTEN)
        await learning(memory, {"nickname": "Ada"})
        await Members(client).identify(conversation, ADA.id, Participant("user_ada", "customer", "Ada"))
        await say(dialogues, conversation, user(), slot("last_order", "1001", at), LISTEN)  # an answer under way
        await learning(memory, {"nickname": "Ada", "last_order": "1001"}, "user_ada")
    assert await known(memory) == {}


async def test_what_came_while_nobody_learned_is_learned_by_who_comes_next(
    log: Log, dialogues: Dialogues, follower: Follower, memory: Memory
) -> None:
    conversation, at = await start(log), NOW.timestamp()
    for number in range(3):
        async with running(Learner(log, follower, memory, {"nickname": 1}, rescan_seconds=0.05).run()):
            await learning(memory, {"nickname": number - 1} if number else {})
        await say(dialogues, conversation, user(), slot("nickname", number, at + number), LISTEN)
    async with running(Learner(log, follower, memory, {"nickname": 1}, rescan_seconds=0.05).run()):
        await learning(memory, {"nickname": 2})
