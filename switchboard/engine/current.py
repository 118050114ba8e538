"""Which turn the running code belongs to."""

from __future__ import annotations

from contextvars import ContextVar

from switchboard.turns.turn import Turn

_TURN: ContextVar[Turn | None] = ContextVar("turn", default=None)


def enter(turn: Turn) -> None:
    """From here on this task, and what it starts, works for the turn."""
    _TURN.set(turn)


def current() -> Turn | None:
    """The turn under way. What a turn leaves behind, a reminder for instance, belongs to no turn once that is over."""
    turn = _TURN.get()
    return None if turn is None or turn.over else turn
