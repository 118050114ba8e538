"""Rasa's tracker and lock stores on the Redis that the settings name. Used by name in `endpoints.yml`."""

from __future__ import annotations

from typing import Any

import redis
from rasa.core.brokers.broker import EventBroker
from rasa.core.lock_store import RedisLockStore
from rasa.core.tracker_store import RedisTrackerStore
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig

from switchboard.settings import Settings

WAIT_SECONDS = 5.0  # these clients are synchronous: a Redis that hangs stops the process for so long, not for ever


def _client(*, decode: bool) -> redis.Redis[Any]:
    return redis.Redis.from_url(Settings().redis, decode_responses=decode, socket_timeout=WAIT_SECONDS)


class TrackerStore(RedisTrackerStore):
    """`RedisTrackerStore`, found by `REDIS_URL`. `record_exp` and `key_prefix` work as in Rasa's own."""

    def __init__(self, domain: Domain, host: str | None = None, event_broker: EventBroker | None = None, **kwargs: Any) -> None:
        super().__init__(domain, event_broker=event_broker, **kwargs)
        self.red = _client(decode=True)


class LockStore(RedisLockStore):
    """`RedisLockStore`, found by `REDIS_URL`.

    Turns of a conversation are already one at a time (`switchboard.turns`); this lock keeps Rasa's other writers out.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        super().__init__()
        self.red = _client(decode=False)
