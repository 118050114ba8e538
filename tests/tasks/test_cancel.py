"""One task is cancelled while it runs: it ends, the rest of the answer need not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from switchboard.log.errors import Muted, UnknownConversation
from switchboard.log.events import Participant
from switchboard.log.members import Members
from switchboard.reply import Reply
from switchboard.tasks import Cancelled, Report, Task, task
from tests.support.people import ADA
from tests.support.waiting import bounded
from tests.tasks.conftest import Stage, stoppable


class Search:
    """A task that says when it has begun, and runs until its gate opens."""

    def __init__(self, *, effects: bool = False) -> None:
        self.begun, self.gate, self.cut = asyncio.Event(), asyncio.Event(), False
        self.calls = 0
        self.task: Task[[], str] = task("search", title="Searching", timeout=60.0, effects=effects)(self._run)

    async def _run(self, report: Report) -> str:
        self.calls += 1
        self.begun.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cut = True
            raise
        return "found"


async def act(stage: Stage, search: Search) -> Reply:
    async with stage.reply() as reply:
        await reply.write("I look. ")
        await reply.write(await reply.run(search.task))
    return reply


async def cancel(stage: Stage, who: str = ADA.id, task_id: str = "", turn: str = "") -> str | None:
    """Ask for it, as the edge does."""
    task_id = task_id or next(entry["taskId"] for entry in await stage.entries() if entry["type"] == "task.started")
    return await stage.services.log.stop("c_1", who, turn or f"t{stage.lease.offset}", task_id)


def tasks(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["type"] for entry in entries if entry["type"].startswith("task.")]


async def test_a_task_that_is_cancelled_ends_and_the_reply_with_what_it_had(stage: Stage) -> None:
    search = Search()
    async with bounded(), stoppable(stage) as stage:
        acting = asyncio.create_task(act(stage, search))
        await search.begun.wait()
        assert await cancel(stage) == f"t{stage.lease.offset}"
        reply = await acting
    assert search.cut and reply.stopped
    assert [(said["text"], said["stopped"]) for said in stage.dispatcher.messages] == [("I look.", True)]
    entries = await stage.entries()
    assert tasks(entries) == ["task.started", "task.cancelling", "task.failed"]
    assert (entries[-1]["reason"], entries[-2]["participantId"]) == ("cancelled", ADA.id)
    assert [(record.status, record.reason) for record in await stage.history()] == [("cancelled", "cancelled")]


async def test_an_action_may_go_on_without_the_task(stage: Stage) -> None:
    search = Search()

    async def look_elsewhere(stage: Stage) -> bool:
        async with stage.reply() as reply:
            try:
                await reply.run(search.task)
            except Cancelled:
                await reply.write("As you like.")
        return reply.stopped

    async with bounded(), stoppable(stage) as stage:
        acting = asyncio.create_task(look_elsewhere(stage))
        await search.begun.wait()
        await cancel(stage)
        assert await acting is False
    assert [said["text"] for said in stage.dispatcher.messages] == ["As you like."]


async def test_a_task_with_effects_comes_to_its_end_and_the_action_gets_its_result(stage: Stage) -> None:
    search = Search(effects=True)
    async with bounded(), stoppable(stage) as stage:
        acting = asyncio.create_task(act(stage, search))
        await search.begun.wait()
        assert await cancel(stage)
        search.gate.set()
        assert not (await acting).stopped
    assert [said["text"] for said in stage.dispatcher.messages] == ["I look. found"]
    assert tasks(await stage.entries()) == ["task.started", "task.cancelling", "task.completed"]


async def test_another_try_of_the_turn_does_not_begin_a_task_that_was_cancelled(stage: Stage) -> None:
    search = Search()
    async with bounded(), stoppable(stage) as stage:
        acting = asyncio.create_task(act(stage, search))
        await search.begun.wait()
        acting.cancel()  # as when Rasa no longer waits for the action
        await asyncio.gather(acting, return_exceptions=True)
        await cancel(stage)
        again = await act(stage, search)
    assert (search.calls, again.stopped) == (1, True)
    assert (await stage.history())[0].status == "cancelled"


async def test_another_try_of_the_turn_sees_no_cancellation_of_what_had_completed(stage: Stage) -> None:
    search = Search()
    search.gate.set()
    async with bounded(), stoppable(stage) as stage:
        await act(stage, search)
        assert await cancel(stage) is None
        assert not (await act(stage, search)).stopped
    assert tasks(await stage.entries()) == ["task.started", "task.completed"]


async def test_asked_twice_it_is_on_the_log_once(stage: Stage) -> None:
    search = Search()
    async with bounded(), stoppable(stage) as stage:
        acting = asyncio.create_task(act(stage, search))
        await search.begun.wait()
        assert await cancel(stage) == await cancel(stage)
        await acting
    assert tasks(await stage.entries()).count("task.cancelling") == 1


async def test_it_is_heard_though_nobody_told_of_it(stage: Stage) -> None:
    search = Search()
    async with bounded(), stoppable(stage) as stage:
        acting = asyncio.create_task(act(stage, search))
        await search.begun.wait()
        stops = stage.services.stops
        assert stops
        stops._stop = lambda work: None  # type: ignore[method-assign]
        await cancel(stage)
        del stops._stop  # what was told meanwhile is lost, as with a connection
        await stops._look()
        await acting
    assert search.cut


async def test_only_a_task_of_the_turn_under_way_is_cancelled_and_only_by_who_may_speak(stage: Stage) -> None:
    search, log = Search(), stage.services.log
    operator = Participant("op_eve", "operator", "Eve")
    async with bounded(), stoppable(stage) as stage:
        acting = asyncio.create_task(act(stage, search))
        await search.begun.wait()
        assert await cancel(stage, task_id="k_other") is None
        assert await cancel(stage, turn="t1") is None
        with pytest.raises(UnknownConversation):
            await cancel(stage, "guest_eve")
        members = Members(log.redis)
        await members.join("c_1", operator)
        await members.mute("c_1", ADA.id, operator.id, True)
        with pytest.raises(Muted):
            await cancel(stage)
        assert await cancel(stage, operator.id)
        await acting
