"""A snapshot is the fold of the log: replaying it gives the same state as living through it."""

from __future__ import annotations

import json
from typing import Any

import redis.asyncio
from hypothesis import given
from hypothesis import strategies as st

from switchboard.log import snapshot
from switchboard.log.codec import encode
from switchboard.log.events import (
    Button,
    Event,
    MessageCompleted,
    MessageDelta,
    MessageSent,
    MessageStarted,
    TaskCompleted,
    TaskFailed,
    TaskProgressed,
    TaskStarted,
    TurnCompleted,
    TurnFailed,
    TurnStarted,
)
from switchboard.log.log import Draft, Log
from switchboard.log.snapshot import Fold
from switchboard.turns.turn import BOT
from tests.support.people import ADA, start

IDS = st.sampled_from(["1", "2", "3"])
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(MessageSent, IDS, st.just(ADA), st.text(), turn_id=st.none()),
    st.builds(MessageStarted, IDS, st.just(BOT), IDS),
    st.builds(MessageDelta, IDS, st.text()),
    st.builds(MessageCompleted, IDS, st.just(BOT), st.text(), IDS, st.just((Button("Yes", "/affirm"),))),
    st.builds(TurnStarted, IDS, IDS),
    st.builds(TurnCompleted, IDS),
    st.builds(TurnFailed, IDS, st.just("error")),
    st.builds(TaskStarted, IDS, st.just("look"), st.just("Looking")),
    st.builds(TaskProgressed, IDS, st.integers(0, 3), st.just(3), st.text()),
    st.builds(TaskCompleted, IDS),
    st.builds(TaskFailed, IDS, st.just("timeout")),
)


def wire(offset: int, event: Event) -> dict[str, Any]:
    return {"epoch": "e", "offset": offset, **json.loads(encode(event, 1_000 + offset))}


def lived(fold: Fold) -> Any:
    return json.loads(json.dumps([fold.offset, fold.turn, list(fold.messages.values()), list(fold.tasks.values())]))


@given(st.lists(EVENTS, max_size=30), st.integers(0, 30))
def test_a_client_that_starts_from_a_snapshot_ends_where_one_ends_that_was_there_all_along(
    events: list[Event], join: int
) -> None:
    there, late = Fold(), Fold()
    for offset, event in enumerate(events, 1):
        there.apply(wire(offset, event))
        if offset <= join:
            late = Fold(**json.loads(json.dumps(vars(there))))
        else:
            late.apply(wire(offset, event))
    assert lived(late) == lived(there)


async def taken(log: Log) -> dict[str, Any]:
    _, state = await snapshot.take(log, await log.describe("c_1"))
    return state


async def tell(log: Log, *events: Event) -> None:
    await log.publish("c_1", *(Draft(event) for event in events))


async def test_the_snapshot_in_redis_is_the_fold_of_what_was_appended(log: Log) -> None:
    await start(log)
    await tell(
        log,
        MessageSent("m1", ADA, "Where is it?", client_message_id="x", metadata={"page": 1}),
        TurnStarted("t4", "m1"),
        MessageStarted("m2", BOT, "t4"),
        MessageDelta("m2", "Let me "),
        TaskStarted("k1", "track", "Tracking", "t4"),
        TaskProgressed("k1", 1, 3, "Asking"),
        MessageDelta("m2", "look."),
    )
    state = await taken(log)
    assert (state["offset"], state["turn"], state["owner"]) == (10, "t4", "bot:main")
    question, answer = state["messages"]
    assert (question["status"], question["text"], question["clientMessageId"]) == ("sent", "Where is it?", "x")
    assert (answer["status"], answer["text"], answer["buttons"], answer["turnId"]) == (
        "streaming",
        "Let me look.",
        [],
        "t4",
    )
    (task,) = state["tasks"]
    assert isinstance(task.pop("timestamp"), int)
    assert task == {
        "taskId": "k1",
        "name": "track",
        "title": "Tracking",
        "turnId": "t4",
        "status": "running",
        "done": 1,
        "total": 3,
        "note": "Asking",
    }
    await tell(log, MessageCompleted("m2", BOT, "Let me look. Here.", "t4"), TaskCompleted("k1"), TurnCompleted("t4"))
    state = await taken(log)
    answer = state["messages"][1]
    assert (state["turn"], answer["status"], answer["text"]) == (None, "completed", "Let me look. Here.")
    assert state["tasks"][0]["status"] == "completed"


async def test_a_message_stands_where_and_when_it_began(log: Log) -> None:
    await start(log)
    await tell(log, MessageStarted("m1", BOT, "t1"))
    began = (await taken(log))["messages"][0]["timestamp"]
    await tell(log, MessageSent("m2", ADA, "hurry"), MessageCompleted("m1", BOT, "done", "t1"))
    messages = (await taken(log))["messages"]
    assert [message["messageId"] for message in messages] == ["m1", "m2"]
    assert messages[0]["timestamp"] == began


async def test_the_end_of_a_turn_interrupts_what_it_left_open(log: Log) -> None:
    await start(log)
    for end in (TurnCompleted("t1"), TurnFailed("t1", "error")):
        message_id = f"m_{end.type}"
        await tell(
            log, TurnStarted("t1", "m"), MessageStarted(message_id, BOT, "t1"), MessageDelta(message_id, "so far"), end
        )
        assert (await taken(log))["messages"][-1]["status"] == "interrupted"
        assert (await taken(log))["messages"][-1]["text"] == "so far"


async def test_a_trimmed_log_still_gives_a_snapshot_of_what_is_left(client: redis.asyncio.Redis[str]) -> None:
    log = Log(client, keep=3)
    await start(log)
    await tell(log, MessageStarted("gone", BOT, "t1"), TaskStarted("gone", "a", "A"))
    await tell(log, MessageDelta("gone", "x"), TaskProgressed("gone", 1, 2, "n"), MessageSent("left", ADA, "hello"))
    state = await taken(log)
    assert [message["messageId"] for message in state["messages"]] == ["left"]
    assert (state["tasks"], state["offset"]) == ([], 8)
    assert {person["id"] for person in state["participants"]} == {"guest_ada", "bot:main"}


async def test_a_snapshot_ends_where_its_description_ends(log: Log) -> None:
    """Owner and participants are those of that moment, so the messages must be too."""
    await start(log)
    then = await log.describe("c_1")
    await tell(log, MessageSent("m1", ADA, "later"))
    position, state = await snapshot.take(log, then)
    assert (position.offset, state["offset"], state["messages"]) == (3, 3, [])


async def test_entries_of_a_newer_version_change_nothing() -> None:
    fold = Fold()
    for offset, kind in enumerate(("message.pinned", "task.paused", "turn.paused", "weather.changed"), 1):
        fold.apply(
            {
                "type": kind,
                "offset": offset,
                "epoch": "e",
                "timestamp": 1,
                "messageId": "m",
                "taskId": "k",
                "turnId": "t",
            }
        )
    assert lived(fold) == [4, None, [], []]
