"""Rasa's trackers as lists of events in Redis. Named in `endpoints.yml`.

What a turn reads, writes and replays does not grow with the conversation: Rasa gets a window, see `window`, and only
its new events are appended. Those of a turn go onto record in one step with the turn's end. An event broker gets them
from the relay, see `switchboard/relay`: a save neither waits for a broker nor fails with one.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore as RasaTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from switchboard.engine.current import authority, turn_of
from switchboard.engine.window import TURNS, Rewound, Window
from switchboard.log.connection import connect
from switchboard.log.dialogue import Dialogues, DialogueUpdate
from switchboard.settings import Settings

logger = logging.getLogger(__name__)


class StoredTracker(DialogueStateTracker):
    """A tracker that knows which of its events are stored: the first `stored` ones, or made up."""

    stored: int = 0
    window: Window | None = None


class TrackerStore(RasaTrackerStore):
    """Trackers in the Redis that `REDIS_URL` names.

    Settings in `endpoints.yml`: `turns`, how many a window has at least (a policy that looks further back raises it),
    and `record_exp`, after how many seconds without a save a tracker is forgotten (as in Rasa's own; never, if unset).
    """

    def __init__(
        self,
        domain: Domain,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        turns: int = TURNS,
        record_exp: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        if record_exp is not None and (not isinstance(record_exp, int) or record_exp < 1):
            raise ValueError(f"endpoints.yml: record_exp must be a whole number of seconds, not {record_exp!r}")
        self.turns = turns
        self._record_exp = record_exp
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Dialogues] = WeakKeyDictionary()

    async def retrieve(self, sender_id: str) -> StoredTracker | None:
        """The last session, or the end of it with what it has come to before. Raises `LogUnavailable`."""
        turn, saved = turn_of(sender_id), _saved_in_turn(sender_id)
        stretch = turn.before if turn else await self._dialogues.read(sender_id)
        if not (stretch.events or saved):
            return None
        try:
            window = Window.of(stretch.cut, stretch.state, _events([*stretch.events, *saved])).shortened(self.turns)
        except Rewound:
            everything = _events([*await self._dialogues.read_all(sender_id), *saved])
            window = Window(0, None, everything).shortened(self.turns)
        tracker = self._tracker(sender_id, [*window.prefix(), *window.events])
        tracker.window = window
        return tracker

    async def retrieve_full_tracker(self, conversation_id: str) -> StoredTracker | None:
        """All sessions, from the first event on. Raises `LogUnavailable`."""
        events = _events([*await self._dialogues.read_all(conversation_id), *_saved_in_turn(conversation_id)])
        return self._tracker(conversation_id, events) if events else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what is new; raises `StalePublish` and `LogUnavailable`. Within a turn the turn's end appends it."""
        new = await self._new_events(tracker)
        if not new:
            return
        window = tracker.window if isinstance(tracker, StoredTracker) else None
        update = DialogueUpdate(
            tuple(json.dumps(event.as_dict()) for event in new),
            (window.cut, window.state_json()) if window else None,
            self._record_exp,
        )
        if turn := turn_of(tracker.sender_id):
            turn.remember(update)
        else:
            await self._dialogues.append(tracker.sender_id, update, authority=authority(tracker.sender_id))
        if isinstance(tracker, StoredTracker):
            tracker.stored = len(tracker.events)

    async def exists(self, conversation_id: str) -> bool:
        """Whether there is a tracker."""
        return await self._dialogues.exists(conversation_id)

    async def keys(self) -> Iterable[str]:
        """Every sender id that has a tracker."""
        return [conversation async for conversation in self._dialogues.conversations()]

    def init_tracker(self, sender_id: str) -> StoredTracker:
        """An empty tracker."""
        return StoredTracker(sender_id, self.domain.slots, max_event_history=None)

    def _tracker(self, sender_id: str, events: list[Event]) -> StoredTracker:
        tracker = self.init_tracker(sender_id)
        tracker.events.extend(events)
        tracker.replay_events()
        tracker.stored = len(events)
        return tracker

    async def _new_events(self, tracker: DialogueStateTracker) -> list[Event]:
        """What is not stored yet. Of a tracker that is not from here, by comparison: nothing is stored twice."""
        events = list(tracker.events)
        if isinstance(tracker, StoredTracker):
            return events[tracker.stored :]
        stored = await self._dialogues.read_all(tracker.sender_id)
        known = {_identity(event) for event in _events([*stored, *_saved_in_turn(tracker.sender_id)])}
        return [event for event in events if _identity(event) not in known]

    @property
    def _dialogues(self) -> Dialogues:
        """A connection belongs to its event loop, and Rasa's commands run several."""
        loop = asyncio.get_running_loop()
        if loop not in self._of_loop:
            self._of_loop[loop] = Dialogues(connect(Settings().redis))
        return self._of_loop[loop]


def _saved_in_turn(conversation: str) -> tuple[str, ...]:
    """Of the turn under way: not on record yet."""
    turn = turn_of(conversation)
    return turn.remembers.events if turn else ()


def _events(rows: list[str]) -> list[Event]:
    """As Rasa's `deserialise_events`, which looks through all classes of events for each one."""
    stored = [json.loads(row) for row in rows]
    return [_class_of(event["event"])._from_parameters(event) for event in stored]


@functools.cache
def _class_of(kind: str) -> Any:
    """Raises `ValueError` for what is no event."""
    return Event.resolve_by_type(kind)


def _identity(event: Event) -> tuple[str, float]:
    return event.type_name, event.timestamp
