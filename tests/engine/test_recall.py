"""The bot knows a person again, in another conversation too, and takes nobody for another one."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import redis.asyncio

from switchboard.log.events import Participant
from switchboard.log.feed import Feed
from switchboard.log.follower import Follower
from switchboard.log.log import Log
from switchboard.log.members import Members
from switchboard.people.learner import DAY, FEED, Learner
from switchboard.people.memory import Lesson, Memory
from switchboard.store.calls import Calls
from switchboard.store.database import Database
from switchboard.turns.turn import BOT
from tests.engine.conftest import Talk
from tests.support.people import ADA
from tests.support.waiting import running, until

BOB = Participant("guest_bob", "customer", "Bob")


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(Calls(Database(f"sqlite:///{tmp_path}/memory.db")))


@pytest.fixture
async def knowing(talk: Talk, memory: Memory, client: redis.asyncio.Redis[str], log: Log) -> AsyncIterator[Talk]:
    """A bot that remembers what people are called."""
    from switchboard.engine.recall import Recall

    talk.engine._processor.recall = Recall(memory, {"nickname"})
    await Feed(client, FEED).register()  # of what came before nothing is learned
    follower = Follower(client)
    learner = Learner(log, follower, memory, {"nickname": 30}, rescan_seconds=0.05)
    async with running(follower.run()), running(learner.run()):
        yield talk


async def known(memory: Memory, person: Participant) -> dict[str, object]:
    return {each.name: each.value for each in await memory.of(person.id)}


async def another(talk: Talk, name: str, *people: Participant) -> Talk:
    """Another conversation with the same bot."""
    await talk.log.start(name, BOT.id, [*people, BOT])
    return replace(talk, id=name)


async def answer(talk: Talk, text: str, author: Participant = ADA) -> str:
    *_, last = await talk.say(text, author=author)
    return str(last["text"])


async def set_slots(talk: Talk) -> list[str]:
    """By the bot or by us, and not by Rasa itself."""
    events = await talk.tracker()
    return [event["name"] for event in events if event["event"] == "slot" and "metadata" not in event["name"]]


async def learned(memory: Memory, person: Participant, name: str) -> None:
    async def it_is() -> bool:
        return await known(memory, person) == {"nickname": name}

    await until(it_is)


async def test_what_one_conversation_has_taught_another_knows(knowing: Talk, memory: Memory) -> None:
    assert await answer(knowing, "who am I") == "You are None."
    assert await answer(knowing, "call me Countess") == "You are Countess."
    await learned(memory, ADA, "Countess")
    (where,) = await memory.of(ADA.id)
    assert where.conversation == knowing.id
    assert (where.expires_at - where.learned_at).days == 30
    elsewhere = await another(knowing, "c_2", ADA)
    assert await answer(elsewhere, "who am I") == "You are Countess."
    assert await set_slots(elsewhere) == ["nickname"]


async def test_in_one_conversation_everybody_is_themselves(knowing: Talk, memory: Memory) -> None:
    group = await another(knowing, "c_group", ADA, BOB)
    assert await answer(group, "call me Countess", ADA) == "You are Countess."
    assert await answer(group, "who am I", BOB) == "You are None."
    assert await answer(group, "call me Bobby", BOB) == "You are Bobby."
    for _ in range(2):
        assert await answer(group, "who am I", ADA) == "You are Countess."
        assert await answer(group, "who am I", BOB) == "You are Bobby."
    await learned(memory, ADA, "Countess")
    await learned(memory, BOB, "Bobby")


async def test_in_company_nothing_is_told_that_was_learned_elsewhere(knowing: Talk, memory: Memory) -> None:
    await answer(knowing, "call me Countess")
    await learned(memory, ADA, "Countess")
    group = await another(knowing, "c_group", ADA, BOB)
    assert await answer(group, "who am I", ADA) == "You are None."
    mine = await another(knowing, "c_mine", ADA)
    assert await answer(mine, "who am I", ADA) == "You are Countess."
    await Members(mine.log.redis).join(mine.id, BOB)
    assert await answer(mine, "@assistant who am I", ADA) == "You are None.", "since Bob has come"


async def test_in_a_crowd_nobody_is_taken_for_another(knowing: Talk) -> None:
    await mingle(knowing, turns=80)


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_nor_in_a_longer_conversation_of_the_crowd(knowing: Talk) -> None:
    await mingle(knowing, turns=250)


async def mingle(talk: Talk, turns: int) -> None:
    """Twenty people and two operators say what they are called, or ask, in any order; longer than Rasa's window."""
    people = [Participant(f"guest_{at}", "customer", f"Guest {at}") for at in range(20)]
    people += [Participant(f"op_{at}", "operator", f"Operator {at}") for at in range(2)]
    group = await another(talk, "c_crowd", *people)
    dice, called, asked = random.Random(3), dict.fromkeys((each.id for each in people), "None"), 0
    for turn in range(turns):
        who = dice.choice(people)
        if dice.random() < 0.3:
            called[who.id] = f"N{turn}"
            assert await answer(group, f"call me {called[who.id]}", who) == f"You are {called[who.id]}."
        else:
            asked += called[who.id] != "None"
            assert await answer(group, "who am I", who) == f"You are {called[who.id]}."
    assert asked > turns // 8, "or there was little that could have gone wrong"


