"""What a process works with, made from the settings when it is first asked for, never at import."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from switchboard.log.connection import connect
from switchboard.log.log import Log
from switchboard.settings import Settings
from switchboard.store.database import open_database
from switchboard.store.history import History


@dataclass(frozen=True)
class Runtime:
    """The services that actions use. `log` belongs to the event loop that uses it first."""

    log: Log
    history: History


@functools.cache
def runtime() -> Runtime:
    """This process's services, one of each."""
    settings = Settings()
    return Runtime(Log(connect(settings.redis)), History(open_database(settings.database)))
