"""How a task comes to no result.

NotDone
├── Cancelled          somebody did not want it any more; it changed nothing
└── TaskError          it failed
    ├── Refused        the business says no
    ├── Unavailable    something it needs is down; trying again may help
    ├── TimedOut       it took longer than the task may, and changed nothing
    ├── Uncertain      it may have had its effect or not, and nobody knows
    └── Broken         a defect of the task itself
"""

from __future__ import annotations

from typing import ClassVar

from switchboard.log.events import TaskFailure


class NotDone(Exception):
    """Base of them all. `reason` is a short snake_case code that the action turns into words."""

    kind: ClassVar[TaskFailure] = "error"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Cancelled(NotDone):
    """Raised when somebody has cancelled the task. It is no `TaskError`: who apologises for those does not for this.

    Where nobody catches it, the block of the `Reply` ends with what was written so far, as if its turn were stopped.
    """

    kind = "cancelled"


class TaskError(NotDone):
    """Base of every failure."""


class Refused(TaskError):
    """Raised by a task when the answer is no, and will be no again."""

    kind = "refused"


class Unavailable(TaskError):
    """Raised by a task when something it needs does not answer. Tried again, unless the task has effects."""

    kind = "unavailable"


class TimedOut(TaskError):
    """Raised when a task without effects is cut off."""

    kind = "timeout"


class Uncertain(TaskError):
    """Raised when something with effects broke off, now or in an earlier try of the turn. It is never tried blindly
    again: say so, and offer a person."""

    kind = "uncertain"


class Broken(TaskError):
    """Raised when a task raised something that is no `TaskError`."""
