"""An erasure that is killed anywhere goes on by itself."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine

from switchboard.log.rewriting import Rewriting
from switchboard.people.sign_ins import SignIns
from switchboard.store.calls import Calls
from switchboard.store.tables import metadata
from tests.records.world import ZOE, World, bobs_view, is_nowhere

MOST_STEPS = 40


class Killed(BaseException):
    """In place of `kill -9`: nothing of ours runs after it."""


class Failpoints:
    """Counts the steps that change something, and dies before one of them, or right after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = -1
        for owner, name in (
            (Calls, "write"),
            (Rewriting, "_run"),
            (SignIns, "end_all"),
        ):
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, step: Any) -> Any:
        async def counted(*arguments: Any, **more: Any) -> Any:
            self._pass()
            result = await step(*arguments, **more)
            self._pass()
            return result

        return counted

    def _pass(self) -> None:
        if self.left == 0:
            self.left = -1
            raise Killed
        self.left -= 1


@pytest.mark.parametrize(
    ("database_url", "is_archived_between"), [("sqlite", True), ("postgresql", False)], indirect=["database_url"]
)
async def test_wherever_it_was_killed_it_goes_on_by_itself(
    world: World, database: Engine, monkeypatch: pytest.MonkeyPatch, is_archived_between: bool
) -> None:
    points = Failpoints(monkeypatch)
    for step in range(MOST_STEPS):
        await world.client.flushall()
        with database.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        await world.talk()
        points.left = step
        try:
            await world.erase(ZOE)
            break
        except Killed:
            points.left = -1
        if is_archived_between:
            for conversation in ("c_alone", "c_both"):
                await world.archive(conversation, 3)
        if step == 0:
            continue  # nobody was promised anything
        for _ in range(2):
            await world.new_eraser().look()
        assert await world.requests.open() == []
        await world.archive("c_both")
        await is_nowhere(world, database)
        assert [said for said in await bobs_view(world) if said[0] == "Bob"] == [
            ("Bob", "first of Bob's"),
            ("Bob", "second of Bob's"),
        ]
    assert 10 < step < MOST_STEPS - 1, "every step was the last one once"
