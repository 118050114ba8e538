"""Tasks without which a server is of no use."""

from __future__ import annotations

import asyncio
import logging
import os
import signal

logger = logging.getLogger(__name__)


class Vitals:
    """Watches the tasks that live as long as the process.

    None of them ends by itself, so one that does has a defect, and nobody knows what else it left behind: the server
    is not healthy any more, and stops as it does for a supervisor, who starts another. No message is lost by that.
    """

    def __init__(self) -> None:
        self.failed = False

    def watch(self, task: asyncio.Task[None]) -> None:
        """The task has a name that operators understand. To cancel it is how a server stops."""
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            self.failed = True
            name = task.get_name()
            logger.critical("The %s has ended, and so does this process", name, exc_info=task.exception())
            stop_process()


def stop_process() -> None:
    """As a supervisor would."""
    os.kill(os.getpid(), signal.SIGTERM)
