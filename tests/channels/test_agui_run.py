"""Whatever is on the log, an AG-UI client gets one well-formed run of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.agui.run import Client, Run
from channels.agui.transcript import Transcript
from switchboard.log.snapshot import Fold
from tests.channels.agui_stream import check, messages_after, state_after

ADA = {"id": "guest_ada", "role": "customer", "name": "Ada"}
BOB = {"id": "guest_bob", "role": "customer", "name": "Bob"}
BOT = {"id": "bot:main", "role": "bot", "name": "Assistant"}
MIA = {"id": "op_mia", "role": "operator", "name": "Mia"}
YES = {"title": "Yes", "payload": "/affirm"}

Entry = dict[str, Any]


def snapshot(**given: Any) -> Entry:
    empty = {"type": "snapshot", "epoch": "e", "offset": 2, "conversationId": "c_1", "participants": [], "turn": None}
    return {**empty, "owner": "bot:main", "messages": [], "tasks": [], "slots": {}, "read": {}, **given}


def on_log(*entries: Entry, first: int = 3) -> list[Entry]:
    """Entries with their places."""
    return [
        {"epoch": "e", "offset": first + at, "timestamp": 1_700_000_000_000 + at, **entry}
        for at, entry in enumerate(entries)
    ]


def question(text: str = "hello", **more: Any) -> Entry:
    return {"type": "message.sent", "messageId": "m_q", "author": ADA, "text": text, "buttons": [], **more}


def said(text: str, message: str = "m_a", **more: Any) -> Entry:
    whole = {"type": "message.sent", "messageId": message, "author": BOT, "text": text, "buttons": [], "turnId": "t3"}
    return {**whole, **more}


def streamed(*deltas: str, message: str = "m_s", text: str | None = None, **more: Any) -> list[Entry]:
    about = {"messageId": message, "author": BOT, "turnId": "t3"}
    return [
        {"type": "message.started", **about},
        *({"type": "message.delta", "messageId": message, "delta": delta} for delta in deltas),
        {
            "type": "message.completed",
            **about,
            "text": "".join(deltas) if text is None else text,
            "buttons": [],
            **more,
        },
    ]


START = {"type": "turn.started", "turnId": "t3", "messageId": "m_q"}
END = {"type": "turn.completed", "turnId": "t3"}


def run_of(*entries: Entry, version: str | None = "1.0", before: Any = (), **more: Any) -> list[Entry]:
    """The events of a run that follows the third entry's turn."""
    client = Client("guest_ada", version, interrupts=version is not None)
    run = Run("thread", "run", client, Transcript(before), more.pop("turns", ("t3",)))
    events = run.begin(snapshot(**more), [])
    for entry in on_log(question(), *entries):
        events += run.apply(entry)
    return events


def types(events: list[Entry]) -> list[str]:
    return [event["type"] for event in events]


def test_a_streamed_message_is_started_filled_and_ended_between_the_start_and_the_end_of_the_run() -> None:
    events = run_of(START, *streamed("Grüß ", "dich 👋"), END)
    check(events)
    assert types(events) == [
        "RUN_STARTED", "STATE_SNAPSHOT", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_CONTENT",
        "TEXT_MESSAGE_END", "RUN_FINISHED",
    ]  # fmt: skip
    assert messages_after(events) == [{"id": "m_s", "role": "assistant", "content": "Grüß dich 👋"}]
    assert "outcome" not in events[-1]


def test_a_final_text_that_goes_on_from_what_was_streamed_is_appended() -> None:
    events = run_of(START, *streamed("One", text="One, two."), END)
    check(events)
    assert messages_after(events)[0]["content"] == "One, two."
    assert "MESSAGES_SNAPSHOT" not in types(events)


def test_a_final_text_that_is_another_one_replaces_what_was_streamed_and_keeps_all_other_messages() -> None:
    before = [{"id": "u1", "role": "user", "content": "hello"}]
    events = run_of(START, *streamed("One, tow", text="One, two."), said("Bye."), END, before=before)
    check(events)
    assert [message["content"] for message in messages_after(events, before)] == ["hello", "One, two.", "Bye."]


