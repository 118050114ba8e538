"""What a person sees at the terminal while things start."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TextIO

ANNOUNCE_SECONDS = 1.5  # A step that takes longer says that it is under way …
REPEAT_SECONDS = 10.0  # … and says so again this often, so that nobody thinks it hangs.
NAME_WIDTH = 14


@dataclass
class Step:
    """One step under way. Set `result` to what there is to say at its end; empty means nothing."""

    doing: str
    result: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Screen:
    """Writes short lines, each about one named part."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout

    def line(self, name: str, text: str) -> None:
        self.text(f"  {name:<{NAME_WIDTH - 1}} {text}")

    def text(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    @contextlib.asynccontextmanager
    async def step(self, name: str, doing: str) -> AsyncIterator[Step]:
        """Announce a step once it has taken a while; at the end say its result, or how long it took."""
        step = Step(doing)
        announcer = asyncio.create_task(self._announce(name, step))
        try:
            yield step
        finally:
            announcer.cancel()
        if step.result:
            self.line(name, step.result)
        elif step.seconds > ANNOUNCE_SECONDS:
            self.line(name, f"{step.doing}: done after {step.seconds:.0f} s")

    async def _announce(self, name: str, step: Step) -> None:
        await asyncio.sleep(ANNOUNCE_SECONDS)
        self.line(name, f"{step.doing} …")
        while True:
            await asyncio.sleep(REPEAT_SECONDS)
            self.line(name, f"{step.doing} … {step.seconds:.0f} s")
