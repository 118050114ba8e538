"""What may be asked again: nothing of which an effect is known, or feared."""

from __future__ import annotations

import pytest

from switchboard.log.events import Event, TaskCompleted, TaskFailed, TaskStarted, TurnCompleted
from switchboard.log.log import Draft, Log
from switchboard.tasks.again import NotAgain, message_to_ask_again
from tests.support.people import ask, start


def begun(task: str, effects: bool | None = False) -> TaskStarted:
    return TaskStarted(task, "look", "Looking", "t4", effects)


FAILED = (begun("k1"), TaskFailed("k1", "unavailable"))
END = TurnCompleted("t4")


async def answered(log: Log, *events: Event) -> None:
    await start(log)
    assert await ask(log, "c_1", "hello") == 4
    await log.publish("c_1", *(Draft(event) for event in events))


@pytest.mark.parametrize(
    "events",
    [
        FAILED,
        (begun("k1"),),  # its process was killed
        (begun("k1"), TaskFailed("k1", "cancelled")),
        (begun("k1", True), TaskFailed("k1", "refused")),
        (begun("k1", True), TaskFailed("k1", "unavailable")),
        (*FAILED, begun("k2"), TaskCompleted("k2")),
        (*FAILED, begun("k2", True), TaskFailed("k2", "refused")),
    ],
)
async def test_a_message_of_which_nothing_came_is_asked_again(log: Log, events: tuple[Event, ...]) -> None:
    await answered(log, *events, END)
    assert (await message_to_ask_again(log, "c_1", "t4", "k1")).text == "hello"


@pytest.mark.parametrize(
    ("events", "why"),
    [
        (FAILED, "running"),
        ((begun("k1"), TaskCompleted("k1"), END), "completed"),
        ((begun("k1", True), TaskFailed("k1", "uncertain"), END), "uncertain"),
        ((begun("k1", True), END), "uncertain"),
        ((begun("k1", None), TaskFailed("k1", "timeout"), END), "uncertain"),
        ((*FAILED, begun("k2", True), TaskCompleted("k2"), END), "completed"),
        ((*FAILED, begun("k2", True), TaskFailed("k2", "uncertain"), END), "uncertain"),
        ((*FAILED, begun("k2", None), TaskCompleted("k2"), END), "completed"),
        ((TurnCompleted("t4"),), "too_old"),
    ],
)
async def test_one_of_which_something_came_or_may_have_is_not(log: Log, events: tuple[Event, ...], why: str) -> None:
    await answered(log, *events)
    with pytest.raises(NotAgain, match=f"^{why}$"):
        await message_to_ask_again(log, "c_1", "t4", "k1")


@pytest.mark.parametrize("turn", [None, "", "t0", "t1", "t5", "t99", "4", "t4\n"])
async def test_what_is_no_turn_of_the_log_is_too_old(log: Log, turn: str | None) -> None:
    await answered(log, *FAILED, END)
    with pytest.raises(NotAgain, match=r"too_old|running"):
        await message_to_ask_again(log, "c_1", turn, "k1")
