"""The demo's back end keeps to the `ShopClient` contract."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.engine import Engine

from shop import tables
from shop.client import Address, NotProven, OrderRefused, OrderStatus, Proof, ShopUnavailable
from shop.database import DatabaseShop, make_engine
from switchboard.settings import Settings
from tests.support.demo_shop import Clock

ADA = "ada@example.com"
SHIPPED, PROCESSING, DELIVERED, CANCELLED = (Proof(number, ADA) for number in ("1001", "1002", "1003", "1004"))
TOO_OLD = Proof("1006", "grace@example.com")
ADDRESS = Address("5 High Street", "CB1 2AB Cambridge")


@pytest.fixture
def shop(engine: Engine, clock: Clock) -> DatabaseShop:
    return DatabaseShop(engine, clock)


async def test_an_order_opens_for_its_number_and_email_whatever_the_case(shop: DatabaseShop) -> None:
    order = await shop.find_order(Proof("1001", " Ada@Example.com "))
    assert order.status is OrderStatus.shipped
    assert order.price == "£489.00"
    assert [parcel.carrier for parcel in order.parcels] == ["swiftpost", "parcelo", "northwind"]


@pytest.mark.parametrize("proof", [Proof("1001", "grace@example.com"), Proof("4711", ADA), Proof("", "")])
async def test_every_call_refuses_a_wrong_pair(shop: DatabaseShop, proof: Proof) -> None:
    for call in (
        shop.find_order(proof),
        shop.cancel_order(proof, "k"),
        shop.request_refund(proof, "damaged", "k"),
        shop.change_address(proof, ADDRESS, "k"),
    ):
        with pytest.raises(NotProven):
            await call


async def test_cancelling_twice_is_cancelling_once(shop: DatabaseShop) -> None:
    first = await shop.cancel_order(PROCESSING, "k")
    assert first.status is OrderStatus.cancelled
    assert await shop.cancel_order(PROCESSING, "k") == first


@pytest.mark.parametrize(("proof", "reason"), [(SHIPPED, "already_shipped"), (DELIVERED, "already_delivered")])
async def test_what_has_left_is_not_cancelled(shop: DatabaseShop, proof: Proof, reason: str) -> None:
    before = await shop.find_order(proof)
    with pytest.raises(OrderRefused) as refused:
        await shop.cancel_order(proof, "k")
    assert refused.value.reason == reason
    assert await shop.find_order(proof) == before


async def test_a_return_is_opened_once(shop: DatabaseShop) -> None:
    refund = await shop.request_refund(DELIVERED, "damaged", "k")
    assert await shop.request_refund(DELIVERED, "something else", "k") == refund
    assert (await shop.find_order(DELIVERED)).refund == refund


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        (SHIPPED, "not_delivered"),
        (PROCESSING, "not_delivered"),
        (CANCELLED, "order_cancelled"),
        (TOO_OLD, "too_late"),
    ],
)
async def test_what_cannot_be_returned_is_refused(shop: DatabaseShop, proof: Proof, reason: str) -> None:
    with pytest.raises(OrderRefused) as refused:
        await shop.request_refund(proof, "damaged", "k")
    assert refused.value.reason == reason


async def test_the_window_for_returns_closes(shop: DatabaseShop, clock: Clock) -> None:
    clock.forward(timedelta(days=27))
    with pytest.raises(OrderRefused, match="too_late"):
        await shop.request_refund(DELIVERED, "damaged", "k")


async def test_an_address_changes_before_shipping(shop: DatabaseShop) -> None:
    assert (await shop.change_address(PROCESSING, ADDRESS, "k")).address == ADDRESS
    assert (await shop.find_order(PROCESSING)).address == ADDRESS


@pytest.mark.parametrize(
    ("proof", "reason"),
    [(SHIPPED, "already_shipped"), (DELIVERED, "already_delivered"), (CANCELLED, "order_cancelled")],
)
async def test_an_address_stays_after_shipping(shop: DatabaseShop, proof: Proof, reason: str) -> None:
    with pytest.raises(OrderRefused) as refused:
        await shop.change_address(proof, ADDRESS, "k")
    assert refused.value.reason == reason


async def test_a_message_and_a_complaint_are_kept_once_each(shop: DatabaseShop, engine: Engine) -> None:
    message = await shop.leave_message("c_1/m_1", "Please call me", "07700 900123")
    assert await shop.leave_message("c_1/m_1", "Please call me", "07700 900123") == message
    assert await shop.file_complaint("c_1/m_1", "Too late", "1001") != message
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(tables.messages)).scalar() == 2


async def test_the_last_rating_counts(shop: DatabaseShop, engine: Engine) -> None:
    await shop.leave_rating("c_1", 2)
    await shop.leave_rating("c_1", 5)
    with engine.connect() as connection:
        assert connection.execute(select(tables.ratings.c.rating)).scalars().all() == [5]


async def test_a_database_without_the_tables_is_unavailable(tmp_path: Path) -> None:
    shop = DatabaseShop(make_engine(Settings(data_dir=tmp_path)))
    with pytest.raises(ShopUnavailable):
        await shop.find_order(SHIPPED)


async def test_an_order_that_was_shipped_in_the_meantime_is_not_cancelled(
    shop: DatabaseShop, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warehouse wins a race: the change itself asks for the state, not only the look before it."""
    from shop import database

    looks = []
    real = database._find

    def shipped_after_the_first_look(connection, proof):  # type: ignore[no-untyped-def]
        order = real(connection, proof)
        if not looks:
            connection.execute(update(tables.orders).where(tables.orders.c.number == "1002").values(status="shipped"))
        looks.append(order.status)
        return order

    monkeypatch.setattr(database, "_find", shipped_after_the_first_look)
    with pytest.raises(OrderRefused, match="already_shipped"):
        await shop.cancel_order(PROCESSING, "k")
