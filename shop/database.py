"""`ShopClient` on a SQL database: the demo's back end. Sessions are synchronous and run in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from shop import tables
from shop.client import (
    Address,
    NotProven,
    Order,
    OrderRefused,
    OrderStatus,
    Parcel,
    Proof,
    Refund,
    ShopUnavailable,
)
from shop.rules import why_not_cancel, why_not_change_address, why_not_refund
from switchboard.settings import Settings
from switchboard.store.database import bounded_engine

Result = TypeVar("Result")


def make_engine(settings: Settings) -> Engine:
    """Return an engine for the project's database; nothing is opened yet."""
    return bounded_engine(settings.database)


def utc_now() -> datetime:
    """Return the time as the tables keep it: naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


async def in_transaction(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    """Run `work` in one transaction in a thread. Raises `ShopUnavailable` when the database fails."""

    def run() -> Result:
        with engine.begin() as connection:
            return work(connection)

    try:
        return await asyncio.to_thread(run)
    except SQLAlchemyError as error:
        raise ShopUnavailable(type(error).__name__) from error


class DatabaseShop:
    """See `shop.client.ShopClient` for the contract."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def find_order(self, proof: Proof) -> Order:
        return await in_transaction(self._engine, lambda connection: _find(connection, proof))

    async def cancel_order(self, proof: Proof, key: str) -> Order:
        def cancel(connection: Connection) -> Order:
            order = _find(connection, proof)
            if not _is_done(connection, key):
                _refuse(why_not_cancel(order))
                _change_unshipped(connection, proof, status=OrderStatus.cancelled.value)
                order = _find(connection, proof)
                _refuse(why_not_cancel(order))  # it may have been shipped since the first look
                self._note(connection, key, "cancel", proof)
            return order

        return await in_transaction(self._engine, cancel)

    async def change_address(self, proof: Proof, address: Address, key: str) -> Order:
        def change(connection: Connection) -> Order:
            order = _find(connection, proof)
            if not _is_done(connection, key):
                _refuse(why_not_change_address(order))
                _change_unshipped(connection, proof, street=address.street, town=address.town)
                order = _find(connection, proof)
                _refuse(why_not_change_address(order))
                self._note(connection, key, "change_address", proof)
            return order

        return await in_transaction(self._engine, change)

    async def request_refund(self, proof: Proof, reason: str, key: str) -> Refund:
        def request(connection: Connection) -> Refund:
            order = _find(connection, proof)
            if order.refund is not None:
                return order.refund
            _refuse(why_not_refund(order, self._clock()))
            self._note(connection, key, "refund", proof)
            refund = Refund(reference=f"R-{order.number}", reason=reason)
            connection.execute(
                insert(tables.refunds).values(
                    order_number=order.number,
                    reference=refund.reference,
                    reason=reason,
                    requested_at=self._clock(),
                )
            )
            return refund

        return await in_transaction(self._engine, request)

    async def leave_message(self, key: str, message: str, contact: str) -> str:
        return await self._keep("message", "M", key, {"text": message, "contact": contact})

    async def file_complaint(self, key: str, complaint: str, order_number: str | None) -> str:
        return await self._keep("complaint", "C", key, {"text": complaint, "order_number": order_number})

    async def leave_rating(self, key: str, rating: int) -> None:
        values = {"rating": rating, "rated_at": self._clock()}

        def rate(connection: Connection) -> None:
            changed = connection.execute(update(tables.ratings).where(tables.ratings.c.key == key).values(values))
            if changed.rowcount == 0:
                connection.execute(insert(tables.ratings).values(key=key, **values))

        await in_transaction(self._engine, rate)

    def _note(self, connection: Connection, key: str, kind: str, proof: Proof) -> None:
        """Put an effect on the ledger, in its own transaction."""
        row = {"key": key, "kind": kind, "order_number": proof.order_number, "done_at": self._clock()}
        connection.execute(insert(tables.effects).values(row))

    async def _keep(self, kind: str, prefix: str, key: str, values: dict[str, Any]) -> str:
        """Insert once per `kind` and `key`; return the reference of the row that is kept."""
        table = tables.messages
        kept = select(table.c.reference).where(table.c.kind == kind, table.c.key == key)

        def keep(connection: Connection) -> str:
            reference: str | None = connection.execute(kept).scalar()
            if reference is None:
                reference = f"{prefix}-{uuid4().hex[:6].upper()}"
                row = {"kind": kind, "key": key, "reference": reference, "left_at": self._clock(), **values}
                connection.execute(insert(table).values(row))
            return reference

        return await in_transaction(self._engine, keep)


def _is_done(connection: Connection, key: str) -> bool:
    """Whether the effect is on the ledger."""
    table = tables.effects
    return connection.execute(select(table.c.key).where(table.c.key == key)).first() is not None


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise OrderRefused(reason)


def _change_unshipped(connection: Connection, proof: Proof, **values: str) -> None:
    """Change the order only while it is being processed: the database decides a race with the warehouse."""
    table = tables.orders
    still_here = table.c.status == OrderStatus.processing.value
    connection.execute(update(table).where(table.c.number == proof.order_number, still_here).values(values))


def _find(connection: Connection, proof: Proof) -> Order:
    table = tables.orders
    owned = (table.c.number == proof.order_number) & (table.c.email == proof.email.strip().lower())
    row = connection.execute(select(table).where(owned)).mappings().first()
    if row is None:
        raise NotProven
    return Order(
        number=row["number"],
        status=OrderStatus(row["status"]),
        summary=row["summary"],
        total=row["total"],
        address=Address(row["street"], row["town"]),
        placed_at=row["placed_at"],
        shipped_at=row["shipped_at"],
        delivered_at=row["delivered_at"],
        parcels=_parcels(connection, row["number"]),
        refund=_refund(connection, row["number"]),
    )


def _parcels(connection: Connection, order_number: str) -> tuple[Parcel, ...]:
    table = tables.parcels
    rows = connection.execute(select(table).where(table.c.order_number == order_number).order_by(table.c.number))
    return tuple(Parcel(row.number, row.contents, row.carrier, row.tracking_code) for row in rows)


def _refund(connection: Connection, order_number: str) -> Refund | None:
    table = tables.refunds
    row = connection.execute(select(table).where(table.c.order_number == order_number)).first()
    return None if row is None else Refund(row.reference, row.reason)
