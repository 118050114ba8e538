"""Tasks end in a result or in one honest failure, and both are on record."""

from __future__ import annotations

import asyncio

import pytest

from switchboard.tasks import Refused, Report, Task, TaskError, TimedOut, Unavailable, Uncertain, task
from switchboard.tasks import run as module
from switchboard.tasks.declaration import TRIES
from tests.tasks.conftest import Stage


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow at once."""
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.0)


class Work:
    """A task that raises, once for each error, and then succeeds."""

    def __init__(
        self,
        *errors: Exception,
        effects: bool = False,
        keyed: bool = False,
        speaks: bool = False,
        timeout: float = 5.0,
    ) -> None:
        self.errors = list(errors)
        self.calls = 0
        self._speaks = speaks
        self.task: Task[[], str] = task("work", title="Working", timeout=timeout, effects=effects, keyed=keyed)(
            self._run
        )

    async def _run(self, report: Report) -> str:
        self.calls += 1
        if self._speaks:
            await report.text("Well, ")
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def run(stage: Stage, work: Work) -> str:
    async with stage.reply() as reply:
        result: str = await reply.run(work.task)
        return result


async def test_a_task_is_on_the_log_and_on_record(stage: Stage) -> None:
    assert await run(stage, Work()) == "done"
    started, completed = await stage.entries()
    assert (started["name"], started["title"], started["taskId"]) == ("work", "Working", completed["taskId"])
    assert (started["type"], completed["type"]) == ("task.started", "task.completed")
    (record,) = await stage.history()
    assert (record.id, record.status, record.turn) == (started["taskId"], "completed", f"t{stage.lease.offset}")
    assert record.ended_at is not None and record.ended_at >= record.started_at


async def test_what_is_unavailable_is_tried_three_times_in_all(stage: Stage) -> None:
    work = Work(Unavailable("down"), Unavailable("down"))
    assert await run(stage, work) == "done"
    assert work.calls == 3
    work = Work(*[Unavailable("down")] * 5)
    with pytest.raises(Unavailable):
        await run(stage, work)
    assert work.calls == 3
    assert (await stage.entries())[-1]["reason"] == "unavailable"


async def test_what_has_effects_is_tried_once(stage: Stage) -> None:
    work = Work(Unavailable("down"), effects=True)
    with pytest.raises(Unavailable):
        await run(stage, work)
    assert work.calls == 1


async def test_what_has_spoken_is_not_tried_again(stage: Stage) -> None:
    work = Work(Unavailable("down"), speaks=True)
    with pytest.raises(Unavailable):
        await run(stage, work)
    assert work.calls == 1


@pytest.mark.parametrize(
    ("error", "effects", "kind", "reason"),
    [
        (Refused("too_late"), True, "refused", "too_late"),
        (Unavailable("carrier_down"), True, "unavailable", "carrier_down"),
        (ZeroDivisionError(), False, "error", "broken"),
        (ZeroDivisionError(), True, "uncertain", "broken"),
    ],
)
async def test_a_failure_is_on_the_log_and_on_record_once(
    stage: Stage, error: Exception, effects: bool, kind: str, reason: str
) -> None:
    with pytest.raises(TaskError) as raised:
        await run(stage, Work(error, effects=effects))
    assert raised.value.reason == reason
    entries = await stage.entries()
    assert [entry["type"] for entry in entries] == ["task.started", "task.failed"]
    assert entries[-1]["reason"] == kind
    (record,) = await stage.history()
    assert (record.status, record.reason) == (kind, reason)


async def test_a_refusal_is_never_tried_again(stage: Stage) -> None:
    work = Work(Refused("no"))
    with pytest.raises(Refused):
        await run(stage, work)
    assert work.calls == 1


async def test_a_task_that_takes_too_long_is_cut_off(stage: Stage) -> None:
    cut = asyncio.Event()

    @task("slow", title="Slow", timeout=0.05)
    async def slow(report: Report) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()

    with pytest.raises(TimedOut):
        async with stage.reply() as reply:
            await reply.run(slow)
    assert cut.is_set()
    assert (await stage.entries())[-1]["reason"] == "timeout"
    assert (await stage.history())[0].status == "timeout"


async def test_the_time_covers_all_tries(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 60.0)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 60.0)
    with pytest.raises(TimedOut):
        await run(stage, Work(Unavailable("down"), timeout=0.05))


async def test_arguments_are_on_record(stage: Stage) -> None:
    @task("track", title="Tracking", timeout=1.0)
    async def track(report: Report, order: str) -> str:
        return order

    async with stage.reply() as reply:
        assert await reply.run(track, order="1001") == "1001"
    assert (await stage.history())[0].arguments == {"order": "1001"}


async def test_a_task_that_is_cut_off_with_its_turn_does_not_stay_running(stage: Stage) -> None:
    begun = asyncio.Event()

    @task("slow", title="Slow", timeout=5.0)
    async def slow(report: Report) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def act() -> None:
        async with stage.reply() as reply:
            await reply.run(slow)

    action = asyncio.create_task(act())
    await begun.wait()
    action.cancel()
    with pytest.raises(asyncio.CancelledError):
        await action
    assert (await stage.history())[0].status != "running"
    assert (await stage.types())[-1] == "task.failed"


@pytest.mark.parametrize("failure", [Refused("no"), Unavailable("closed"), Uncertain("broken")])
@pytest.mark.parametrize("keyed", [True, False])
async def test_an_effect_that_did_not_happen_does_not_happen_on_a_second_try_of_its_turn(
    stage: Stage, failure: TaskError, keyed: bool
) -> None:
    work = Work(*[failure] * TRIES, effects=True, keyed=keyed)
    for _ in range(2):  # the customer may have read of the first end before the worker died
        with pytest.raises(type(failure)):
            await run(stage, work)
    assert work.calls == (TRIES if keyed and isinstance(failure, Unavailable) else 1)


async def test_what_had_its_effect_stays_so_whatever_a_worker_says_that_came_too_late(stage: Stage) -> None:
    await run(stage, Work(effects=True))
    (record,) = await stage.history()
    await stage.services.history.failed(record.id, "uncertain", "cut_off")
    (after,) = await stage.history()
    assert (after.status, after.result) == ("completed", "done")


def test_a_declared_task_is_still_a_function() -> None:
    async def scenario() -> None:
        class Silent:
            async def progress(self, done: int, total: int, note: str) -> None: ...
            async def text(self, text: str) -> None: ...

        assert await Work().task(Silent()) == "done"

    asyncio.run(scenario())