def test_a_task_is_a_tool_call_with_a_result_and_an_activity() -> None:
    task = {"type": "task.started", "taskId": "k1", "name": "refund", "title": "Refund", "turnId": "t3"}
    progress = {"type": "task.progressed", "taskId": "k1", "done": 1, "total": 2, "note": "Asking the bank"}
    events = run_of(START, task, progress, {"type": "task.completed", "taskId": "k1"}, END)
    check(events)
    assert types(events)[2:-1] == [
        "TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END", "ACTIVITY_SNAPSHOT", "ACTIVITY_DELTA", "ACTIVITY_DELTA",
        "TOOL_CALL_RESULT",
    ]  # fmt: skip
    assert events[-2]["content"] == '{"status":"completed"}'


def test_a_task_that_its_turn_left_running_has_failed() -> None:
    task = {"type": "task.started", "taskId": "k1", "name": "refund", "title": "Refund", "turnId": "t3"}
    events = run_of(START, task, END)
    check(events)
    assert events[-2]["content"] == '{"status":"failed"}'


def test_shared_slots_are_the_state_and_null_removes_one() -> None:
    changed = {"type": "slots.changed", "slots": {"order/id": "A1", "old": None, "gone": None}, "turnId": "t3"}
    events = run_of(START, changed, END, slots={"old": 1, "kept": 2, "empty": None})
    check(events)
    assert state_after(events) == {"kept": 2, "order/id": "A1"}


def test_slots_that_the_snapshot_has_already_are_not_changed_back() -> None:
    changed = {"type": "slots.changed", "slots": {"size": "S"}, "turnId": "t3"}
    events = run_of(START, changed, END, slots={"size": "L"}, offset=9)
    check(events)
    assert state_after(events) == {"size": "L"}


def test_buttons_of_the_last_message_end_the_run_with_an_interrupt() -> None:
    events = run_of(START, said("Sure?", buttons=[YES]), END)
    check(events)
    [interrupt] = events[-1]["outcome"]["interrupts"]
    assert (interrupt["id"], interrupt["message"]) == ("m_a", "Sure?")
    assert {"const": "/affirm", "title": "Yes"} in interrupt["responseSchema"]["anyOf"]


def test_buttons_that_were_answered_or_talked_past_are_no_interrupt() -> None:
    for after in (said("Or else.", "m_b"), question("yes", author=BOB, messageId="m_c")):
        events = run_of(START, said("Sure?", buttons=[YES]), after, END)
        check(events)
        assert "outcome" not in events[-1]


def test_a_client_without_interrupts_gets_the_buttons_alone() -> None:
    events = run_of(START, said("Sure?", buttons=[YES]), END, version=None)
    check(events)
    assert "outcome" not in events[-1]
    [custom] = [event for event in events if event["type"] == "CUSTOM"]
    assert custom["value"]["buttons"] == [YES]


def test_a_failed_turn_is_an_error_after_the_apology() -> None:
    events = run_of(
        START, *streamed("So far")[:-1], said("Sorry."), {"type": "turn.failed", "turnId": "t3", "reason": "x"}
    )
    check(events)
    assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", "x")
    assert [message["content"] for message in messages_after(events)] == ["So far", "Sorry."]


@pytest.mark.parametrize(("version", "outcome"), [("1.0", {"type": "cancelled"}), (None, None)])
def test_a_stopped_turn_is_cancelled_where_the_client_knows_the_word(version: str | None, outcome: Any) -> None:
    events = run_of(START, *streamed("So", stopped=True), {**END, "stopped": True}, version=version)
    check(events)
    assert events[-1].get("outcome") == outcome
    assert {"type": "CUSTOM", "name": "switchboard.stopped"}.items() <= events[-2].items()


