"""Rasa's tracker and lock stores on the Redis that the settings name. Used by name in `endpoints.yml`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any
from weakref import WeakValueDictionary

import redis
from rasa.core.brokers.broker import EventBroker
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, RedisLockStore
from rasa.core.tracker_store import RedisTrackerStore
from rasa.shared.core.constants import ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from switchboard.engine.current import current
from switchboard.settings import Settings

WAIT_SECONDS = 5.0  # these clients are synchronous: a Redis that hangs stops the process for so long, not for ever


def _client(*, decode: bool) -> redis.Redis[Any]:
    options: dict[str, Any] = {"decode_responses": decode, "socket_timeout": WAIT_SECONDS}
    return redis.Redis.from_url(Settings().redis, **options)


class TrackerStore(RedisTrackerStore):
    """`RedisTrackerStore`, found by `REDIS_URL`. `record_exp` and `key_prefix` work as in Rasa's own."""

    def __init__(
        self,
        domain: Domain,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker=event_broker, **kwargs)
        self.red = _client(decode=True)

    @staticmethod
    def _merge_trackers(prior_tracker: DialogueStateTracker, tracker: DialogueStateTracker) -> DialogueStateTracker:
        """What is stored, and what of `tracker`, the last session of it, is not stored yet.

        Rasa's own compares every event with every other one, at each save of a conversation with a second session or
        with metadata (which Rasa puts into a slot before the session's start).
        """
        stored = list(prior_tracker.events)
        session = _last_session(stored)
        common = len(session)
        events = list(tracker.events)
        if [_identity(event) for event in events[:common]] != [_identity(event) for event in session]:
            merged: DialogueStateTracker = RedisTrackerStore._merge_trackers(prior_tracker, tracker)
            return merged
        prior_tracker.update_with_events(events[common:], domain=None, override_timestamp=False)
        return prior_tracker


def _last_session(events: list[Event]) -> list[Event]:
    """The part that `retrieve` gives Rasa."""
    starts = (at for at in range(len(events) - 1, -1, -1) if _starts_session(events[at]))
    return events[next(starts, 0) :]


def _starts_session(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == ACTION_SESSION_START_NAME


def _identity(event: Event) -> tuple[str, float]:
    return event.type_name, event.timestamp


class LockStore(RedisLockStore):
    """`RedisLockStore`, found by `REDIS_URL`.

    Turns of a conversation are one at a time already, by their lease (`switchboard.turns`): they need no ticket, which
    would cost seven commands. Rasa's other writers, reminders and its HTTP API, do; within this process, which is where
    Rasa runs its reminders, they also wait for the turn that is under way.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        super().__init__()
        self.red = _client(decode=False)
        self._here: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME, wait_time_in_seconds: float = 1
    ) -> AsyncGenerator[TicketLock | None, None]:
        """See `LockStore.lock`; there is no ticket inside a turn. Raises `LockError` as Rasa's own does."""
        async with self._here.setdefault(conversation_id, asyncio.Lock()):
            if current() is not None:
                yield None
                return
            async with super().lock(conversation_id, lock_lifetime, wait_time_in_seconds) as ticket:
                yield ticket
