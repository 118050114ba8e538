"""How a task fails.

TaskError
├── Refused        the business says no
├── Unavailable    something it needs is down; trying again may help
├── TimedOut       it took longer than the task may
└── Broken         a defect of the task itself
"""

from __future__ import annotations

from typing import ClassVar

from switchboard.log.events import TaskFailure


class TaskError(Exception):
    """Base of every failure. `reason` is a short snake_case code that the action turns into words."""

    kind: ClassVar[TaskFailure] = "error"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(TaskError):
    """Raised by a task when the answer is no, and will be no again."""

    kind = "refused"


class Unavailable(TaskError):
    """Raised by a task when something it needs does not answer. Tried again, unless the task has effects."""

    kind = "unavailable"


class TimedOut(TaskError):
    """Raised when a task is cut off; if it has effects, nobody knows whether they happened."""

    kind = "timeout"


class Broken(TaskError):
    """Raised when a task raised something that is no `TaskError`."""
