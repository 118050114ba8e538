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
    Column("words", Text),  # a message's text without regard to case, for the search
    Index("ix_archived_entries_message", "conversation", "message"),
)

conversations = Table(  # what the archived entries come to; times are milliseconds since 1970
    "conversations",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("epoch", String(16), nullable=False),
    Column("offset", BigInteger, nullable=False),  # of the last entry that is taken into account; -1: to be made anew
    Column("owner", String(255)),
    Column("title", String(100)),
    Column("words", Text, nullable=False),  # the title without regard to case
    Column("opened_at", BigInteger, nullable=False),
    Column("active_at", BigInteger, nullable=False),  # when the last message came
    Column("preview", String(200), nullable=False),
    Column("closed_at", BigInteger),
)

members = Table(
    "members",
    metadata,
    Column("conversation", String(80), primary_key=True),
    Column("participant", String(255), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("name", Text, nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    Column("left_at", BigInteger),
    Column("read_up_to", BigInteger, nullable=False),  # the offset of their read mark, 0 for none
    Column("unread", JSON, nullable=False),  # offsets of the latest messages of others after it
    Index("ix_members_participant", "participant"),
)

handoffs = Table(  # times are milliseconds since 1970
    "handoffs",
    metadata,
    Column("conversation", String(80), primary_key=True),
    Column("id", String(20), primary_key=True),
    Column("reason", String(80), nullable=False),
    Column("team", String(40), nullable=False),
    Column("operator", String(255)),  # who had it last
    Column("requested_at", BigInteger, nullable=False),
    Column("assigned_at", BigInteger),  # for the first time
    Column("answered_at", BigInteger),  # when an operator said something first
    Column("ended_at", BigInteger),
    Column("outcome", String(20)),
    Column("disposition", String(80)),
    Column("rating", BigInteger),  # from 1 to 5
    Column("comment", Text),  # beside it
    Index("ix_handoffs_requested_at", "requested_at"),
)

erasures = Table(  # logs of which somebody disappears, or did: what is left of them is not archived
    "erasures",
    metadata,
    Column("conversation", String(80), primary_key=True),
    Column("epoch", String(16), primary_key=True),
    Column("successor", String(16)),  # the epoch of the log in its place; none where the conversation is deleted
    Column("heir", String(40), nullable=False),
    Column("people", JSON, nullable=False),  # ids that are to disappear; empty once they have
    Column("turns", JSON, nullable=False),  # that answered them: no task of theirs is put on record any more
)

erasure_requests = Table(  # times are milliseconds since 1970
    "erasure_requests",
    metadata,
    Column("person", String(255), primary_key=True),
    Column("asked_at", BigInteger, nullable=False),
    Column("erased_at", BigInteger),
)

people = Table(  # what they have said of themselves
    "people",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("name", String(60)),
    Column("language", String(35)),  # BCP 47
    Column("preferences", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)
