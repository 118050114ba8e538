"""Going on after a cancellation that was caught."""

from __future__ import annotations

import asyncio


def absorb_cancellation() -> None:
    """Say that the cancellation of the current task was dealt with.

    Whoever catches `CancelledError` and goes on must: up to Python 3.11.3, which Debian 12 ships, an `asyncio.timeout`
    in a task that still counts as cancelled mistakes its own end for another cancellation.
    """
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
