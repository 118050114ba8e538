"""Workers answer every message once, in order, whatever dies in between."""

from __future__ import annotations

import asyncio
import json

import pytest

from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox
from switchboard.log.keys import keys_of
from switchboard.log.log import Log
from switchboard.turns.turn import Turn, TurnError
from switchboard.turns.worker import MAX_DEATHS
from tests.support.people import ask, start
from tests.support.redis_server import RedisServer
from tests.turns.conftest import Engine, answer_of, answered, entries, told, working


async def test_a_message_is_answered_between_the_start_and_the_end_of_its_turn(log: Log, follower: Follower) -> None:
    await start(log)
    async with working(log, follower, Engine()):
        question = await ask(log, "c_1", "hello")
        await answered(log)
    assert await told(log) == ["hello", *answer_of("hello")]
    asked, *answer = await entries(log)
    assert {entry.get("turnId") for entry in answer} == {f"t{question}"}
    assert answer[0]["messageId"] == asked["messageId"]


async def test_messages_of_one_conversation_are_answered_one_after_the_other(log: Log, follower: Follower) -> None:
    await start(log)
    texts = [str(n) for n in range(20)]
    async with working(log, follower, Engine()):
        for text in texts:
            await ask(log, "c_1", text)
        await answered(log)
    answers = [text for text in await told(log) if text not in texts]
    assert answers == [line for text in texts for line in answer_of(text)]


async def test_messages_that_came_while_no_worker_ran_are_answered(log: Log, follower: Follower) -> None:
    await start(log)
    await ask(log, "c_1", "anybody?")
    async with working(log, follower, Engine()):
        await answered(log)
    assert (await told(log))[-1] == "turn.completed"


@pytest.mark.parametrize(
    ("error", "reason"),
    [(TurnError("action_failed", "the server is down"), "action_failed"), (RuntimeError("a defect"), "error")],
)
async def test_a_turn_that_fails_ends_with_an_apology_and_the_next_message_goes_on(
    log: Log, follower: Follower, error: Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    await start(log)
    async with working(log, follower, Engine(errors={"bad": error})):
        question = await ask(log, "c_1", "bad")
        await answered(log)
        await ask(log, "c_1", "good")
        await answered(log)
    assert await told(log) == ["bad", "turn.started", "You said bad.", "Sorry.", reason, "good", *answer_of("good")]
    assert [entry["type"] for entry in await entries(log)][4] == "turn.failed"
    assert str(error.args[0]).rpartition(": ")[2] not in json.dumps(await entries(log))
    (told_operators,) = [line for line in caplog.messages if f"conversation=c_1 turn=t{question} " in line]
    assert f"reason={reason} " in told_operators and str(error.args[0]).rpartition(": ")[2] in told_operators


async def test_a_message_that_no_try_comes_to_an_end_with_is_given_up(
    log: Log, follower: Follower, caplog: pytest.LogCaptureFixture
) -> None:
    await start(log)
    await ask(log, "c_1", "poison")
    for _ in range(MAX_DEATHS):
        assert await Inbox(log.redis).take("c_1")
        await log.redis.delete(keys_of("c_1").lease)  # its time is over, and nobody gave it back
    engine = Engine()
    async with working(log, follower, engine):
        await ask(log, "c_1", "hello")
        await answered(log)
    assert engine.asked == ["hello"]
    assert await told(log) == ["poison", "turn.started", "hello", "Sorry.", "gave_up", *answer_of("hello")]
    assert f"try={MAX_DEATHS + 1} reason=gave_up" in caplog.text


async def test_what_a_try_keeps_is_found_by_the_next_one_and_gone_with_the_turn(log: Log) -> None:
    conversation = await start(log)
    await ask(log, conversation, "hello")
    kept = []
    for number in range(2):
        lease = await Inbox(log.redis).take(conversation)
        assert lease is not None
        turn = Turn.of(log, lease)
        kept.append(turn.kept)
        turn.keep(f"of try {number}")
        await turn.secure()
        kept.append(turn.kept)
        await log.redis.delete(keys_of(conversation).lease)
    assert kept == ["", "of try 0", "of try 0", "of try 0"]
    await turn.complete()
    await ask(log, conversation, "again")
    lease = await Inbox(log.redis).take(conversation)
    assert lease is not None
    assert (lease.tries, lease.kept) == (1, "")


@pytest.mark.parametrize(("text", "again"), [("where is it?", ["where is it?"]), ("/restart", [])])
async def test_an_apology_offers_to_say_it_again_but_never_what_would_become_an_intent(
    log: Log, follower: Follower, text: str, again: list[str]
) -> None:
    await start(log)
    async with working(log, follower, Engine(errors={text: RuntimeError("a defect")})):
        await ask(log, "c_1", text)
        await answered(log)
    (sorry,) = [entry for entry in await entries(log) if entry.get("text") == "Sorry."]
    assert [button["payload"] for button in sorry["buttons"]] == [*again, "/person"]


async def test_workers_go_on_once_redis_is_back(log: Log, follower: Follower, redis_server: RedisServer) -> None:
    await start(log)
    async with working(log, follower, Engine()):
        await ask(log, "c_1", "before")
        await answered(log)
        await asyncio.to_thread(redis_server.stop)
        await asyncio.to_thread(redis_server.start)  # empty: it keeps nothing in these tests
        await start(log)
        await ask(log, "c_1", "after")
        await answered(log)
    assert await told(log) == ["after", *answer_of("after")]
