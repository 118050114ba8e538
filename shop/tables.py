"""The shop's tables. They share the database of the project and start with `shop_`. Times are naive UTC."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

orders = Table(
    "shop_orders",
    metadata,
    Column("number", String(12), primary_key=True),
    Column("email", String(254), nullable=False),  # lower case
    Column("status", String(16), nullable=False),
    Column("summary", String(200), nullable=False),
    Column("total", Integer, nullable=False),  # pence
    Column("street", String(200), nullable=False),
    Column("town", String(200), nullable=False),
    Column("placed_at", DateTime, nullable=False),
    Column("shipped_at", DateTime),
    Column("delivered_at", DateTime),
)

parcels = Table(
    "shop_parcels",
    metadata,
    Column("order_number", ForeignKey("shop_orders.number"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("contents", String(200), nullable=False),
    Column("carrier", String(40), nullable=False),
    Column("tracking_code", String(40), nullable=False),
)

refunds = Table(
    "shop_refunds",
    metadata,
    Column("order_number", ForeignKey("shop_orders.number"), primary_key=True),
    Column("reference", String(20), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("requested_at", DateTime, nullable=False),
)

effects = Table(
    "shop_effects",
    metadata,
    Column("key", String(64), primary_key=True),  # what the caller names the effect: done once
    Column("kind", String(32), nullable=False),
    Column("order_number", ForeignKey("shop_orders.number"), nullable=False),
    Column("done_at", DateTime, nullable=False),
    Index("shop_effects_by_order", "order_number"),
)

messages = Table(
    "shop_messages",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("kind", String(16), primary_key=True),  # message or complaint
    Column("reference", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("contact", String(254)),
    Column("order_number", String(12)),
    Column("left_at", DateTime, nullable=False),
)

ratings = Table(
    "shop_ratings",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("rating", Integer, nullable=False),
    Column("rated_at", DateTime, nullable=False),
)

wrong_proofs = Table(
    "shop_wrong_proofs",
    metadata,
    Column("conversation_id", String(200), primary_key=True),
    Column("attempt", String(64), primary_key=True),  # one message counts once, however often it is run
    Column("order_number", String(12), nullable=False),
    Column("tried_at", DateTime, nullable=False),
    Index("shop_wrong_proofs_by_order", "order_number", "tried_at"),
)
