"""How often something may happen."""

from __future__ import annotations

import re
from dataclasses import dataclass

UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}  # in seconds
OFF = "off"
FORM = re.compile(r"([1-9][0-9]{0,5})/(second|minute|hour|day)\Z", re.ASCII)


@dataclass(frozen=True)
class Rate:
    """So many at once, and then one more whenever that part of the time has passed. `seconds`: of all of them."""

    amount: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Rate | None:
        """`30/minute`, at most 999,999 per second, minute, hour or day; `off` is `None`. Raises `ValueError`."""
        if text == OFF:
            return None
        match = FORM.match(text)
        if match is None:
            raise ValueError(f"is a number per {', '.join(UNITS)}, as 30/minute, or {OFF}")
        return cls(int(match[1]), UNITS[match[2]])

    @property
    def period(self) -> int:
        """As the scripts take it, in µs."""
        return self.seconds * 1_000_000

    @property
    def step(self) -> int:
        """From one to the next, in µs; rounded down, so that the whole amount fits."""
        return self.period // self.amount
