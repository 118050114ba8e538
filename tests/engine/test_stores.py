"""The tracker store and the lock store on a real Redis."""

from __future__ import annotations

import asyncio
import json
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import pytest
import redis.asyncio

from switchboard.log.errors import StalePublish
from switchboard.log.feed import Feed
from switchboard.log.inbox import Inbox
from switchboard.log.keys import keys_of
from switchboard.log.log import Log
from switchboard.relay.message import messages_of
from tests.support.people import start
from tests.support.waiting import bounded

if TYPE_CHECKING:
    from switchboard.engine.lock_store import LockStore
    from switchboard.engine.tracker_store import TrackerStore

Redis = redis.asyncio.Redis


@pytest.fixture
def store() -> TrackerStore:
    from rasa.shared.core.domain import Domain

    from switchboard.engine.tracker_store import TrackerStore

    return TrackerStore(Domain.empty(), turns=3)


@pytest.fixture
def locks() -> LockStore:
    from switchboard.engine.lock_store import LockStore

    return LockStore()


async def say(store: TrackerStore, text: str, conversation: str = "c_1") -> Any:
    """One turn, as Rasa has one."""
    from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered

    tracker = await store.get_or_create_tracker(conversation, append_action_listen=False)
    if not tracker.events:
        tracker.update(ActionExecuted("action_listen"))
    tracker.update_with_events([UserUttered(text), BotUttered("so"), ActionExecuted("action_listen")], store.domain)
    await store.save(tracker)
    return tracker


async def test_a_dialogue_that_is_forgotten_in_the_middle_of_a_turn_begins_anew(
    store: TrackerStore, client: Redis[str]
) -> None:
    from rasa.shared.core.events import ActionExecuted, UserUttered

    for number in range(10):
        await say(store, f"before {number}")
    tracker = await store.retrieve("c_1")
    assert tracker and tracker.window and tracker.window.cut
    await client.delete(keys_of("c_1").dialogue)  # its time was over, the checkpoint's not yet
    tracker.update_with_events([UserUttered("after"), ActionExecuted("action_listen")], store.domain)
    await store.save(tracker)
    after = await store.retrieve("c_1")
    assert after and [event.text for event in after.events if isinstance(event, UserUttered)] == ["after"]


async def stored(client: Redis[str], conversation: str = "c_1") -> list[str]:
    rows = await client.lrange(keys_of(conversation).dialogue, 0, -1)
    return [json.loads(row).get("text") or json.loads(row)["event"] for row in rows]


async def test_what_is_new_is_appended_and_what_is_made_up_never_is(store: TrackerStore, client: Redis[str]) -> None:
    for number in range(10):
        await say(store, f"words {number}")
    turns = [[f"words {number}", "so", "action"] for number in range(10)]
    assert await stored(client) == ["action", *(event for turn in turns for event in turn)]
    window = await store.retrieve("c_1")
    assert window is not None
    assert [event.text for event in window.events if event.type_name == "user"] == ["words 7", "words 8", "words 9"]
    everything = await store.retrieve_full_tracker("c_1")
    assert everything is not None
    assert len(everything.events) == 31


async def test_a_tracker_that_is_saved_twice_is_stored_once(store: TrackerStore, client: Redis[str]) -> None:
    tracker = await say(store, "words")
    await store.save(tracker)
    assert await stored(client) == ["action", "words", "so", "action"]


async def test_a_tracker_from_elsewhere_adds_what_is_not_stored(store: TrackerStore, client: Redis[str]) -> None:
    """As Rasa's HTTP API sends one."""
    from rasa.shared.core.events import UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    await say(store, "words")
    known = await store.retrieve_full_tracker("c_1")
    assert known is not None
    given = DialogueStateTracker.from_events("c_1", [*known.events, UserUttered("more")])
    await store.save(given)
    assert await stored(client) == ["action", "words", "so", "action", "more"]


async def test_all_sender_ids_are_found(store: TrackerStore) -> None:
    await say(store, "words", "c_1")
    await say(store, "words", "someone:else")
    assert sorted(await store.keys()) == ["c_1", "someone:else"]
    assert await store.exists("c_1")
    assert not await store.exists("c_2")


async def test_a_tracker_is_forgotten_when_the_settings_say_so(client: Redis[str]) -> None:
    from rasa.shared.core.domain import Domain

    from switchboard.engine.tracker_store import TrackerStore

    await say(TrackerStore(Domain.empty(), record_exp=100), "words")
    assert 0 < await client.ttl(keys_of("c_1").dialogue) <= 100


async def test_who_has_lost_the_lease_saves_nothing(
    store: TrackerStore, locks: LockStore, log: Log, client: Redis[str]
) -> None:
    conversation = await start(log)
    async with locks.lock(conversation):
        await client.delete(keys_of(conversation).lease)  # it ran out: the holder was away for too long
        right = await Inbox(client).hold(conversation)
        assert right and right.fence == 2
        with pytest.raises(StalePublish):
            await say(store, "too late", conversation)
    assert await stored(client, conversation) == []


async def test_a_save_neither_waits_for_an_event_broker_nor_fails_with_one(client: Redis[str]) -> None:
    """What is saved is saved; the relay brings it to the broker."""
    from rasa.core.brokers.broker import EventBroker
    from rasa.shared.core.domain import Domain

    from switchboard.engine.tracker_store import TrackerStore

    await say(TrackerStore(Domain.empty(), event_broker=EventBroker()), "words")  # its `publish` raises
    assert await stored(client) == ["action", "words", "so", "action"]


async def test_the_relay_has_just_what_rasa_would_publish(store: TrackerStore, client: Redis[str]) -> None:
    from rasa.core.brokers.broker import EventBroker

    class Collecting(EventBroker):
        def __init__(self) -> None:
            self.published: list[dict[str, Any]] = []

        def publish(self, event: dict[str, Any]) -> None:
            self.published.append(event)

    feed, rasas_own = Feed(client, "broker"), Collecting()
    await feed.register()
    tracker = await say(store, "words")
    await store._stream_new_events(rasas_own, list(tracker.events), "c_1")
    batch = await feed.take("c_1")
    assert [message.body for message, _ in messages_of(batch)] == rasas_own.published


async def test_one_holds_the_lock_at_a_time(locks: LockStore, client: Redis[str]) -> None:
    """Rasa's own lets two in."""
    inside: list[int] = []
    entered: list[int] = []

    async def enter(number: int) -> None:
        async with locks.lock("c_1"):
            inside.append(number)
            assert inside == [number]
            await asyncio.sleep(0)
            entered.append(number)
            inside.remove(number)

    async with bounded():
        await asyncio.gather(*(asyncio.create_task(enter(number), context=copy_context()) for number in range(20)))
    assert sorted(entered) == list(range(20))
    assert not await client.exists(keys_of("c_1").lease)


async def test_a_lock_that_is_not_given_back_is_an_error_in_the_end(locks: LockStore, client: Redis[str]) -> None:
    from rasa.core.lock_store import LockError

    assert await Inbox(client).hold("c_1")
    with pytest.raises(LockError):
        async with locks.lock("c_1", lock_lifetime=0.05):
            pytest.fail("somebody else has it")
