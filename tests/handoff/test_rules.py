"""What time and room bring about, and where one stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from switchboard.handoff.case import Case, IllegalStep, State, Wish, assign, request, requeue, step_in, transfer
from switchboard.handoff.operators import Operator
from switchboard.handoff.rules import FEWEST_WAITS, Rules, due, queued
from switchboard.log.events import HandoffEnded, HandoffRequeued
from tests.handoff.conftest import BOB, EVE

NOW = 1_000_000_000
RULES = Rules(wait_seconds=600)
ASSIGNS = Rules(wait_seconds=600, assigns=True)


def waiting(conversation: str = "c_1", *, ago: float = 0, team: str = "support", priority: int = 0) -> Case:
    wish = Wish("asked", team, priority)
    case = request(conversation, 1, "bot:main", round(NOW - 1000 * ago), wish).case
    assert case
    return case


def held(conversation: str = "c_1", *, ago: float = 100) -> Case:
    case = assign(waiting(conversation, ago=ago), EVE, round(NOW - 1000 * ago)).case
    assert case
    return case


def there(name: str = "Eve", *, ago: float = 0, **more: object) -> Operator:
    return Operator(f"user_{name.lower()}", name, seen=round(NOW - 1000 * ago), **more)  # type: ignore[arg-type]


def test_a_case_keeps_to_its_states() -> None:
    case = waiting()
    assert Case.decode(case.encode()) == case
    assert (case.state, case.owner) == (State.pending, "queue:support")
    taken = assign(case, EVE, NOW).case
    assert taken and (taken.state, taken.owner, taken.term) == (State.assigned, "operator:user_eve", case.term + 1)
    with pytest.raises(IllegalStep, match="assign needs a case that is pending; this one is assigned"):
        assign(taken, BOB, NOW)
    for step in (lambda: transfer(case, EVE, NOW), lambda: requeue(case, "released", NOW)):
        with pytest.raises(IllegalStep, match="pending"):
            step()
    unasked = step_in("c_1", 4, "bot:main", NOW, EVE).case
    assert unasked and (unasked.id, unasked.term, unasked.reason) == ("h5", 5, "stepped_in")


def test_what_has_waited_for_too_long_goes_back_to_the_bot() -> None:
    late, early = waiting("c_late", ago=601), waiting("c_early", ago=599)
    steps = list(due([late, early], [], NOW, RULES))
    assert [case.conversation for case, _ in steps] == ["c_late"]
    event = steps[0][1].change.events[0]
    assert isinstance(event, HandoffEnded) and event.outcome == "expired"


def test_what_waits_again_has_its_whole_time_again() -> None:
    again = requeue(held(ago=5_000), "released", NOW - 10_000).case
    assert again and list(due([again], [], NOW, RULES)) == []
    assert list(due([again], [], NOW + 600_000, RULES))


@pytest.mark.parametrize(("ago", "goes"), [(29, False), (31, True)])
def test_an_operator_who_is_gone_for_half_a_minute_loses_it(ago: float, goes: bool) -> None:
    steps = list(due([held()], [there(ago=ago)], NOW, RULES))
    assert bool(steps) is goes
    if goes:
        event = steps[0][1].change.events[0]
        assert isinstance(event, HandoffRequeued) and event.reason == "operator_gone"
        assert steps[0][1].case and steps[0][1].case.since == held().since, "where it has waited before"


def test_whoever_has_just_got_it_has_half_a_minute_to_be_seen() -> None:
    assert list(due([held(ago=29)], [], NOW, RULES)) == []
    assert list(due([held(ago=31)], [], NOW, RULES))


def test_what_waits_is_given_in_order_to_who_has_most_room() -> None:
    cases = [waiting("c_1", ago=3), waiting("c_2", ago=2), waiting("c_3", ago=1)]
    operators = [there("Eve", capacity=1), there("Bob", capacity=2)]
    given = {case.conversation: step.change.owner for case, step in due(cases, operators, NOW, ASSIGNS)}
    assert given == {"c_1": "operator:user_bob", "c_2": "operator:user_eve", "c_3": "operator:user_bob"}
    assert list(due(cases, operators, NOW, RULES)) == [], "unless operators choose"


@pytest.mark.parametrize(
    "operator",
    [
        there(status="busy"),
        there(status="away"),
        there(status="offline"),
        there(ago=31),
        there(teams=("billing",)),
        there(capacity=1),
    ],
)
def test_nobody_is_given_what_they_cannot_take(operator: Operator) -> None:
    full = replace(held("c_held", ago=1), operator=operator.id)
    assert [step for case, step in due([waiting(), full], [operator], NOW, ASSIGNS) if case.conversation == "c_1"] == []


def test_a_place_counts_within_the_team_and_no_estimate_comes_of_few() -> None:
    cases = [waiting("c_1"), waiting("c_2", team="billing"), waiting("c_3"), held("c_4")]
    waits = {"support": [60.0] * (FEWEST_WAITS - 1), "billing": [float(n) for n in range(FEWEST_WAITS)]}
    places = queued(cases, waits)
    assert {name: (place.position, place.waiting) for name, place in places.items()} == {
        "c_1": (1, 2), "c_2": (1, 1), "c_3": (2, 2),
    }  # fmt: skip
    assert (places["c_1"].estimate_seconds, places["c_1"].spread_seconds) == (None, None)
    assert (places["c_2"].estimate_seconds, places["c_2"].spread_seconds) == (10, 10)


def test_who_releases_it_is_not_given_it_again() -> None:
    again = requeue(held(), "released", NOW).case
    assert again
    assert [step for _, step in due([again], [there("Eve")], NOW, ASSIGNS)] == []
    (given,) = [step.change.owner for _, step in due([again], [there("Eve"), there("Bob")], NOW, ASSIGNS)]
    assert given == "operator:user_bob"


def test_who_says_that_they_are_off_loses_it_though_their_page_is_open() -> None:
    assert len(list(due([held()], [there(status="offline")], NOW, RULES))) == 1
    assert list(due([held()], [there(status="away")], NOW, RULES)) == []


def test_that_nobody_was_seen_while_nobody_looked_says_nothing() -> None:
    gone = [there(ago=40)]
    assert list(due([held()], gone, NOW, RULES, since=NOW - 29_000)) == []
    assert len(list(due([held()], gone, NOW, RULES, since=NOW - 31_000))) == 1
