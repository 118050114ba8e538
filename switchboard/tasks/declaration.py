"""A task is declared once, as a function; bots, and later operators and programs, run it from that declaration."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3  # of a task without effects, while it is unavailable


class Report(Protocol):
    """What a task says while it runs."""

    async def progress(self, done: int, total: int, note: str) -> None:
        """`done` of `total` steps are behind; `note` is for people, and says what comes next."""

    async def text(self, text: str) -> None:
        """A piece of the answer, sent on at once."""


@dataclass(frozen=True)
class Task(Generic[P, R]):
    """A declared task. `timeout` is in seconds and covers all tries."""

    name: str
    title: str
    timeout: float
    effects: bool
    function: Callable[Concatenate[Report, P], Awaitable[R]]

    @property
    def tries(self) -> int:
        """Something with effects is never tried again blindly."""
        return 1 if self.effects else TRIES

    async def __call__(self, report: Report, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Call the function itself, without history, time-out or retries."""
        return await self.function(report, *args, **kwargs)


def task(
    name: str, *, title: str, timeout: float, effects: bool = False
) -> Callable[[Callable[Concatenate[Report, P], Awaitable[R]]], Task[P, R]]:
    """Declare a task. `title` is what people read while it runs; `effects` says that it changes something outside."""

    def declare(function: Callable[Concatenate[Report, P], Awaitable[R]]) -> Task[P, R]:
        return Task(name, title, timeout, effects, function)

    return declare
