"""A reply streams while its action runs, and is uttered once."""

from __future__ import annotations

import asyncio

import pytest
from rasa_sdk.executor import CollectingDispatcher

from switchboard.log.errors import StalePublish
from switchboard.log.keys import STOP
from switchboard.log.log import Log
from switchboard.reply import Reply
from switchboard.tasks import Report, task
from switchboard.turns.turn import CallAgain
from tests.support.people import ADA
from tests.support.redis_server import RedisServer
from tests.support.waiting import bounded, until
from tests.tasks.conftest import Stage, stoppable, tracker


@task("look", title="Looking", timeout=5.0)
async def look(report: Report) -> int:
    await report.text("First. ")
    await report.progress(1, 2, "On it")
    await report.text("Second.")
    return 7


async def test_pieces_that_come_fast_are_sent_together_and_lose_nothing(stage: Stage) -> None:
    pieces = [f"{n} ⟨é⟩\n" for n in range(1_000)]
    async with stage.reply() as reply:
        for piece in pieces:
            await reply.write(piece)
            if len(piece) % 7 == 0:
                await asyncio.sleep(0)
    started, *deltas = await stage.entries()
    assert started["type"] == "message.started"
    assert {delta["type"] for delta in deltas} == {"message.delta"} and len(deltas) < 100
    assert "".join(delta["delta"] for delta in deltas) == "".join(pieces)
    (uttered,) = stage.dispatcher.messages
    assert uttered["text"] == "".join(pieces).strip()
    assert uttered["streamed"] == started["messageId"]


async def test_what_is_written_can_be_read_while_the_action_still_runs(stage: Stage) -> None:
    async with bounded(), stage.reply() as reply:
        await reply.write("Let me look. ")

        async def seen() -> bool:
            return "message.delta" in await stage.types()

        await until(seen)
        assert stage.dispatcher.messages == []


async def test_text_stands_before_the_progress_that_follows_it(stage: Stage) -> None:
    async with stage.reply() as reply:
        await reply.write("So: ")
        assert await reply.run(look) == 7
        await reply.write(" Done.")
    entries = await stage.entries()
    assert [entry["type"] for entry in entries] == [
        "message.started", "message.delta", "task.started", "message.delta", "task.progressed", "message.delta",
        "task.completed", "message.delta",
    ]  # fmt: skip
    assert [entry["delta"] for entry in entries if "delta" in entry] == ["So: ", "First. ", "Second.", " Done."]
    assert {entry["turnId"] for entry in entries if "turnId" in entry} == {f"t{stage.lease.offset}"}
    assert stage.dispatcher.messages[0]["text"] == "So: First. Second. Done."


async def test_buttons_come_with_the_finished_message(stage: Stage) -> None:
    async with stage.reply() as reply:
        reply.buttons([{"title": "Yes", "payload": "/affirm"}])
    (uttered,) = stage.dispatcher.messages
    assert uttered["buttons"] == [{"title": "Yes", "payload": "/affirm"}] and "streamed" not in uttered
    assert await stage.entries() == []


async def test_a_reply_that_says_nothing_utters_nothing(stage: Stage) -> None:
    async with stage.reply():
        pass
    assert (stage.dispatcher.messages, await stage.entries()) == ([], [])


async def test_a_reply_that_breaks_off_utters_nothing(stage: Stage) -> None:
    with pytest.raises(ZeroDivisionError):
        async with stage.reply() as reply:
            await reply.write("So far")
            raise ZeroDivisionError
    assert stage.dispatcher.messages == []


async def test_outside_a_conversation_of_ours_it_only_collects_and_utters(stage: Stage) -> None:
    dispatcher = CollectingDispatcher()
    async with Reply(dispatcher, tracker("shell", {}), stage.services) as reply:
        await reply.write("So: ")
        assert await reply.run(look) == 7
    assert [message["text"] for message in dispatcher.messages] == ["So: First. Second."]
    assert "streamed" not in dispatcher.messages[0]
    assert await stage.entries() == []
    (record,) = await stage.services.history.of("shell")
    assert (record.name, record.status, record.turn) == ("look", "completed", None)


