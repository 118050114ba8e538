"""Models change while conversations run: no turn is lost, none fails, and none is answered by two models."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
from pathlib import Path

import pytest

from switchboard.engine.reloads import Reloads
from tests.engine.conftest import Talk, said
from tests.support.people import start
from tests.support.tiny_bot import ActionSlow
from tests.support.waiting import bounded, running, until

LOADS = 8
CONVERSATIONS = 8

LOADS_SECONDS = 60.0  # for four loads, in a process that has a whole run of tests behind it


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> type[ActionSlow]:
    monkeypatch.setattr(ActionSlow, "begun", asyncio.Event())
    monkeypatch.setattr(ActionSlow, "gate", asyncio.Event())
    return ActionSlow


def newest(folder: Path, model: Path) -> str:
    """Make it the newest of the folder, by moving it there anew; its name."""
    shutil.copy(model, folder / "new")
    os.replace(folder / "new", folder / model.name)
    return model.name


async def until_it_answers(talk: Talk, model: str) -> None:
    async def answers() -> bool:
        return bool(talk.engine.model == model)

    await until(answers, LOADS_SECONDS)


async def test_a_turn_under_way_ends_with_the_model_that_it_began_with(
    talk: Talk, other_model: Path, slow: type[ActionSlow]
) -> None:
    await talk.ask("wait")
    async with bounded():
        await slow.begun.wait()
        await talk.engine.load(other_model)
        assert talk.engine.model == other_model.name
        slow.gate.set()
        await talk.answered()
    assert said(await talk.tracker()) == [("user", "wait"), ("bot", "At last."), ("bot", "Done.")]
    texts = [message["text"] for message in await talk.say("wait")]
    assert texts == ["At last.", "This is the end."]
    assert [message["text"] for message in await talk.say("hello")] == ["Good day."]
    assert await talk.ends() == ["completed"] * 3


async def test_the_new_model_has_our_endpoint_and_our_stores(talk: Talk, other_model: Path) -> None:
    await talk.engine.load(other_model)
    (answer,) = await talk.say("stream")
    assert answer["text"] == "One, two, three."
    assert (await talk.tracker())[-1]["event"] == "action"
    assert talk.agent.tracker_store is talk.agent.processor.tracker_store
    assert talk.agent.tracker_store.domain is talk.agent.domain is talk.agent.processor.domain


async def test_messages_come_while_models_change_and_each_is_answered_once_in_order(
    talk: Talk, model: Path, other_model: Path, tmp_path: Path
) -> None:
    talks = [dataclasses.replace(talk, id=await start(talk.log, f"c_{n + 2}")) for n in range(CONVERSATIONS)]
    reloads = Reloads(talk.engine, tmp_path)
    asked = 0

    async def ask_all_the_time() -> None:
        nonlocal asked
        while True:
            for one in talks:
                await one.ask("stream" if asked % 2 else "hello")
            asked += 1
            await talk.answered()

    async with asyncio.timeout(60), running(reloads.run()):
        async with running(ask_all_the_time()):
            for load in range(LOADS):
                name = newest(tmp_path, (other_model, model)[load % 2])
                reloads.ask()
                await until_it_answers(talk, name)
        await talk.answered()
    for one in talks:
        ends, words = await one.ends(), said(await one.tracker())
        assert set(ends) == {"completed"} and len(ends) in (asked, asked + 1)
        assert [text for who, text in words if who == "user"] == [("hello", "stream")[n % 2] for n in range(len(ends))]
        answers = [text for who, text in words if who == "bot"]
        assert len(answers) == len(ends)
        assert set(answers[1::2]) <= {"One, two, three."} and set(answers[::2]) <= {"Hello there.", "Good day."}


async def test_what_is_asked_for_while_a_model_loads_is_loaded_afterwards_and_what_is_broken_never(
    talk: Talk, model: Path, other_model: Path, tmp_path: Path
) -> None:
    reloads = Reloads(talk.engine, tmp_path)
    async with bounded(LOADS_SECONDS), running(reloads.run()):
        newest(tmp_path, model)
        for _ in range(5):
            reloads.ask()
        await asyncio.sleep(0)  # the first load begins
        name = newest(tmp_path, other_model)
        reloads.ask()
        await until_it_answers(talk, name)
        (tmp_path / "broken.tar.gz").write_bytes(b"no model")
        reloads.ask()
        assert [message["text"] for message in await talk.say("hello")] == ["Good day."]
        (tmp_path / "broken.tar.gz").unlink()
        name = newest(tmp_path, model)
        reloads.ask()
        await until_it_answers(talk, name)
    assert [message["text"] for message in await talk.say("hello")] == ["Hello there."]
