"""A window on a dialogue shows Rasa what the whole of it would. Dialogues are made up, turn by turn, by Hypothesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import Event

TURNS = 5
STATES = 5  # that policies look back, as `max_history` in config.yml
TOPICS = ["ask", "fall_back", "fall_back_twice", "set", "reset", "pause", "resume", "remind", "person"]
FORM = ["begin", "answer", "leave", "refuse", "end"]
OFTEN = ["ask", "answer", "restart", "session"]  # more often than the others
DOMAIN = """
version: "3.1"
intents: [ask]
slots:
  size: {type: text, influence_conversation: true, mappings: [{type: custom}]}
  tone: {type: text, initial_value: calm, influence_conversation: true, mappings: [{type: custom}]}
  requested_slot: {type: any, influence_conversation: false, mappings: [{type: custom}]}
forms:
  form: {required_slots: [size]}
actions: [utter_it, utter_that]
responses: {utter_it: [{text: it}], utter_that: [{text: that}]}
"""


@pytest.fixture(scope="module")
def domain() -> Domain:
    from rasa.shared.core.domain import Domain

    return Domain.from_yaml(DOMAIN)


def turn(kind: str, value: int) -> list[Event]:
    """What one turn of a kind leaves behind."""
    from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered

    begins = {
        "remind": [],
        "resume": [],
        "session": [ActionExecuted("action_session_start")],
    }.get(kind, [UserUttered(f"words {value}", {"name": "ask", "confidence": 1.0})])
    done = [ActionExecuted("utter_that" if value % 2 else "utter_it"), BotUttered("so")]
    listen = [] if kind in ("pause", "person") else [ActionExecuted("action_listen")]
    made = form_turn(kind, value, done) if kind in FORM else topic_turn(kind, value, done)
    return [*begins, *made, *listen]


def topic_turn(kind: str, value: int, done: list[Event]) -> list[Event]:
    """Between the words and the listening, outside of forms."""
    from rasa.shared.core.events import (
        ActionExecuted,
        AllSlotsReset,
        BotUttered,
        ConversationPaused,
        ConversationResumed,
        Restarted,
        SessionStarted,
        SlotSet,
        UserUtteranceReverted,
    )

    size = size_of(value)
    fallback = ActionExecuted("action_default_fallback")
    return {
        "ask": done,
        "fall_back": [fallback, UserUtteranceReverted()],
        "fall_back_twice": [fallback, UserUtteranceReverted(), UserUtteranceReverted()],
        "set": [size, SlotSet("tone", None if value % 2 else "loud"), *done],
        "reset": [AllSlotsReset(), *done],
        "pause": [ConversationPaused()],
        "resume": [ConversationResumed()],
        "remind": done,
        "person": [BotUttered("a person")],
        "restart": [ActionExecuted("action_restart"), Restarted()],
        "session": [SessionStarted(), size],
    }[kind]


def form_turn(kind: str, value: int, done: list[Event]) -> list[Event]:
    """The same inside of one."""
    from rasa.shared.core.events import ActionExecuted, ActionExecutionRejected, ActiveLoop, SlotSet

    form, size = ActionExecuted("form"), size_of(value)
    wants = SlotSet("requested_slot", f"question {value}")
    return {
        "begin": [form, ActiveLoop("form"), wants],
        "answer": [size, form, wants],
        "leave": [ActionExecutionRejected("form"), *done, form, wants],
        "refuse": [ActionExecutionRejected("form"), *done],
        "end": [size, form, SlotSet("requested_slot", None), ActiveLoop(None), *done],
    }[kind]


def size_of(value: int) -> Event:
    from rasa.shared.core.events import SlotSet

    return SlotSet("size", str(value) if value % 3 else None)


def possible(kind: str, *, active: bool) -> str:
    """Forms are answered only while they ask."""
    if kind == "begin":
        return "answer" if active else "begin"
    return kind if active or kind not in FORM else "ask"


def whole(domain: Domain, events: list[Event]):  # type: ignore[no-untyped-def]
    from rasa.shared.core.trackers import DialogueStateTracker

    tracker = DialogueStateTracker("c_1", domain.slots)
    tracker.events.extend(events)
    tracker.replay_events()
    return tracker


def view(tracker, domain: Domain):  # type: ignore[no-untyped-def]
    """What anything in Rasa sees of a tracker."""
    return {
        "states": tracker.past_states(domain)[-STATES:],
        "slots": tracker.current_slot_values(),
        "loop": tracker.active_loop_name,
        "rejected": tracker.is_active_loop_rejected,
        "paused": tracker.is_paused(),
        "action": tracker.latest_action_name,
        "text": tracker.latest_message.text,
    }


@settings(max_examples=300, deadline=None)
@given(
    kinds=st.lists(
        st.one_of(st.sampled_from(TOPICS), st.sampled_from(FORM), st.sampled_from(OFTEN)), min_size=8, max_size=45
    )
)
def test_a_window_shows_what_the_whole_session_shows(domain: Domain, kinds: list[str]) -> None:
    """The checkpoint goes along, turn by turn, as it does in the store; the answers of a form count as one state."""
    from rasa.shared.core.events import deserialise_events

    from switchboard.engine.window import Rewound, Window

    log: list[Event] = turn("session", 0)
    window = Window(0, None, log)
    for number, wish in enumerate(kinds):
        kind = possible(wish, active=whole(domain, log).active_loop_name is not None)
        log = [*log, *turn(kind, number)]
        stored = Window.of(window.cut, window.state_json(), log[window.cut :])
        try:
            window = stored.shortened(TURNS)
        except Rewound:
            window = Window(0, None, log).shortened(TURNS)
        assert window == Window(0, None, log).shortened(TURNS), "it depends on the dialogue alone"
        events = deserialise_events([event.as_dict() for event in [*window.prefix(), *window.events]])
        begins = [at for at, event in enumerate(log) if getattr(event, "action_name", "") == "action_session_start"]
        assert view(whole(domain, events), domain) == view(whole(domain, log[begins[-1] :]), domain)


def test_a_form_that_never_ends_is_cut_inside(domain: Domain) -> None:
    from switchboard.engine.window import LONGEST, Window

    log = turn("session", 0) + turn("set", 1) + turn("begin", 2)
    window = Window(0, None, log)
    for number in range(3, 400):
        log = [*log, *turn("answer", number)]
        window = Window(window.cut, window.state, log[window.cut :]).shortened(TURNS)
    seen = view(whole(domain, [*window.prefix(), *window.events]), domain)
    everything = view(whole(domain, log), domain)
    assert {**seen, "states": seen["states"][-1:]} == {**everything, "states": everything["states"][-1:]}
    assert len(window.events) <= LONGEST * len(turn("answer", 0))


def test_a_long_dialogue_is_read_and_replayed_in_a_window_of_some_turns() -> None:
    from switchboard.engine.window import Window

    log = turn("session", 0)
    window = Window(0, None, log)
    for number in range(1_000):
        log = [*log, *turn("ask", number)]
        window = Window(window.cut, window.state, log[window.cut :]).shortened(TURNS)
    assert len(window.events) == TURNS * len(turn("ask", 0))
