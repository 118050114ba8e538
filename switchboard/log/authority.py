"""Under what right somebody writes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Authority:
    """Under what right a worker writes; a newer term or fence makes the script refuse it. `None` is not checked.

    With the end of a turn the lease of `worker` goes back, unless more messages wait.
    """

    term: int | None = None
    fence: int | None = None
    worker: str = ""


ANYBODY = Authority()
