"""A task is declared once, as a function; bots, and later operators and programs, run it from that declaration."""

from __future__ import annotations

import json
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from pydantic import parse_obj_as
from pydantic.json import pydantic_encoder

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3  # of a task that may be tried again, while it is unavailable


class Report(Protocol):
    """What a task says while it runs, and is told."""

    @property
    def key(self) -> str:
        """Names what is to be done: the same on every try of a turn. Give it to a back end that takes one."""

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
    keyed: bool
    function: Callable[Concatenate[Report, P], Awaitable[R]]

    @property
    def repeatable(self) -> bool:
        """Whether it may be tried again when nobody knows how far the last try came."""
        return self.keyed or not self.effects

    @property
    def tries(self) -> int:
        """Within one run."""
        return TRIES if self.repeatable else 1

    def encode(self, result: Any) -> Any:
        """A result as JSON, to keep. Raises `TypeError` for what has no JSON form."""
        return json.loads(json.dumps(result, default=pydantic_encoder))

    def decode(self, kept: Any) -> Any:
        """A result that was kept, as the function's annotation says. Raises `ValidationError`."""
        declared = typing.get_type_hints(self.function).get("return", Any)
        return None if declared is type(None) else parse_obj_as(declared, kept)

    async def __call__(self, report: Report, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Call the function itself, without history, time-out or retries."""
        return await self.function(report, *args, **kwargs)


def task(
    name: str, *, title: str, timeout: float, effects: bool = False, keyed: bool = False
) -> Callable[[Callable[Concatenate[Report, P], Awaitable[R]]], Task[P, R]]:
    """Declare a task. `title` is what people read while it runs.

    `effects`: it changes something outside, so it is never tried again blindly, and its result is kept: run again in
    the same turn, it returns that. `keyed`: the function hands `report.key` to a back end that does nothing twice under
    one key, so it may be tried again.
    """

    def declare(function: Callable[Concatenate[Report, P], Awaitable[R]]) -> Task[P, R]:
        return Task(name, title, timeout, effects, keyed, function)

    return declare
