"""The seam to a shop's back end: what the assistant needs of it, and nothing else.

Errors:

    ShopError
    ├── ShopUnavailable   the back end did not answer; another try may work
    ├── NotProven         order number and e-mail do not belong together, or there is no such order
    ├── TriesExhausted    too many wrong pairs; no pair is looked at until the window has passed
    └── OrderRefused      the business says no; `reason` is a short snake_case code
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class ShopError(Exception):
    """Any failure that a caller of the shop has to expect."""


class ShopUnavailable(ShopError):
    """Raised when the back end did not answer, or not in time."""


class NotProven(ShopError):
    """Raised alike for an unknown order and for another customer's: a caller cannot tell them apart."""


class TriesExhausted(ShopError):
    """Raised instead of any look-up once a conversation or an order number has seen too many wrong pairs."""


class OrderRefused(ShopError):
    """Raised when the order's state forbids what was asked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OrderStatus(enum.StrEnum):
    """Where an order is in its life."""

    processing = "processing"
    shipped = "shipped"
    delivered = "delivered"
    cancelled = "cancelled"


@dataclass(frozen=True)
class Proof:
    """What a guest shows to act on an order. It is checked again on every call that reads or changes one."""

    order_number: str
    email: str


@dataclass(frozen=True)
class Address:
    """Where an order goes; `town` carries the postcode."""

    street: str
    town: str


@dataclass(frozen=True)
class Parcel:
    """One parcel of an order and the carrier that has it."""

    number: int
    contents: str
    carrier: str
    tracking_code: str


@dataclass(frozen=True)
class Refund:
    """A return that was opened for an order."""

    reference: str
    reason: str


@dataclass(frozen=True)
class Order:
    """An order as its owner may see it. `total` is in pence."""

    number: str
    status: OrderStatus
    summary: str
    total: int
    address: Address
    placed_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None
    parcels: tuple[Parcel, ...] = ()
    refund: Refund | None = None

    @property
    def price(self) -> str:
        """The total as a customer reads it."""
        return f"£{self.total / 100:,.2f}"


class ShopClient(Protocol):
    """A shop's back end. Every method may raise `ShopUnavailable`; under the same `key` an effect happens once.

    Methods that take a `Proof` raise `NotProven` unless it fits an order, whatever was proven before.
    """

    async def find_order(self, proof: Proof) -> Order:
        """Return the order that `proof` opens."""

    async def cancel_order(self, proof: Proof, key: str) -> Order:
        """Cancel and return the order; an order that is cancelled already is returned as it is.

        Raises `OrderRefused` with `already_shipped` or `already_delivered`.
        """

    async def request_refund(self, proof: Proof, reason: str, key: str) -> Refund:
        """Open a return, or return the one that is open already.

        Raises `OrderRefused` with `not_delivered`, `order_cancelled` or `too_late`.
        """

    async def change_address(self, proof: Proof, address: Address, key: str) -> Order:
        """Send the order elsewhere. Raises `OrderRefused` with `already_shipped`, `already_delivered` or
        `order_cancelled`."""

    async def leave_message(self, key: str, message: str, contact: str) -> str:
        """Keep a message for the team and return its reference. The same `key` keeps one message."""

    async def file_complaint(self, key: str, complaint: str, order_number: str | None) -> str:
        """Keep a complaint and return its reference. The same `key` keeps one complaint."""

    async def leave_rating(self, key: str, rating: int) -> None:
        """Keep a rating of 1 to 5. The same `key` keeps one rating, the last."""
