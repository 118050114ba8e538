"""Somebody stops the bot: the turn ends with what it has, by itself or, after a while, cut off."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from switchboard.log.errors import UnknownConversation
from switchboard.log.events import MessageDelta, MessageSent, MessageStarted
from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox
from switchboard.log.keys import STOP
from switchboard.log.log import Log
from switchboard.turns import worker as module
from switchboard.turns.stops import Stops
from switchboard.turns.turn import BOT, Apology, Turn
from switchboard.turns.worker import Worker
from tests.support.people import ADA, ask, start
from tests.support.waiting import bounded, running, until


class Talker:
    """Begins to talk, and goes on until its gate opens."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()

    async def answer(self, turn: Turn) -> None:
        await turn.say(MessageStarted("m_1", BOT, turn.id))
        await turn.say(MessageDelta("m_1", "So fär"))
        self.begun.set()
        await self.gate.wait()
        await turn.say(MessageSent("m_2", BOT, "Done.", turn_id=turn.id))

    async def cut(self, turn: Turn) -> None:
        await turn.keep_what_was_said()

    def apology(self) -> Apology:
        return Apology("Sorry.")


async def entries(log: Log) -> list[dict[str, Any]]:
    return [json.loads(line.json) for line in await log.read("c_1", 4, count=1_000)]


async def ended(log: Log) -> bool:
    return (await entries(log))[-1]["type"].startswith("turn.completed")


async def test_a_turn_that_does_not_stop_by_itself_is_cut_off_and_keeps_what_was_said(
    log: Log, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.05)
    talker = Talker()
    await start(log)
    await ask(log, "c_1", "talk")
    async with bounded(), running(Worker(log, Inbox(log.redis), follower, talker).run()):
        await talker.begun.wait()
        assert await log.stop("c_1", ADA.id) == "t4"
        await until(lambda: ended(log))
    *_, stopping, completed, end = await entries(log)
    assert stopping["type"] == "turn.stopping" and stopping["participantId"] == ADA.id
    assert (completed["type"], completed["text"], completed["stopped"]) == ("message.completed", "So fär", True)
    assert (end["type"], end["stopped"]) == ("turn.completed", True)


async def test_a_turn_that_ends_by_itself_in_time_is_not_cut_off(log: Log, follower: Follower) -> None:
    talker = Talker()
    await start(log)
    await ask(log, "c_1", "talk")
    async with bounded(), running(Worker(log, Inbox(log.redis), follower, talker).run()):
        await talker.begun.wait()
        await log.stop("c_1", ADA.id)
        talker.gate.set()
        await until(lambda: ended(log))
    assert [entry.get("text") for entry in await entries(log)][-2:] == ["Done.", None]


async def test_a_turn_that_was_stopped_before_a_worker_came_is_stopped_all_the_same(
    log: Log, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.05)
    await start(log)
    await ask(log, "c_1", "talk")
    assert await log.stop("c_1", ADA.id) == await log.stop("c_1", ADA.id) == "t4"
    async with bounded(), running(Worker(log, Inbox(log.redis), follower, Talker()).run()):
        await until(lambda: ended(log))
    types = [entry["type"] for entry in await entries(log)]
    assert types.count("turn.stopping") == 1 and types[-1] == "turn.completed"


async def test_a_stop_that_is_heard_before_the_turn_is_watched_is_not_forgotten(log: Log, follower: Follower) -> None:
    stops = Stops(log, follower)
    stopped: list[str] = []

    async def is_remembered() -> bool:
        with stops.watch("c_1", "t4", lambda: stopped.append("t4")):
            return bool(stopped)

    async with bounded(), running(stops.run()):
        await until(lambda: _somebody_hears(log))
        await start(log)
        await ask(log, "c_1", "talk")
        assert await log.stop("c_1", ADA.id) == "t4"
        await until(is_remembered)


async def _somebody_hears(log: Log) -> bool:
    ((_, number),) = await log.redis.pubsub_numsub(STOP)
    return bool(number)


async def test_only_who_takes_part_may_stop_and_only_what_is_to_be_answered(log: Log) -> None:
    await start(log)
    assert await log.stop("c_1", ADA.id) is None
    await ask(log, "c_1", "talk")
    assert await log.stop("c_1", ADA.id, "t1") is None
    with pytest.raises(UnknownConversation):
        await log.stop("c_1", "guest_eve")
