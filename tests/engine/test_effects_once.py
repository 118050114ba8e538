"""A turn that dies at any step is tried again, and what it does outside happens once."""

from __future__ import annotations

import collections
import os
import random
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import func, insert, select

from shop import tables
from shop.client import OrderStatus
from shop.database import make_engine, utc_now
from shop.desk import shop_desk
from switchboard.engine import endpoint
from switchboard.log.dialogue import Dialogues
from switchboard.log.log import Log
from switchboard.reply import Reply
from switchboard.settings import Settings
from switchboard.store.history import History
from switchboard.turns.turn import Turn
from tests.engine.conftest import Talk, said
from tests.support import tiny_bot
from tests.support.cancelling import EMAIL
from tests.support.failpoints import Failpoints
from tests.support.people import start

CANCELLATIONS = 1_000
STEPS = 34  # of a turn that cancels, in a calm run


@pytest.fixture
def failpoints(monkeypatch: pytest.MonkeyPatch) -> Iterator[Failpoints]:
    """On the worker's side and on the action server's, which is there again at once."""
    monkeypatch.setattr(endpoint, "PAUSES", (0.01,) * 5)
    from shop.database import DatabaseShop
    from switchboard.engine.endpoint import ActionEndpoint
    from switchboard.engine.tracker_store import TrackerStore

    points = Failpoints()
    with points.at(
        (Log, "keep"),
        (Turn, "_append"),
        (TrackerStore, "retrieve"),
        (Dialogues, "append"),
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
        connection.execute(insert(tables.orders), [{"number": str(n), **order} for n in range(CANCELLATIONS)])
    yield
    engine.dispose()
    shop_desk.cache_clear()


def ledger() -> dict[str, int]:
    """How often each order was cancelled."""
    table = tables.effects
    query = select(table.c.order_number, func.count()).group_by(table.c.order_number)
    with make_engine(Settings()).connect() as connection:
        return dict(connection.execute(query).all())


@pytest.mark.timeout(600)
async def test_a_cancellation_that_crashes_anywhere_happens_once_and_is_told_once(
    talk: Talk, shop: None, failpoints: Failpoints
) -> None:
    seed = int(os.environ.get("CHAOS_SEED", "4"))
    print(f"CHAOS_SEED={seed}")
    dice = random.Random(seed)
    crashed: collections.Counter[str] = collections.Counter()
    for order in range(CANCELLATIONS):
        talk.id = await start(talk.log, f"o_{order}")
        failpoints.arm(order % STEPS + 1 if order < STEPS else dice.randrange(1, STEPS + 1))
        texts = [message["text"] for message in await talk.say(f"cancel {order}")]
        crashed[failpoints.crashed] += 1
        answer = f"A moment. Order {order} is cancelled."
        assert texts == [answer, "Hello there."], failpoints.passed
        assert said(await talk.tracker()) == [("user", f"cancel {order}"), ("bot", answer), ("bot", "Hello there.")]
        assert await talk.ends() == ["completed"]
        assert [task["status"] for task in (await talk.state())["tasks"]] == ["completed"]
    print(crashed)
    assert ledger() == {str(order): 1 for order in range(CANCELLATIONS)}


async def test_what_no_key_protects_is_never_done_twice_and_its_doubt_is_told(
    talk: Talk, failpoints: Failpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = collections.Counter()
    for order in range(STEPS):
        monkeypatch.setattr(tiny_bot, "PAID", [])
        talk.id = await start(talk.log, f"o_{order}")
        failpoints.arm(order + 1)
        (message,) = await talk.say(f"pay {order}")
        told[message["text"]] += 1
        assert len(tiny_bot.PAID) <= 1
        if message["text"] == "It is paid.":
            assert [str(order)] == tiny_bot.PAID
        assert await talk.ends() == ["completed"]
    assert set(told) == {"It is paid.", "It may be paid or not."}
