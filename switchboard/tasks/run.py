"""Runs a task: once in effect, with time-out, retries, history, and its progress as events."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError
from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)

from switchboard.cancellation import absorb_cancellation
from switchboard.log.errors import LogError
from switchboard.log.events import Event, TaskCompleted, TaskFailed, TaskProgressed, TaskStarted
from switchboard.store.history import History, TaskRecord
from switchboard.tasks.cancellation import Cancellation
from switchboard.tasks.declaration import Task
from switchboard.tasks.errors import (
    Broken,
    Cancelled,
    NotDone,
    Refused,
    TaskError,
    TimedOut,
    Unavailable,
    Uncertain,
)

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0  # seconds between tries
CUT_OFF = "cut_off"  # why a task ended that was cancelled with its action: nobody has read of it


class Publish(Protocol):
    """How a task's events get onto the log."""

    async def __call__(self, event: Event, key: str = "") -> None:
        """Append it; with a key only once, however often the turn is tried."""


class Watch(Protocol):
    """How a task hears that nobody wants it any more."""

    def __call__(self, task_id: str, cancellation: Cancellation) -> contextlib.AbstractAsyncContextManager[None]:
        """While this is open `cancellation` is asked as soon as somebody has cancelled the task."""


@dataclass
class Sink:
    """Where a task's events and text go; it is also the task's `Report`."""

    key: str
    publish: Publish
    write: Callable[[str], Awaitable[None]]
    spoke: bool = False

    async def progress(self, done: int, total: int, note: str) -> None:
        """See `Report.progress`."""
        await self.publish(TaskProgressed(self.key, done, total, note))

    async def text(self, text: str) -> None:
        """See `Report.text`."""
        self.spoke = True
        await self.write(text)


@dataclass(frozen=True)
class Runner:
    """Runs tasks for one conversation, in one turn if there is one."""

    history: History
    conversation: str
    turn_id: str | None
    publish: Publish
    write: Callable[[str], Awaitable[None]]
    watch: Watch

    async def run(self, task: Task[..., Any], arguments: Mapping[str, Any], task_id: str) -> Any:
        """The task's result. Raises `NotDone` once that is on record and on the log.

        `task_id` is the same on every try of the turn: what had its effect in an earlier one is not done again.
        """
        earlier = await self._begin(task, arguments, task_id)
        started = TaskStarted(task_id, task.name, task.title, self.turn_id, task.effects)
        await self.publish(started, f"{task_id}:started")
        sink, cancellation = Sink(task_id, self.publish, self.write), Cancellation()
        try:
            if task.effects:
                result = await self._effect(task, sink, arguments, earlier)
            else:
                async with self.watch(task_id, cancellation):
                    result = await self._attempt(task, sink, arguments, cancellation)
                await self._end(task_id, self.history.completed(task_id))
        except NotDone as error:
            await self._failed(task_id, error)
            raise
        except asyncio.CancelledError:
            absorb_cancellation()
            try:
                await self._failed(task_id, _cut_off(task)(CUT_OFF), "" if task.effects else CUT_OFF)
            except LogError as error:  # the turn may be somebody else's by now
                logger.warning("The end of task %s is not on the log: %s", task_id, error)
            raise
        await self.publish(TaskCompleted(task_id), f"{task_id}:completed")
        return result

    async def _begin(self, task: Task[..., Any], arguments: Mapping[str, Any], task_id: str) -> TaskRecord | None:
        """What is on record of it. What cannot be put on record is not begun: nobody would know of its effect."""
        try:
            return await self.history.begin(task_id, self.conversation, self.turn_id, task.name, arguments)
        except SQLAlchemyError as error:
            logger.error("Task %s of %s is not begun, the database fails: %s", task.name, self.conversation, error)
            raise Unavailable("database") from error

    async def _end(self, task_id: str, how: Awaitable[None]) -> None:
        """Put the end on record. If that fails it is the end all the same; another try of the turn will not know."""
        try:
            await how
        except SQLAlchemyError as error:
            logger.error("The end of task %s of %s is not on record: %s", task_id, self.conversation, error)

    async def _effect(
        self, task: Task[..., Any], sink: Sink, arguments: Mapping[str, Any], earlier: TaskRecord | None
    ) -> Any:
        """What an earlier try of the turn came to, else the task itself; then its result is kept.

        It comes to its end, whoever cancels it.
        """
        if earlier and not _is_open(task, earlier):
            return _replay(task, earlier)
        result = await self._attempt(task, sink, arguments, Cancellation())
        await self._end(sink.key, self.history.completed(sink.key, task.encode(result)))
        return result

    async def _failed(self, task_id: str, error: NotDone, key: str = "") -> None:
        """With a key of its own it is not the task's last end: the turn is tried again, and the task with it."""
        await self._end(task_id, self.history.failed(task_id, error.kind, error.reason))
        await self.publish(TaskFailed(task_id, error.kind), f"{task_id}:{key or error.kind}")

    async def _attempt(
        self, task: Task[..., Any], sink: Sink, arguments: Mapping[str, Any], cancellation: Cancellation
    ) -> Any:
        """All tries of a task, within its time. What it has said is never said twice: then it is not tried again."""
        tries = AsyncRetrying(
            stop=stop_after_attempt(task.tries),
            wait=wait_exponential_jitter(multiplier=FIRST_PAUSE, max=LONGEST_PAUSE),
            retry=retry_if_exception(lambda error: isinstance(error, Unavailable) and not sink.spoke),
            reraise=True,
        )
        try:
            async with asyncio.timeout(task.timeout) as time:
                with cancellation.ending(time):
                    return await tries(task.function, sink, **arguments)
        except TaskError:
            raise
        except TimeoutError as error:
            if cancellation.asked:
                raise Cancelled("cancelled") from error
            raise _cut_off(task)("timeout") from error
        except Exception as error:  # the edge of the task: its defects end the task, not the conversation
            logger.exception("Task %s broke", task.name)
            raise (Uncertain if task.effects else Broken)("broken") from error


def _is_open(task: Task[..., Any], earlier: TaskRecord) -> bool:
    """Whether an earlier try came to no end that the customer may have read, and the task may be repeated."""
    return task.repeatable and (earlier.status == "running" or earlier.reason == CUT_OFF)


def _replay(task: Task[..., Any], earlier: TaskRecord) -> Any:
    """How an earlier try of the turn ended: the same again, since the customer may have read it."""
    if earlier.status == "completed":
        return task.decode(earlier.result)
    for kind in (Refused, Unavailable):
        if earlier.status == kind.kind:
            raise kind(earlier.reason or kind.kind)
    known = earlier.reason if earlier.status == Uncertain.kind else None
    raise Uncertain(known or "broke_off")


def _cut_off(task: Task[..., Any]) -> type[TaskError]:
    """What a task that did not come to its end ends as."""
    return Uncertain if task.effects else TimedOut
