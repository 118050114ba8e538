"""What a process works with, made from the settings when it is first asked for, never at import."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from switchboard.handoff.operators import Operators
from switchboard.log.connection import connect
from switchboard.log.follower import Follower
from switchboard.log.log import Log
from switchboard.people.memory import Memory
from switchboard.settings import Settings
from switchboard.store.calls import Calls
from switchboard.store.database import Database
from switchboard.store.history import History
from switchboard.turns.stops import Stops


@dataclass(frozen=True)
class Runtime:
    """The services that actions use. `log` belongs to the event loop that uses it first."""

    log: Log
    history: History
    stops: Stops | None = None  # without it a reply cannot be stopped
    memory: Memory | None = None  # of what is known of people
    operators: Operators | None = None  # who could take over


@functools.cache
def runtime() -> Runtime:
    """This process's services, one of each."""
    settings = Settings()
    redis = connect(settings.redis)
    log, database = Log(redis), Database(settings.database)
    stops, memory = Stops(log, Follower(redis)), Memory(Calls(database))
    return Runtime(log, History(database), stops, memory, Operators(redis))
