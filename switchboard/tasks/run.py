"""Runs a task: time-out, retries, history, and its progress as events."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)

from switchboard.cancellation import absorb_cancellation
from switchboard.log.errors import LogError
from switchboard.log.events import Event, TaskCompleted, TaskFailed, TaskFailure, TaskProgressed, TaskStarted
from switchboard.store.history import History
from switchboard.tasks.declaration import Task
from switchboard.tasks.errors import Broken, TaskError, TimedOut, Unavailable

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0  # seconds between tries


@dataclass
class Sink:
    """Where a task's events and text go; it is also the task's `Report`."""

    task_id: str
    publish: Callable[[Event], Awaitable[None]]
    write: Callable[[str], Awaitable[None]]
    spoke: bool = False

    async def progress(self, done: int, total: int, note: str) -> None:
        """See `Report.progress`."""
        await self.publish(TaskProgressed(self.task_id, done, total, note))

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
    publish: Callable[[Event], Awaitable[None]]
    write: Callable[[str], Awaitable[None]]

    async def run(self, task: Task[..., Any], arguments: Mapping[str, Any]) -> Any:
        """The task's result. Raises `TaskError` once the failure is on record and on the log."""
        task_id = f"k_{uuid.uuid4().hex}"
        sink = Sink(task_id, self.publish, self.write)
        await self.history.started(task_id, self.conversation, self.turn_id, task.name, arguments)
        await self.publish(TaskStarted(task_id, task.name, task.title, self.turn_id))
        try:
            result = await self._attempt(task, sink, arguments)
        except TaskError as error:
            await self._failed(task_id, error.kind, error.reason)
            raise
        except asyncio.CancelledError:
            absorb_cancellation()
            try:
                await self._failed(task_id, TimedOut.kind, "cut_off")
            except LogError as error:  # the turn may be somebody else's by now
                logger.warning("The end of task %s is not on the log: %s", task_id, error)
            raise
        await self.history.completed(task_id)
        await self.publish(TaskCompleted(task_id))
        return result

    async def _failed(self, task_id: str, kind: TaskFailure, reason: str) -> None:
        await self.history.failed(task_id, kind, reason)
        await self.publish(TaskFailed(task_id, kind))

    async def _attempt(self, task: Task[..., Any], sink: Sink, arguments: Mapping[str, Any]) -> Any:
        """All tries of a task, within its time. What it has said is never said twice: then it is not tried again."""
        tries = AsyncRetrying(
            stop=stop_after_attempt(task.tries),
            wait=wait_exponential_jitter(initial=FIRST_PAUSE, max=LONGEST_PAUSE),
            retry=retry_if_exception(lambda error: isinstance(error, Unavailable) and not sink.spoke),
            reraise=True,
        )
        try:
            return await asyncio.wait_for(tries(task.function, sink, **arguments), task.timeout)
        except TaskError:
            raise
        except TimeoutError as error:
            raise TimedOut("timeout") from error
        except Exception as error:  # the edge of the task: its defects end the task, not the conversation
            logger.exception("Task %s broke", task.name)
            raise Broken("broken") from error
