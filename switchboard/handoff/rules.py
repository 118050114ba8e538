"""What time and room bring about at the desk: pure, from what is seen to what is to be done."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from switchboard.handoff.case import Case, Step, assign, end, requeue
from switchboard.handoff.operators import GONE_SECONDS, Operator
from switchboard.log.events import HandoffQueued, Participant

FEWEST_WAITS = 20  # before anybody is told how long it may take


@dataclass(frozen=True)
class Rules:
    """`wait_seconds`: how long a conversation waits for a person at most. `assigns`: to whoever has room, by itself."""

    wait_seconds: float
    assigns: bool = False
    gone_seconds: float = GONE_SECONDS


def due(
    cases: Sequence[Case], operators: Sequence[Operator], now: int, rules: Rules, since: int = 0
) -> Iterator[tuple[Case, Step]]:
    """Each case that is to take a step, in the order of the desk.

    `since`: when whoever looks began to (ms): that nobody was seen before says nothing of anybody.
    """
    there = {each.id for each in operators if each.status != "offline" and each.is_there(now, rules.gone_seconds)}
    away = {each.id for each in operators if each.status == "offline"}
    blind = now - since <= 1000 * rules.gone_seconds
    room = _room(cases, operators, now, rules)
    for case in cases:
        if case.operator is not None:
            fresh = now - (case.assigned_at or 0) <= 1000 * rules.gone_seconds
            if case.operator not in there and not fresh and (case.operator in away or not blind):
                yield case, requeue(case, "operator_gone", now)
        elif now - case.waits_since > 1000 * rules.wait_seconds:
            yield case, end(case, "expired")
        elif rules.assigns and (free := _freest(case, room)):
            room[free] -= 1
            yield case, assign(case, Participant(free.id, "operator", free.name), now)


def queued(cases: Sequence[Case], waits: Mapping[str, Sequence[float]]) -> dict[str, HandoffQueued]:
    """Where each waiting conversation stands in its team. `waits`: seconds that the last ones of a team waited."""
    waiting = Counter(case.team for case in cases if case.operator is None)
    place: Counter[str] = Counter()
    result = {}
    for case in cases:
        if case.operator is None:
            place[case.team] += 1
            times = waits.get(case.team, ())
            result[case.conversation] = HandoffQueued(place[case.team], waiting[case.team], *_estimate(times))
    return result


def _estimate(waits: Sequence[float]) -> tuple[int, int] | tuple[()]:
    if len(waits) < FEWEST_WAITS:
        return ()
    lower, middle, upper = statistics.quantiles(waits, n=4)
    return round(middle), round(upper - lower)


def _room(cases: Sequence[Case], operators: Sequence[Operator], now: int, rules: Rules) -> dict[Operator, int]:
    held = Counter(case.operator for case in cases)
    return {
        each: each.capacity - held[each.id]
        for each in operators
        if each.status_at(now, rules.gone_seconds) == "online" and each.capacity > held[each.id]
    }


def _freest(case: Case, room: Mapping[Operator, int]) -> Operator | None:
    fit = [each for each, left in room.items() if left > 0 and each.works_for(case.team) and each.id != case.last]
    return max(fit, key=lambda each: (room[each], each.id), default=None)
