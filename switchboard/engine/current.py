"""Which turn, or which lock, the running code belongs to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

from switchboard.log.log import ANYBODY, Authority
from switchboard.turns.turn import Turn

_TURN: ContextVar[Turn | None] = ContextVar("turn", default=None)
_HELD: ContextVar[tuple[str, Authority] | None] = ContextVar("held", default=None)


def enter(turn: Turn) -> None:
    """From here on this task, and what it starts, works for the turn."""
    _TURN.set(turn)


def current() -> Turn | None:
    """The turn under way. What a turn leaves behind, a reminder for instance, belongs to no turn once that is over."""
    turn = _TURN.get()
    return None if turn is None or turn.over else turn


@contextlib.contextmanager
def hold(conversation: str, right: Authority) -> Iterator[None]:
    """Within the block the running code has the conversation's lock."""
    before = _HELD.set((conversation, right))
    try:
        yield
    finally:
        _HELD.reset(before)


def authority(conversation: str) -> Authority:
    """The right under which the running code writes into a conversation."""
    turn, held = current(), _HELD.get()
    if turn and turn.conversation == conversation:
        return turn.authority
    return held[1] if held and held[0] == conversation else ANYBODY