def test_a_run_that_waits_behind_another_turn_tells_nothing_of_it() -> None:
    other = {"turnId": "t2"}
    theirs = [said("Not for you.", "m_x", **other), {"type": "turn.completed", **other}]
    events = run_of(*theirs, START, said("For you."), END)
    check(events)
    assert [message["content"] for message in messages_after(events)] == ["For you."]


def test_what_a_person_says_meanwhile_is_told_with_the_name_and_so_is_another_customer() -> None:
    events = run_of(
        START,
        said("Hi, Mia here.", "m_m", author=MIA, turnId=None) | {"turnId": None},
        said("Me too.", "m_c", author=BOB),
        said("Ok.", "m_own", author=ADA),
        END,
    )
    check(events)
    starts = [(event["role"], event.get("name")) for event in events if event["type"] == "TEXT_MESSAGE_START"]
    assert starts == [("assistant", "Mia"), ("user", "Bob")], "the caller's own words are the client's already"


def test_a_person_who_holds_the_conversation_ends_the_run_once_the_message_is_on_the_log() -> None:
    held = run_of(owner="operator:mia")
    check(held)
    taken = run_of({"type": "owner.changed", "owner": "queue:support", "term": 2})
    check(taken)
    assert types(taken)[-2:] == ["CUSTOM", "RUN_FINISHED"]


def test_a_turn_that_was_passed_over_ends_the_run() -> None:
    events = run_of({"type": "turn.started", "turnId": "t9", "messageId": "m_other"})
    check(events)


def test_a_gap_is_closed_from_the_snapshot_and_another_epoch_is_an_error() -> None:
    for epoch, end in (("e", "RUN_FINISHED"), ("f", "RUN_ERROR")):
        run = Run("thread", "run", Client("guest_ada"), Transcript(), ("t3",))
        events = run.begin(snapshot(), [])
        for entry in on_log(question(), START, *streamed("One, ", "two.")[:-2]):
            events += run.apply(entry)
        message = {**said("One, two.", "m_s"), "status": "completed", "timestamp": 1}
        events += run.apply(snapshot(epoch=epoch, offset=90, messages=[message]))
        check(events)
        assert events[-1]["type"] == end
        assert messages_after(events)[0]["content"] == ("One, two." if epoch == "e" else "One, ")


def test_a_run_without_a_message_recalls_the_conversation_and_asks_what_is_open() -> None:
    messages = [
        {**question(), "status": "sent", "timestamp": 1, "clientMessageId": "u1"},
        {**said("Sure?", buttons=[YES]), "status": "sent", "timestamp": 2},
    ]
    run = Run("thread", "run", Client("guest_ada", "1.0", interrupts=True))
    events = run.begin(snapshot(messages=messages), [])
    check(events)
    assert [(message["id"], message["content"]) for message in messages_after(events)] == [
        ("u1", "hello"),
        ("m_a", "Sure?"),
    ]
    assert events[-1]["outcome"]["type"] == "interrupt"


def test_nothing_comes_after_the_end() -> None:
    run = Run("thread", "run", Client("guest_ada"), Transcript(), ("t3",))
    run.begin(snapshot(), [])
    run.fail("shutdown", "The server restarts.")
    assert [run.apply(entry) for entry in on_log(question(), START, said("x"), END)] == [[], [], [], []]
    assert run.fail("again", "again") == []


IDS = st.sampled_from(["m_1", "m_2", "m_3"])
TASKS = st.sampled_from(["k_1", "k_2"])
TURNS = st.sampled_from(["t2", "t3", "t7", "odd"])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=6)
AUTHORS = st.sampled_from([ADA, BOB, BOT, MIA])
BUTTONS = st.sampled_from([[], [YES]])


def entry(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Entry]:
    return st.fixed_dictionaries({"type": st.just(kind), **fields})


