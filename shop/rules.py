"""What an order's state allows. Pure, so that the assistant can say no before it asks for a confirmation."""

from __future__ import annotations

from datetime import datetime, timedelta

from shop.client import Order, OrderStatus

RETURN_WINDOW = timedelta(days=30)  # after delivery; the shop's terms

_TOO_LATE_TO_CHANGE = {OrderStatus.shipped: "already_shipped", OrderStatus.delivered: "already_delivered"}


def why_not_cancel(order: Order) -> str | None:
    """Return the reason that forbids cancelling, or `None`."""
    return _TOO_LATE_TO_CHANGE.get(order.status)


def why_not_change_address(order: Order) -> str | None:
    """Return the reason that forbids another address, or `None`."""
    if order.status is OrderStatus.cancelled:
        return "order_cancelled"
    return _TOO_LATE_TO_CHANGE.get(order.status)


def why_not_refund(order: Order, now: datetime) -> str | None:
    """Return the reason that forbids a return, or `None`. `now` is naive UTC, as the order's times are."""
    if order.status is OrderStatus.cancelled:
        return "order_cancelled"
    if order.status is not OrderStatus.delivered or order.delivered_at is None:
        return "not_delivered"
    return "too_late" if now - order.delivered_at > RETURN_WINDOW else None
