"""Which turn, or which lock, the running code belongs to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

from switchboard.log.authority import ANYBODY, Authority
from switchboard.turns.turn import Turn


@dataclass
class _Held:
    conversation: str
    right: Authority
    over: bool = False  # a task that was started under the lock, and goes on, has a copy of the context


_TURN: ContextVar[Turn | None] = ContextVar("turn", default=None)
_HELD: ContextVar[_Held | None] = ContextVar("held", default=None)


def enter(turn: Turn) -> None:
    """From here on this task, and what it starts, works for the turn."""
    _TURN.set(turn)


def leave() -> None:
    """From here on this task works for no turn, and has no lock, whatever it was started by."""
    _TURN.set(None)
    _HELD.set(None)


def current() -> Turn | None:
    """The turn under way. What a turn leaves behind belongs to no turn once that is over."""
    turn = _TURN.get()
    return None if turn is None or turn.over else turn


def turn_of(conversation: str) -> Turn | None:
    """The turn under way, if it is one of this conversation."""
    turn = current()
    return turn if turn and turn.conversation == conversation else None


@contextlib.contextmanager
def hold(conversation: str, right: Authority) -> Iterator[None]:
    """Within the block the running code has the conversation's lock."""
    held = _Held(conversation, right)
    before = _HELD.set(held)
    try:
        yield
    finally:
        held.over = True
        _HELD.reset(before)


def authority(conversation: str) -> Authority:
    """The right under which the running code writes into a conversation."""
    turn, held = turn_of(conversation), _HELD.get()
    if turn:
        return turn.authority
    return held.right if held and held.conversation == conversation and not held.over else ANYBODY
