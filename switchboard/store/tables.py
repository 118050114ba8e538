"""The tables. Every change here needs a migration; a test compares the two."""

from __future__ import annotations

from sqlalchemy import JSON, Column, DateTime, Index, MetaData, String, Table

metadata = MetaData()

tasks = Table(
    "tasks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation", String(80), nullable=False),
    Column("turn", String(20)),
    Column("name", String(80), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("status", String(20), nullable=False),  # running, completed, or how it failed
    Column("reason", String(80)),
    Column("result", JSON),  # of a task with effects: what another try of its turn gets
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_tasks_conversation", "conversation", "started_at"),
)
