"""How many commands one client may send, and how fast."""

from __future__ import annotations

import time
from collections.abc import Callable

from channels.problems import Problem

PER_SECOND = 20.0  # commands; nobody types faster, and a page that does more has gone wrong
AT_ONCE = 60  # an outbox that is emptied after a tunnel
REFUSALS = 200  # before it calms down: then nobody is listening
REMEMBERED = 10_000  # participants; who has been silent for longest is forgotten, and by then has calmed down


class Flooded(Exception):
    """Raised when a client goes on in spite of hundreds of refusals."""


class Pace:
    """A token bucket for one client's commands."""

    __slots__ = ("_at", "_clock", "_left", "_refused")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left = float(AT_ONCE)
        self._at = clock()
        self._refused = 0

    def check(self) -> None:
        """Raises `Problem` 429 for a command too many, `Flooded` after `REFUSALS` of them."""
        now = self._clock()
        self._left = min(AT_ONCE, self._left + (now - self._at) * PER_SECOND)
        self._at = now
        if self._left >= AT_ONCE / 2:
            self._refused = 0  # it has calmed down
        if self._left >= 1:
            self._left -= 1
            return
        self._refused += 1
        if self._refused > REFUSALS:
            raise Flooded
        raise _too_many()


class Paces:
    """The same for requests, which have no connection of their own: one pace for each participant."""

    def __init__(self) -> None:
        self._paces: dict[str, Pace] = {}

    def check(self, participant: str) -> None:
        """Raises `Problem` 429 for a request too many."""
        pace = self._paces.pop(participant, None) or Pace()
        self._paces[participant] = pace  # as the newest
        if len(self._paces) > REMEMBERED:
            del self._paces[next(iter(self._paces))]
        try:
            pace.check()
        except Flooded as error:
            raise _too_many() from error


def _too_many() -> Problem:
    return Problem(429, "too_many", "Too many commands. Wait a second.")
