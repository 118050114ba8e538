"""A handoff under way, and the steps that it may take: pure, each from one state to the next."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from switchboard.log.events import (
    HandoffAssigned,
    HandoffEnded,
    HandoffRequested,
    HandoffRequeued,
    Outcome,
    Participant,
    Requeue,
)
from switchboard.log.ownership import OPERATOR, QUEUE, OwnerChange

TEAM = "support"  # where nobody says which
RULE = "rule"  # the reason, where nobody says which
CODE = re.compile(r"[a-z0-9_-]{1,32}\Z")  # of teams and reasons
STEPPED_IN = "stepped_in"


class State(Enum):
    """Of a case that has not ended."""

    pending = "pending"
    assigned = "assigned"


class IllegalStep(Exception):
    """Raised when a case is not in the state that a step begins from."""

    def __init__(self, step: str, expected: State, actual: State) -> None:
        super().__init__(f"{step} needs a case that is {expected.value}; this one is {actual.value}")


@dataclass(frozen=True)
class Wish:
    """What is said of a handoff where it is asked for. `reason`: a code. See `Case` for the rest."""

    reason: str
    team: str = TEAM
    priority: int = 0
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A conversation that people have, or are to have, as the desk keeps it.

    `term`: of its ownership now. `bot`: the owner that it goes back to. `since`: ms, when it began to wait first, which
    says where it stands; `requeued_at`, `assigned_at`: when that happened last, if it waits again, or is held.
    `priority`: higher ones come first. `context`: what the bot hands over, for operators only.
    """

    id: str
    conversation: str
    term: int
    bot: str
    reason: str
    team: str
    since: int
    priority: int = 0
    by: str | None = None
    operator: str | None = None
    assigned_at: int | None = None
    requeued_at: int | None = None
    last: str | None = None  # who had it, while it waits again
    context: dict[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> State:
        return State.pending if self.operator is None else State.assigned

    @property
    def waits_since(self) -> int:
        """Since when it has waited without a break."""
        return self.requeued_at or self.since

    @property
    def owner(self) -> str:
        """The owner of the conversation, as the log has it."""
        return f"{QUEUE}{self.team}" if self.operator is None else f"{OPERATOR}{self.operator}"

    def encode(self) -> str:
        """As the desk keeps it."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def decode(cls, text: str) -> Case:
        """What was kept; also by a newer version, which may know more. Raises `TypeError`, `ValueError` for no case."""
        names = {each.name for each in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in json.loads(text).items() if name in names})

    def public(self) -> dict[str, Any]:
        """What everybody in the conversation may know."""
        known = {"handoffId": self.id, "status": self.state.value, "reason": self.reason, "team": self.team}
        assigned = {"participantId": self.operator} if self.operator else {}
        return {**known, "since": self.since, **assigned}


@dataclass(frozen=True)
class Step:
    """A case as it is after a step, `None` if it has ended, and what brings it about."""

    case: Case | None
    change: OwnerChange


def request(conversation: str, term: int, bot: str, now: int, wish: Wish, by: str | None = None) -> Step:
    """The bot has the conversation, under `term`; a person is to go on."""
    case = Case(
        f"h{term + 1}",
        conversation,
        term + 1,
        bot,
        wish.reason,
        wish.team,
        now,
        wish.priority,
        by,
        context=dict(wish.context),
    )
    return _step(case, HandoffRequested(case.id, case.reason, case.team, by))


def assign(case: Case, operator: Participant, now: int) -> Step:
    """An operator takes it, or is given it. Raises `IllegalStep` if somebody has it."""
    _expect("assign", case, State.pending)
    taken = replace(case, term=case.term + 1, operator=operator.id, assigned_at=now)
    return _step(taken, HandoffAssigned(case.id, operator.id), joins=operator)


def step_in(conversation: str, term: int, bot: str, now: int, operator: Participant, team: str = TEAM) -> Step:
    """The bot has the conversation; an operator takes it unasked, in one step."""
    case = Case(f"h{term + 1}", conversation, term + 1, bot, STEPPED_IN, team, now, 0, operator.id, operator.id, now)
    events = HandoffRequested(case.id, STEPPED_IN, team, operator.id), HandoffAssigned(case.id, operator.id)
    return _step(case, *events, joins=operator)


def transfer(case: Case, operator: Participant, now: int) -> Step:
    """Another operator goes on at once. Raises `IllegalStep` if nobody has it."""
    _expect("transfer", case, State.assigned)
    given = replace(case, term=case.term + 1, operator=operator.id, assigned_at=now)
    return _step(given, HandoffAssigned(case.id, operator.id), joins=operator, leaves=case.operator)


def requeue(case: Case, reason: Requeue, now: int, team: str | None = None) -> Step:
    """It waits again, where it has waited before. Raises `IllegalStep` if it waits already."""
    _expect("requeue", case, State.assigned)
    waiting = replace(
        case,
        term=case.term + 1,
        team=team or case.team,
        operator=None,
        assigned_at=None,
        requeued_at=now,
        last=case.operator,
    )
    return _step(waiting, HandoffRequeued(case.id, reason, waiting.team), leaves=case.operator)


def end(case: Case, outcome: Outcome, by: str | None = None, disposition: str | None = None) -> Step:
    """The bot goes on."""
    event = HandoffEnded(case.id, outcome, by, disposition)
    untouched = case.operator is None and case.requeued_at is None
    return Step(None, OwnerChange(case.bot, (event,), leaves=case.operator, untouched=untouched))


def _step(case: Case, *events: Any, joins: Participant | None = None, leaves: str | None = None) -> Step:
    public = json.dumps(case.public(), separators=(",", ":"))
    return Step(case, OwnerChange(case.owner, events, case.encode(), public, joins, leaves))


def _expect(step: str, case: Case, state: State) -> None:
    if case.state is not state:
        raise IllegalStep(step, state, case.state)
