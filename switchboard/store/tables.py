"""The tables. Every change here needs a migration; a test compares the two."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, DateTime, Index, MetaData, String, Table, Text

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

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(40), primary_key=True),  # of the participant
    Column("email", String(254), nullable=False, unique=True),  # in lower case
    Column("password", String(255)),  # Argon2id; none before its owner has chosen one
    Column("role", String(20), nullable=False),
    Column("name", String(60), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

memories = Table(
    "memories",
    metadata,
    Column("person", String(64), primary_key=True),  # the participant's id
    Column("name", String(80), primary_key=True),  # of the slot
    Column("value", Text),  # JSON; none of what the person has had forgotten
    Column("conversation", String(80)),  # in which they said it; none of what they have put right since
    Column("learned_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

archived_entries = Table(
    "archived_entries",
    metadata,
    Column("conversation", String(80), primary_key=True),
    Column("epoch", String(16), primary_key=True),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("type", String(40), nullable=False),
    Column("message", String(255)),  # the message that it is about
    Column("json", Text, nullable=False),  # the entry as the log had it
    Index("ix_archived_entries_message", "conversation", "message"),
)
