"""A window on a long dialogue, so that a turn costs the same at message 1,000 as at message 1.

Rasa replays and copies the whole session several times a turn. Its policies look at the last `max_history` states, its
forms and actions at slots, the active loop and what was said last: so it gets the last turns as they were, and in front
of them a few made-up events that bring a tracker to where it was before. Those are never stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    ConversationPaused,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker

TURNS = 10  # in a window; rewinds may go back so far within a turn
LONGEST = 50  # turns; a form makes one state of all its answers, so it may take more turns to have enough states


class Rewound(Exception):
    """Raised when rewinds have left too few turns after the checkpoint: the window must begin earlier."""


@dataclass(frozen=True)
class State:
    """What a session has come to, between two turns."""

    slots: dict[str, Any] = field(default_factory=dict)
    loop: str | None = None
    trigger: dict[str, Any] | None = None  # the message that began the loop; policies see it as long as that goes on
    rejected: bool = False  # the loop could not use the last answer
    paused: bool = False

    def prefix(self, timestamp: float) -> list[Event]:
        """Events that bring a new tracker to this state, as of a time."""
        loop: list[Event] = deserialise_events([self.trigger] if self.trigger else [])
        if self.loop:
            loop += [ActionExecuted(self.loop, timestamp=timestamp), ActiveLoop(self.loop, timestamp=timestamp)]
        if self.rejected and self.loop:
            loop.append(ActionExecutionRejected(self.loop, timestamp=timestamp))
        return [
            ActionExecuted(ACTION_SESSION_START_NAME, timestamp=timestamp),
            SessionStarted(timestamp=timestamp),
            *(SlotSet(name, value, timestamp=timestamp) for name, value in self.slots.items()),
            *loop,
            *([ConversationPaused(timestamp=timestamp)] if self.paused else []),
            ActionExecuted(ACTION_LISTEN_NAME, timestamp=timestamp),
        ]


@dataclass(frozen=True)
class Window:
    """The events of a dialogue from number `cut` on; `state` is `None` where a session begins there."""

    cut: int
    state: State | None
    events: list[Event]

    @classmethod
    def of(cls, cut: int, state: str, events: list[Event]) -> Window:
        """From what is stored of a checkpoint, and the events after it."""
        return cls(cut, State(**json.loads(state)) if state else None, events)

    def state_json(self) -> str:
        """What to store of the state."""
        return json.dumps(asdict(self.state)) if self.state else ""

    def prefix(self) -> list[Event]:
        """The made-up events in front."""
        return self.state.prefix(self.events[0].timestamp) if self.state and self.events else []

    def shortened(self, turns: int = TURNS) -> Window:
        """The last session, or the end of it that has so many turns. Raises `Rewound`."""
        window = self._last_session()
        prefix = window.prefix()
        at = _cut(prefix, window.events, turns)
        if at is None:
            if window.state:
                raise Rewound
            return window
        state = _state(_tracker([*prefix, *window.events[:at]])) if at else window.state
        return Window(window.cut + at, state, window.events[at:])

    def _last_session(self) -> Window:
        """From where everything is as in the beginning."""
        for at in range(len(self.events) - 1, -1, -1):
            event = self.events[at]
            if isinstance(event, Restarted):
                at = _turn_of(self.events, at)
            elif not (isinstance(event, ActionExecuted) and event.action_name == ACTION_SESSION_START_NAME):
                continue
            return Window(self.cut + at, None, self.events[at:])
        return self


def _turn_of(events: list[Event], at: int) -> int:
    """Where the turn of an event begins."""
    return next((start for start in range(at, -1, -1) if isinstance(events[start], UserUttered)), at)


def _cut(prefix: list[Event], events: list[Event], turns: int) -> int | None:
    """Where to cut, just before a customer's message; `None` if there are too few turns.

    So many turns stay that policies see as such, but for an endless form: that is cut where it is too long.
    """
    place = {id(event): at for at, event in enumerate(events)}
    applied = _tracker([*prefix, *events]).applied_events()
    seen = [place[id(event)] for event in _answered(applied) if id(event) in place]
    every = [place[id(event)] for event in _answered([*prefix, *_not_rewound(events)]) if id(event) in place]
    if len(seen) >= turns:
        return max(seen[-turns], every[-LONGEST:][0])
    return every[-LONGEST] if len(every) >= LONGEST else None


def _answered(events: list[Event]) -> Iterator[Event]:
    """Messages that came while the bot listened; those that a person answered are no turns of the bot."""
    listens = False
    for event in events:
        if isinstance(event, ActionExecuted):
            listens = event.action_name == ACTION_LISTEN_NAME
        elif isinstance(event, UserUttered) and listens:
            yield event
            listens = False


def _not_rewound(events: list[Event]) -> list[Event]:
    """The events without those that a rewind took back. Unlike Rasa's `applied_events`, with all answers to forms."""
    left: list[Event] = []
    for event in events:
        if isinstance(event, UserUtteranceReverted):
            DialogueStateTracker._undo_till_previous(UserUttered, left)
            DialogueStateTracker._undo_till_previous(ActionExecuted, left)
        else:
            left.append(event)
    return left


def _tracker(events: list[Event]) -> DialogueStateTracker:
    """A tracker that takes any slot."""
    return DialogueStateTracker.from_events("", events)


def _state(tracker: DialogueStateTracker) -> State:
    slots: dict[str, Any] = {}
    heard: UserUttered | None = None
    trigger: UserUttered | None = None
    for event in tracker.applied_events():
        if isinstance(event, SlotSet):
            slots[event.key] = event.value
        elif isinstance(event, AllSlotsReset):
            slots.clear()
        elif isinstance(event, UserUttered):
            heard = event
        elif isinstance(event, ActiveLoop):
            trigger = heard if event.name else None
    return State(
        slots,
        tracker.active_loop_name,
        trigger.as_dict() if trigger else None,
        tracker.is_active_loop_rejected,
        tracker.is_paused(),
    )
