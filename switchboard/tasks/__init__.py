"""Tasks: work that a bot does for somebody. Declared once, run with time-outs, retries, progress and history."""

from switchboard.tasks.declaration import Report, Task, task
from switchboard.tasks.errors import Broken, Cancelled, NotDone, Refused, TaskError, TimedOut, Unavailable, Uncertain

__all__ = [
    "Broken",
    "Cancelled",
    "NotDone",
    "Refused",
    "Report",
    "Task",
    "TaskError",
    "TimedOut",
    "Unavailable",
    "Uncertain",
    "task",
]