async def test_an_action_whose_turn_was_taken_over_is_told_when_it_goes_on(stage: Stage) -> None:
    with pytest.raises(StalePublish):
        async with bounded(), stage.reply() as reply:
            await stage.inbox.release("c_1")
            assert await stage.inbox.take("c_1")
            while True:
                await reply.write("still here? ")
                await asyncio.sleep(0.005)
    assert stage.dispatcher.messages == []
    assert await stage.types() == []


async def test_an_action_whose_turn_was_taken_over_is_told_at_its_end(stage: Stage) -> None:
    with pytest.raises(StalePublish):
        async with stage.reply() as reply:
            await stage.inbox.take("c_1")
            await reply.write("all of it")
    assert stage.dispatcher.messages == []


async def test_a_task_in_a_turn_that_was_taken_over_is_told_too(stage: Stage) -> None:
    with pytest.raises(StalePublish):
        async with stage.reply() as reply:
            await stage.inbox.take("c_1")
            await reply.run(look)


async def test_an_action_whose_log_is_away_asks_to_be_called_again(stage: Stage, redis_server: RedisServer) -> None:
    try:
        with pytest.raises(CallAgain):
            async with stage.reply() as reply:
                redis_server.stop()
                await reply.run(look)
        with pytest.raises(CallAgain):
            async with stage.reply() as reply:
                await reply.write("Is anybody there?")
    finally:
        redis_server.start()


async def test_an_action_that_is_cancelled_leaves_no_task_behind(stage: Stage) -> None:
    begun = asyncio.Event()

    async def act() -> None:
        async with stage.reply() as reply:
            await reply.write("So far")
            begun.set()
            await asyncio.Event().wait()

    before = asyncio.all_tasks()
    action = asyncio.create_task(act())
    await begun.wait()
    action.cancel()
    with pytest.raises(asyncio.CancelledError):
        await action
    assert asyncio.all_tasks() == before


async def test_an_action_that_is_stopped_utters_what_it_has_and_goes_on_after_the_block(stage: Stage) -> None:
    begun = asyncio.Event()

    async def act(stage: Stage) -> bool:
        async with stage.reply() as reply:
            await reply.write("So far")
            begun.set()
            await asyncio.Event().wait()
        return reply.stopped

    async with bounded(), stoppable(stage) as stage:
        action = asyncio.create_task(act(stage))
        await begun.wait()
        await stage.services.log.stop("c_1", ADA.id)
        assert await action is True
    (said,) = stage.dispatcher.messages
    assert (said["text"], said["stopped"]) == ("So far", True)


async def test_a_stop_that_was_heard_before_the_reply_began_ends_it_at_its_first_wait(stage: Stage) -> None:
    async with bounded(), stoppable(stage) as stage:
        stops, log = stage.services.stops, stage.services.log
        assert stops
        stops.listen()

        async def is_heard() -> bool:
            heard: list[bool] = []
            with stops.watch("c_1", f"t{stage.lease.offset}", lambda: heard.append(True)):
                return bool(heard)

        await until(lambda: listened_to(log))
        await log.stop("c_1", ADA.id)
        await until(is_heard)
        async with stage.reply() as reply:
            await reply.write("So far")
            await asyncio.Event().wait()
        assert reply.stopped
    assert [said["text"] for said in stage.dispatcher.messages] == ["So far"]


async def listened_to(log: Log) -> bool:
    """Whether somebody hears who is to stop."""
    ((_, number),) = await log.redis.pubsub_numsub(STOP)
    return bool(number)


async def test_a_task_with_effects_comes_to_its_end_before_the_stop(stage: Stage) -> None:
    begun, go = asyncio.Event(), asyncio.Event()
    replies: list[Reply] = []

    @task("pay", title="Paying", timeout=5.0, effects=True)
    async def pay(report: Report) -> None:
        begun.set()
        await go.wait()

    async def act(stage: Stage) -> None:
        async with stage.reply() as reply:
            replies.append(reply)
            await reply.run(pay)
            await reply.write("never reached")
            await asyncio.Event().wait()

    async def heard() -> bool:
        return replies[0].stopped

    async with bounded(), stoppable(stage) as stage:
        action = asyncio.create_task(act(stage))
        await begun.wait()
        await stage.services.log.stop("c_1", ADA.id)
        await until(heard)
        assert not action.done()
        go.set()
        await action
    assert (await stage.history())[0].status == "completed"
