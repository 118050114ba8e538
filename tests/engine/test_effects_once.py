"""A turn that dies at any step is tried again, and what it does outside happens once."""

from __future__ import annotations

import collections
import os
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from shop import tables
from shop.client import OrderStatus
from shop.database import make_engine, utc_now
from shop.desk import shop_desk
from switchboard import reply
from switchboard.engine import endpoint
from switchboard.log.inbox import Inbox
from switchboard.log.log import Log
from switchboard.reply import Reply
from switchboard.settings import Settings
from switchboard.store.history import History
from switchboard.turns.turn import Turn
from switchboard.turns.worker import Worker
from tests.engine.conftest import Talk, said
from tests.support import tiny_bot
from tests.support.cancelling import EMAIL
from tests.support.failpoints import Failpoints
from tests.support.people import start

CANCELLATIONS = 100  # enough for every step to be the last one; more by chance
MANY_CANCELLATIONS = 1_000


@pytest.fixture
def failpoints(monkeypatch: pytest.MonkeyPatch) -> Iterator[Failpoints]:
    """On the worker's side and on the action server's, which is there again at once."""
    monkeypatch.setattr(endpoint, "PAUSES", (0.01,) * 5)
    monkeypatch.setattr(reply, "COALESCE_SECONDS", 60.0)  # so that every turn has as many steps
    from shop.database import DatabaseShop
    from switchboard.engine.endpoint import ActionEndpoint
    from switchboard.engine.rasa_engine import RasaEngine
    from switchboard.engine.tracker_store import TrackerStore

    points = Failpoints()
    release = Inbox.release  # who is killed gives nothing back

    async def release_unless_dead(*args: Any, **options: Any) -> None:
        if not points.crashed:
            await release(*args, **options)

    monkeypatch.setattr(Inbox, "release", release_unless_dead)
    with points.at(
        (Worker, "_answer"),  # begins when the lease was taken
        (Log, "keep"),
        (Turn, "_append"),
        (TrackerStore, "retrieve"),
        (TrackerStore, "save"),
        (RasaEngine, "_share_slots"),
        (ActionEndpoint, "request"),
        (Reply, "_append"),
        (History, "begin"),
        (DatabaseShop, "cancel_order"),
        (History, "completed"),
    ):
        yield points


@pytest.fixture
async def shop(talk: Talk) -> AsyncIterator[None]:
    """A shop in the database of the test, where every order may be cancelled."""
    shop_desk.cache_clear()
    engine = make_engine(Settings())
    tables.metadata.create_all(engine)
    order = {
        "email": EMAIL,
        "status": OrderStatus.processing.value,
        "summary": "a book",
        "total": 100,
        "street": "1 Row",
        "town": "Leeds",
        "placed_at": utc_now(),
    }
    with engine.begin() as connection:
        connection.execute(insert(tables.orders), [{"number": str(n), **order} for n in range(MANY_CANCELLATIONS + 1)])
    yield
    engine.dispose()
    shop_desk.cache_clear()


def ledger() -> dict[str, int]:
    """How often each order was cancelled."""
    table = tables.effects
    query = select(table.c.order_number, func.count()).group_by(table.c.order_number)
    with make_engine(Settings()).connect() as connection:
        return dict(connection.execute(query).all())


async def steps_of(talk: Talk, failpoints: Failpoints, text: str) -> list[str]:
    """The way of a message on which nothing crashes."""
    failpoints.watch()
    talk.id = await start(talk.log, "calm")
    await talk.say(text)
    return list(failpoints.passed)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("cancellations", [CANCELLATIONS, pytest.param(MANY_CANCELLATIONS, marks=pytest.mark.long)])
async def test_a_cancellation_that_crashes_anywhere_happens_once_and_is_told_once(
    talk: Talk, shop: None, failpoints: Failpoints, cancellations: int
) -> None:
    seed = int(os.environ.get("CHAOS_SEED", "4"))
    print(f"CHAOS_SEED={seed}")
    dice = random.Random(seed)
    calm = await steps_of(talk, failpoints, f"cancel {cancellations}")
    everywhere = list(range(1, len(calm) + 1))
    assert len(everywhere) <= cancellations
    crashed: collections.Counter[str] = collections.Counter()
    for order, step in enumerate([*everywhere, *dice.choices(everywhere, k=cancellations - len(calm))]):
        talk.id = await start(talk.log, f"o_{order}")
        failpoints.arm(step)
        texts = [message["text"] for message in await talk.say(f"cancel {order}")]
        assert failpoints.crashed, f"at step {step} of {failpoints.passed}"
        crashed[failpoints.crashed] += 1
        answer = f"A moment. Order {order} is cancelled."
        assert texts == [answer, "Hello there."], failpoints.passed
        assert said(await talk.tracker()) == [("user", f"cancel {order}"), ("bot", answer), ("bot", "Hello there.")]
        assert await talk.ends() == ["completed"]
        state = await talk.state()
        assert [task["status"] for task in state["tasks"]] == ["completed"]
        assert state["slots"] == {"mood": f"without order {order}"}, failpoints.passed
    assert set(crashed) == set(calm), crashed
    assert ledger() == {str(order): 1 for order in range(cancellations + 1)}


async def test_what_no_key_protects_is_never_done_twice_and_its_doubt_is_told(
    talk: Talk, failpoints: Failpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = await steps_of(talk, failpoints, "pay 0")
    told = collections.Counter()
    crashed = set()
    for order in range(len(calm)):
        monkeypatch.setattr(tiny_bot, "PAID", [])
        talk.id = await start(talk.log, f"o_{order}")
        failpoints.arm(order + 1)
        (message,) = await talk.say(f"pay {order}")
        crashed.add(failpoints.crashed)
        told[message["text"]] += 1
        assert len(tiny_bot.PAID) <= 1
        if message["text"] == "It is paid.":
            assert [str(order)] == tiny_bot.PAID
        assert await talk.ends() == ["completed"]
    assert crashed == set(calm)
    assert set(told) == {"It is paid.", "It may be paid or not."}