ENTRIES = st.one_of(
    entry("message.sent", messageId=IDS, author=AUTHORS, text=TEXTS, buttons=BUTTONS, turnId=TURNS | st.none()),
    entry("message.started", messageId=IDS, author=st.just(BOT), turnId=TURNS),
    entry("message.delta", messageId=IDS, delta=TEXTS),
    entry("message.completed", messageId=IDS, author=st.just(BOT), text=TEXTS, buttons=BUTTONS, turnId=TURNS),
    entry("task.started", taskId=TASKS, name=st.just("refund"), title=TEXTS, turnId=TURNS | st.none()),
    entry("task.progressed", taskId=TASKS, done=st.just(1), total=st.just(2), note=TEXTS),
    entry("task.completed", taskId=TASKS),
    entry("task.failed", taskId=TASKS, reason=st.just("timeout")),
    entry("slots.changed", slots=st.dictionaries(TEXTS, st.none() | st.integers(), max_size=2), turnId=TURNS),
    entry("owner.changed", owner=st.sampled_from(["bot:main", "operator:mia"]), term=st.just(2)),
    entry("turn.started", turnId=TURNS, messageId=st.just("m_q")),
    entry("turn.completed", turnId=TURNS, stopped=st.booleans()),
    entry("turn.failed", turnId=TURNS, reason=st.just("error")),
    entry("turn.stopping", turnId=TURNS, participantId=st.just("guest_ada")),
    entry("message.read", participantId=st.just("guest_ada"), upTo=st.just(3)),
    entry("of.a.later.version", anything=TEXTS),
)


@given(st.lists(ENTRIES, max_size=30), st.booleans(), st.sampled_from([("t3",), ("t2", "t3"), ()]))
def test_any_sequence_of_entries_gives_one_well_formed_run(
    entries: list[Entry], modern: bool, turns: tuple[str, ...]
) -> None:
    run = Run("thread", "run", Client("guest_ada", "1.0" if modern else None, modern), Transcript(), turns)
    events = run.begin(snapshot(), [])
    for placed in on_log(question(), *entries):
        events += run.apply(placed)
    if not run.over:
        events += run.fail("shutdown", "The server restarts.")
    check(events)


@given(st.lists(ENTRIES, max_size=20), st.lists(ENTRIES, max_size=20))
def test_a_snapshot_in_the_middle_of_anything_keeps_the_run_well_formed(
    before: list[Entry], after: list[Entry]
) -> None:
    fold = Fold()
    for placed in on_log(question(), *before):
        fold.apply(placed)
    state = snapshot(
        offset=fold.offset,
        messages=list(fold.messages.values()),
        tasks=list(fold.tasks.values()),
        turn=fold.turn,
        slots=fold.slots,
    )
    run = Run("thread", "run", Client("guest_ada"), Transcript(), ("t3",))
    events = run.begin(snapshot(), [])
    for placed in on_log(question(), *before[: len(before) // 2]):
        events += run.apply(placed)
    events += run.apply(state)
    for placed in on_log(*after, first=fold.offset + 1):
        events += run.apply(placed)
    if not run.over:
        events += run.fail("shutdown", "The server restarts.")
    check(events)


@given(
    st.lists(st.lists(TEXTS, max_size=4), min_size=1, max_size=3),
    st.integers(0, 20),
    st.booleans(),
)
def test_a_client_that_left_in_the_middle_has_the_same_messages_after_it_runs_again(
    answers: list[list[str]], cut: int, rewritten: bool
) -> None:
    parts = [
        streamed(*deltas, message=f"m_{at}", text="Other." if rewritten else None) for at, deltas in enumerate(answers)
    ]
    entries = on_log(question(), START, *(entry for part in parts for entry in part), END)
    mine = [{"id": "u1", "role": "user", "content": "hello"}]

    def play(before: list[Entry], until: int) -> list[Entry]:
        run = Run("thread", "run", Client("guest_ada"), Transcript(before), ("t3",))
        events = run.begin(snapshot(), [])
        for placed in entries[:until]:
            events += run.apply(placed)
        return messages_after(events, before)

    whole = [{name: m[name] for name in ("id", "role", "content")} for m in play(mine, len(entries))]
    again = play(play(mine, cut), len(entries))
    assert [{name: m[name] for name in ("id", "role", "content")} for m in again] == whole
