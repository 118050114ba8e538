"""Demo orders: `python -m shop.demo_data` creates the shop's tables and adds whatever demo order is missing.

Idempotent: an order that is there stays as customers left it. Times are relative to the moment of seeding.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Engine, make_url

from shop import tables
from shop.database import make_engine, utc_now
from switchboard.settings import Settings

ADA = "ada@example.com"
GRACE = "grace@example.com"
ALAN = "alan@example.com"

_ADDRESSES = {
    ADA: ("12 Byron Row", "LS1 4AB Leeds"),
    GRACE: ("7 Harbour Street", "BS1 5TY Bristol"),
    ALAN: ("23 Bletchley Road", "MK3 6EB Milton Keynes"),
}


@dataclass(frozen=True)
class DemoOrder:
    """An order to seed. Times are days before seeding; parcels are (contents, carrier)."""

    number: str
    email: str
    status: str
    summary: str
    total: int
    placed: int
    shipped: int | None = None
    delivered: int | None = None
    parcels: tuple[tuple[str, str], ...] = ()


DEMO_ORDERS = (
    DemoOrder(
        "1001", ADA, "shipped", "oak desk, desk lamp and office chair", 48900, 4, shipped=2,
        parcels=(("desk lamp", "swiftpost"), ("office chair", "parcelo"), ("oak desk", "northwind")),
    ),
    DemoOrder("1002", ADA, "processing", "two linen cushions", 4400, 0),
    DemoOrder(
        "1003", ADA, "delivered", "stoneware vase", 3900, 8, shipped=6, delivered=4,
        parcels=(("stoneware vase", "swiftpost"),),
    ),
    DemoOrder("1004", ADA, "cancelled", "wall clock", 2950, 12),
    DemoOrder("1005", GRACE, "processing", "wool throw", 6500, 1),
    DemoOrder(
        "1006", GRACE, "delivered", "set of four mugs", 2800, 67, shipped=64, delivered=60,
        parcels=(("set of four mugs", "parcelo"),),
    ),
    DemoOrder(
        "1007", GRACE, "shipped", "reading lamp", 5500, 3, shipped=1,
        parcels=(("reading lamp", "swiftpost"),),
    ),
    DemoOrder(
        "1008", ALAN, "delivered", "walnut bookshelf", 18900, 15, shipped=12, delivered=9,
        parcels=(("walnut bookshelf", "parcelo"),),
    ),
    DemoOrder("1009", ALAN, "processing", "chess set", 7200, 0),
)  # fmt: skip


def seed(engine: Engine, now: datetime) -> None:
    """Create the tables and add the missing demo orders, in one transaction."""
    tables.metadata.create_all(engine)
    with engine.begin() as connection:
        present = set(connection.execute(select(tables.orders.c.number)).scalars())
        for order in DEMO_ORDERS:
            if order.number not in present:
                connection.execute(insert(tables.orders).values(_order_row(order, now)))
                for row in _parcel_rows(order):
                    connection.execute(insert(tables.parcels).values(row))


def _order_row(order: DemoOrder, now: datetime) -> dict[str, Any]:
    def ago(days: int | None) -> datetime | None:
        return None if days is None else now - timedelta(days=days)

    street, town = _ADDRESSES[order.email]
    return {
        "number": order.number,
        "email": order.email,
        "status": order.status,
        "summary": order.summary,
        "total": order.total,
        "street": street,
        "town": town,
        "placed_at": ago(order.placed),
        "shipped_at": ago(order.shipped),
        "delivered_at": ago(order.delivered),
    }


def _parcel_rows(order: DemoOrder) -> list[dict[str, Any]]:
    return [
        {
            "order_number": order.number,
            "number": number,
            "contents": contents,
            "carrier": carrier,
            "tracking_code": f"{carrier[:2].upper()}{order.number}{number}",
        }
        for number, (contents, carrier) in enumerate(order.parcels, start=1)
    ]


def main() -> None:
    """Seed the database that the settings name; make the folder of a SQLite file."""
    settings = Settings()
    file = make_url(settings.database).database
    if settings.database.startswith("sqlite") and file:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings)
    seed(engine, utc_now())
    engine.dispose()


if __name__ == "__main__":
    main()
