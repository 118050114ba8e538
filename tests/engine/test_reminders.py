"""Reminders reach the customer's log, under the conversation's lock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from switchboard.log.inbox import Inbox
from tests.engine.conftest import Talk, said
from tests.support.people import start
from tests.support.tiny_bot import ActionSlow
from tests.support.waiting import bounded, until

if TYPE_CHECKING:
    from rasa.shared.core.events import Event


@pytest.fixture(autouse=True)
async def scheduler() -> AsyncIterator[None]:
    """Rasa has one for each process, which belongs to an event loop: the test's ends with it."""
    from rasa.core import jobs

    yield
    jobs.kill_scheduler()
    await asyncio.sleep(0)  # it ends in the next round of the loop


async def came(talk: Talk, text: str = "It is time.") -> None:
    """Until the customer has read it, and the reminder has let the conversation go."""

    async def over() -> bool:
        lines = [json.loads(line.json).get("text") for line in await talk.log.read(talk.id, 0)]
        return text in lines and await _is_free(talk)

    await until(over)


async def _is_free(talk: Talk) -> bool:
    inbox = Inbox(talk.log.redis)
    free = await inbox.hold(talk.id) is not None
    if free:
        await inbox.release(talk.id, wake=True)
    return free


async def told(talk: Talk) -> list[str]:
    """What was said, and the turns that begin and end, each with its turn, in order."""
    entries = [json.loads(line.json) for line in await talk.log.read(talk.id, 3)]
    return [f"{entry.get('text', entry['type'])} {entry.get('turnId', '')}".strip() for entry in entries]


async def external(talk: Talk) -> list[str]:
    """What Rasa's tracker has of reminders that came."""
    return [event["text"] for event in await talk.tracker() if (event.get("text") or "").startswith("EXTERNAL: ")]


async def test_a_reminder_reaches_the_customer_after_its_turn_and_is_saved_once(talk: Talk) -> None:
    await talk.say("remind")
    await came(talk)
    assert await told(talk) == ["remind", "turn.started t4", "I will. t4", "turn.completed t4", "It is time."]
    assert said(await talk.tracker()) == [
        ("user", "remind"),
        ("bot", "I will."),
        ("user", "EXTERNAL: due"),
        ("bot", "It is time."),
    ]
    assert (await talk.say("hello"))[0]["text"] == "Hello there."


async def test_a_reminder_that_a_reminder_schedules_reaches_the_customer_too(talk: Talk) -> None:
    await talk.say("nag")
    await came(talk)
    assert await told(talk) == [
        "nag", "turn.started t4", "I will. t4", "turn.completed t4", "I will.", "It is time.",
    ]  # fmt: skip
    assert await external(talk) == ["EXTERNAL: remind", "EXTERNAL: due"]


async def test_a_reminder_whose_time_comes_within_its_turn_waits_for_the_end(talk: Talk) -> None:
    ActionSlow.begun, ActionSlow.gate = asyncio.Event(), asyncio.Event()
    await talk.ask("postpone")
    async with bounded():
        await ActionSlow.begun.wait()
        await until(_all_have_come)
    assert await told(talk) == ["postpone", "turn.started t4", "I will. t4"]
    ActionSlow.gate.set()
    await came(talk)
    assert await told(talk) == [
        "postpone", "turn.started t4", "I will. t4", "At last. t4", "turn.completed t4", "It is time.",
    ]  # fmt: skip
    assert await external(talk) == ["EXTERNAL: due"]


async def _all_have_come() -> bool:
    """Whether the scheduler has handed everything over."""
    from rasa.core import jobs

    return not (await jobs.scheduler()).get_jobs()


async def test_a_message_that_comes_while_a_reminder_has_the_lock_is_answered_after_it(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reminder is answered by `action_slow`, which the gate holds up."""
    monkeypatch.setattr("tests.support.tiny_bot.REMINDS_OF", {"remind": "slow"})
    ActionSlow.begun, ActionSlow.gate = asyncio.Event(), asyncio.Event()
    await talk.say("remind")
    async with bounded():
        await ActionSlow.begun.wait()
        await talk.ask("hello")
        ActionSlow.gate.set()
        await talk.answered()
    assert await told(talk) == [
        "remind", "turn.started t4", "I will. t4", "turn.completed t4",
        "hello", "At last.", "turn.started t8", "Hello there. t8", "turn.completed t8",
    ]  # fmt: skip


async def test_reminders_of_one_name_come_to_everybody_who_asked(talk: Talk) -> None:
    conversations = [talk.id, await start(talk.log, "c_other")]
    for talk.id in conversations:
        await talk.ask("remind")
    for talk.id in conversations:
        await came(talk)


async def test_a_reminder_that_fails_leaves_nothing_in_the_tracker_and_is_told_to_operators(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    async def failed() -> bool:
        return f"reminder failed: conversation={talk.id} name=tea" in caplog.messages

    await talk.say("hope")
    await until(failed)
    assert await external(talk) == []
    assert (await talk.say("hello"))[0]["text"] == "Hello there."


def reminder(name: str = "tea", timestamp: float = 1.0, **more: Any) -> Event:
    from rasa.shared.core.events import ReminderScheduled

    return ReminderScheduled("due", datetime.now(UTC), name=name, timestamp=timestamp, **more)


def test_a_reminder_is_wanted_until_something_has_made_it_pointless() -> None:
    from rasa.shared.core.events import (
        ActionExecuted,
        ReminderCancelled,
        Restarted,
        SessionStarted,
        SlotSet,
        UserUttered,
    )

    from switchboard.engine.reminders import is_wanted

    ours = reminder(kill_on_user_message=False)
    killed = reminder()
    before = [UserUttered("remind"), ActionExecuted("action_remind")]
    later: list[Event] = [ActionExecuted("action_listen"), SlotSet("mood", "good"), reminder("another")]
    assert is_wanted(ours, "c_1", [*before, ours, *later, UserUttered("hello")])
    assert is_wanted(killed, "c_1", [*before, killed, *later])
    assert is_wanted(ours, "c_1", [*before, ours, *later, ReminderCancelled("another")])
    assert not is_wanted(ours, "c_1", before), "its turn was never saved"
    assert not is_wanted(killed, "c_1", [*before, killed, *later, UserUttered("hello")])
    for end in (Restarted(), SessionStarted(), ReminderCancelled("tea"), ReminderCancelled(), reminder(timestamp=2.0)):
        assert not is_wanted(ours, "c_1", [*before, ours, *later, end]), end
