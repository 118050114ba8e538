"""What a response asks for goes into the desk in bounds, whatever it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from switchboard.engine.output import MOST_CONTEXT, MOST_PRIORITY, _wish
from switchboard.handoff.case import Wish


@pytest.mark.parametrize(
    ("asked", "wish"),
    [
        ({"reason": "invoice", "team": "billing", "priority": 2}, Wish("invoice", "billing", 2)),
        (None, Wish("rule")),
        ({"reason": "x" * 33, "team": "No Team", "priority": "high"}, Wish("rule")),
        ({"reason": 7, "team": None, "priority": 10**40}, Wish("rule", priority=MOST_PRIORITY)),
        ({"context": {"day": date(2026, 1, 2)}}, Wish("rule", context={"day": "2026-01-02"})),
        ({"context": {"text": "x" * MOST_CONTEXT}}, Wish("rule")),
        ({"context": ["x"]}, Wish("rule")),
    ],
)
def test_a_wish_is_in_bounds(asked: Any, wish: Wish) -> None:
    assert _wish(asked) == wish
