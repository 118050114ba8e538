"""Crashes on purpose: every step on the way of a message may be the last one of its process."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch


class Crash(BaseException):
    """What nothing on the way may catch and go on from, as if the process had been killed."""


@dataclass
class Failpoints:
    """Counts the steps of a turn, and crashes at the one that was armed."""

    passed: list[str] = field(default_factory=list)
    armed: int | None = None
    crashed: str = ""  # where it did, the last time

    def arm(self, step: int) -> None:
        """Crash at so many steps from here."""
        self.watch()
        self.armed = step

    def watch(self) -> None:
        """Only count, from here."""
        self.passed.clear()
        self.armed, self.crashed = None, ""

    def step(self, name: str) -> None:
        """One step of the way."""
        self.passed.append(name)
        if self.armed is not None and len(self.passed) >= self.armed:
            self.armed, self.crashed = None, name
            raise Crash(name)

    @contextmanager
    def at(self, *methods: tuple[type, str]) -> Iterator[None]:
        """Make a step of the moment before and of the moment after each of these methods."""
        with ExitStack() as stack:
            for kind, name in methods:
                stack.enter_context(patch.object(kind, name, self._around(kind, name)))
            yield

    def _around(self, kind: type, name: str) -> Any:
        original = kind.__dict__[name]
        label = f"{kind.__name__}.{name}"

        @functools.wraps(original)
        async def stepping(*args: Any, **kwargs: Any) -> Any:
            self.step(f"before {label}")
            result = await original(*args, **kwargs)
            self.step(f"after {label}")
            return result

        return stepping
