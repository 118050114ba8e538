"""Stopping Rasa in the middle of a turn."""

from __future__ import annotations

import asyncio
import json

import pytest

from switchboard.turns import worker
from tests.engine.conftest import Talk, said
from tests.support.people import ADA
from tests.support.tiny_bot import ActionSlow
from tests.support.waiting import bounded, until


async def test_an_action_that_streams_is_stopped_and_its_turn_saves_what_there_is(talk: Talk) -> None:
    async def streams() -> bool:
        return any(message["status"] == "streaming" for message in (await talk.state())["messages"])

    await talk.ask("talk")
    async with bounded():
        await until(streams)
        assert await talk.log.stop(talk.id, ADA.id)
        await talk.answered()
    state = await talk.state()
    assert (state["messages"][-1]["text"], state["messages"][-1]["stopped"]) == ("So far", True)
    assert said(await talk.tracker()) == [("user", "talk"), ("bot", "So far")]
    assert state["slots"] == {"mood": "stopped"}, "and no slot that the bot does not share"
    assert (await talk.say("hello"))[0]["text"] == "Hello there."


async def test_an_action_that_hears_nothing_is_cut_off_and_the_tracker_knows_what_was_said(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(ActionSlow, "begun", asyncio.Event())
    monkeypatch.setattr(ActionSlow, "gate", asyncio.Event())
    await talk.ask("slow")
    async with bounded():
        await ActionSlow.begun.wait()
        await talk.log.stop(talk.id, ADA.id)
        await talk.answered()
    tracker = await talk.tracker()
    assert said(tracker) == [("user", "slow")]
    assert tracker[-1]["name"] == "action_listen"
    last = json.loads((await talk.log.read_back(talk.id, 1))[0].json)
    assert (last["type"], last["stopped"]) == ("turn.completed", True)
    assert (await talk.say("hello"))[0]["text"] == "Hello there."


async def test_who_is_cut_off_after_rasa_has_saved_is_in_the_tracker_once(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, never = asyncio.Event(), asyncio.Event()

    async def stands_still(*_: object) -> None:
        reached.set()
        await never.wait()

    monkeypatch.setattr(worker, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(talk.engine, "_share_slots", stands_still)
    await talk.ask("hello")
    async with bounded():
        await reached.wait()
        assert await talk.tracker() == [], "it goes onto record with the turn's end"
        await talk.log.stop(talk.id, ADA.id)
        await talk.answered()
    assert said(await talk.tracker()) == [("user", "hello"), ("bot", "Hello there.")]
    assert await talk.ends() == ["completed"]


@pytest.mark.parametrize(
    ("asked", "said_at_last", "mood"),
    [("seek", "Let me see.", "stopped"), ("seek please", "Let me see. Never mind.", "done")],
)
async def test_a_task_is_cancelled_in_the_action_server_and_the_turn_comes_to_its_end(
    talk: Talk, asked: str, said_at_last: str, mood: str
) -> None:
    async def seeks() -> bool:
        return any(task["status"] == "running" for task in (await talk.state())["tasks"])

    await talk.ask(asked)
    async with bounded():
        await until(seeks)
        state = await talk.state()
        task = state["tasks"][0]["taskId"]
        assert await talk.log.stop(talk.id, ADA.id, state["turn"], task) == state["turn"]
        await talk.answered()
    state = await talk.state()
    assert [(one["status"], one["reason"]) for one in state["tasks"]] == [("failed", "cancelled")]
    assert said(await talk.tracker()) == [("user", asked), ("bot", said_at_last)]
    assert (state["slots"], await talk.ends()) == ({"mood": mood}, ["completed"])
    assert (await talk.say("hello"))[0]["text"] == "Hello there."