@pytest.fixture
async def personal(talk: Talk, memory: Memory) -> Talk:
    """A bot whose people have a nickname each in a conversation, and none in the next."""
    from switchboard.engine.recall import Recall

    talk.engine._processor.recall = Recall(memory, (), {"nickname"})
    return talk


async def test_what_is_only_personal_is_not_remembered(personal: Talk, memory: Memory) -> None:
    group = await another(personal, "c_group", ADA, BOB)
    assert await answer(group, "call me Countess", ADA) == "You are Countess."
    assert await answer(group, "who am I", BOB) == "You are None."
    assert await answer(group, "call me Bobby", BOB) == "You are Bobby."
    assert await answer(group, "who am I", ADA) == "You are Countess."
    assert await answer(group, "who am I", BOB) == "You are Bobby."
    assert await answer(await another(personal, "c_2", ADA), "who am I") == "You are None."
    assert await known(memory, ADA) == {}


@pytest.mark.parametrize("is_remembered", [True, False])
async def test_what_was_emptied_in_between_does_not_come_back(talk: Talk, memory: Memory, is_remembered: bool) -> None:
    """Whoever had it forgotten is not told it again because somebody else has spoken since."""
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import ActionExecuted, Event, SessionStarted, SlotSet, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    from switchboard.engine.recall import Recall
    from switchboard.turns.turn import Turn

    domain: Domain = talk.engine._processor.domain
    group = await another(talk, "c_group", ADA, BOB)
    hers = [UserUttered("x", metadata={"author": ADA.id}), SlotSet("nickname", "Countess"), SlotSet("nickname", None)]
    his = [UserUttered("y", metadata={"author": BOB.id}), SlotSet("nickname", "Bobby")]
    listen = ActionExecuted("action_listen")
    events: list[Event] = [SessionStarted(), listen, *hers, listen, *his, listen]
    tracker = DialogueStateTracker.from_events("c_group", events, domain.slots)
    recall = Recall(memory, {"nickname"}) if is_remembered else Recall(memory, (), {"nickname"})
    turn = cast("Turn", SimpleNamespace(message=SimpleNamespace(author=ADA), log=group.log, conversation="c_group"))
    recalled = await recall.events(tracker, turn, await group.log.describe("c_group"))
    assert [(event.key, event.value) for event in recalled if isinstance(event, SlotSet)] == [("nickname", None)]


async def test_no_slot_of_the_conversation_is_touched(knowing: Talk, memory: Memory) -> None:
    now = datetime.now(UTC)
    await memory.learn([Lesson(ADA.id, "mood", "curious", "c_0", now, DAY)])
    await answer(knowing, "who am I")
    assert await set_slots(knowing) == []


async def test_without_the_database_nothing_is_known_and_nobody_is_taken_for_another(
    knowing: Talk, tmp_path: Path
) -> None:
    from switchboard.engine.recall import Recall

    (tmp_path / "file").touch()
    away = Memory(Calls(Database(f"sqlite:///{tmp_path}/file/test.db")))
    knowing.engine._processor.recall = Recall(away, {"nickname"})
    group = await another(knowing, "c_group", ADA, BOB)
    assert await answer(group, "call me Countess", ADA) == "You are Countess."
    assert await answer(group, "who am I", BOB) == "You are None."
    assert await answer(group, "who am I", ADA) == "You are Countess.", "it was said here"


async def test_what_a_person_has_put_right_is_right(knowing: Talk, memory: Memory) -> None:
    await answer(knowing, "call me Countess")
    await learned(memory, ADA, "Countess")
    await memory.correct(ADA.id, "nickname", "Ada")
    assert await answer(await another(knowing, "c_2", ADA), "who am I") == "You are Ada."
    await memory.forget(ADA.id)
    assert await answer(await another(knowing, "c_3", ADA), "who am I") == "You are None."
