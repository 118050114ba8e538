"""Handoffs on record: what the archived entries say of each, kept where they are added, and what they come to."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from switchboard.archive.projection import plain
from switchboard.store.calls import Calls
from switchboard.store.tables import handoffs as table

Wire = dict[str, Any]
MOST = 50_000  # handoffs that figures are made of: the latest ones


def record(connection: Connection, conversation: str, entries: Iterable[Wire]) -> None:
    """Take in entries that were archived just now, in order, each once."""
    for entry in entries:
        if step := _STEPS.get(entry["type"]):
            step(connection, conversation, entry)


def forget(connection: Connection, conversation: str) -> None:
    """All of a conversation that is erased."""
    connection.execute(delete(table).where(table.c.conversation == conversation))


def forget_people(connection: Connection, conversation: str, people: Sequence[str]) -> None:
    """Who has answered, where they are erased; and what anybody has said of it, since they may have."""
    here = table.c.conversation == conversation
    connection.execute(update(table).where(here, table.c.operator.in_(people)).values(operator=None))
    connection.execute(update(table).where(here).values(comment=None))


class Handoffs:
    """What people did. Raises `ArchiveUnavailable`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def figures(self, since: int) -> Wire:
        """Of those that were asked for since then (ms): how many, why, how they ended, and how long people took."""
        query = select(table).where(table.c.requested_at >= since).order_by(table.c.requested_at.desc()).limit(MOST)
        rows = await self._calls.read(lambda connection: connection.execute(query).mappings().all())
        return figures(rows)


def figures(rows: Sequence[Mapping[str, Any]]) -> Wire:
    """Times in seconds, from the asking on: to the first operator, and to the first words of one."""
    ratings = [row["rating"] for row in rows if row["rating"]]
    return {
        "handoffs": len(rows),
        "open": sum(row["ended_at"] is None for row in rows),
        "byReason": dict(Counter(row["reason"] for row in rows)),
        "byOutcome": dict(Counter(row["outcome"] for row in rows if row["outcome"])),
        "byDisposition": dict(Counter(row["disposition"] for row in rows if row["disposition"])),
        "ratings": {"count": len(ratings), "mean": round(statistics.mean(ratings), 2)} if ratings else None,
        "wait": _spread(row["assigned_at"] - row["requested_at"] for row in rows if row["assigned_at"]),
        "firstAnswer": _spread(row["answered_at"] - row["requested_at"] for row in rows if row["answered_at"]),
    }


def _spread(times: Iterable[int]) -> Wire | None:
    seconds = sorted(time / 1000 for time in times)
    if not seconds:
        return None
    nine_in_ten = seconds[min(len(seconds) - 1, len(seconds) * 9 // 10)]
    return {"count": len(seconds), "median": round(statistics.median(seconds), 1), "p90": round(nine_in_ten, 1)}


def _requested(connection: Connection, conversation: str, entry: Wire) -> None:
    here = (table.c.conversation == conversation, table.c.id == entry["handoffId"])
    connection.execute(delete(table).where(*here))  # of a log that this one has replaced
    row = {"conversation": conversation, "id": entry["handoffId"], "reason": entry["reason"], "team": entry["team"]}
    connection.execute(insert(table).values(**row, requested_at=entry["timestamp"]))


def _assigned(connection: Connection, conversation: str, entry: Wire) -> None:
    here = (table.c.conversation == conversation, table.c.id == entry["handoffId"])
    connection.execute(update(table).where(*here).values(operator=entry["participantId"]))
    first = update(table).where(*here, table.c.assigned_at.is_(None))
    connection.execute(first.values(assigned_at=entry["timestamp"]))


def _said(connection: Connection, conversation: str, entry: Wire) -> None:
    if entry["author"]["role"] == "operator":
        unanswered = (table.c.assigned_at.is_not(None), table.c.answered_at.is_(None), table.c.ended_at.is_(None))
        first = update(table).where(table.c.conversation == conversation, *unanswered)
        connection.execute(first.values(answered_at=entry["timestamp"]))


def _ended(connection: Connection, conversation: str, entry: Wire) -> None:
    here = (table.c.conversation == conversation, table.c.id == entry["handoffId"])
    end = {"ended_at": entry["timestamp"], "outcome": entry["outcome"], "disposition": entry.get("disposition")}
    connection.execute(update(table).where(*here).values(**end))


def _rated(connection: Connection, conversation: str, entry: Wire) -> None:
    here = (table.c.conversation == conversation, table.c.id == entry["handoffId"])
    said = entry.get("comment")
    rating = {"rating": entry["rating"], "comment": plain(said) if said else None}
    connection.execute(update(table).where(*here).values(**rating))


_STEPS: Mapping[str, Callable[[Connection, str, Wire], None]] = {
    "handoff.requested": _requested,
    "handoff.assigned": _assigned,
    "handoff.ended": _ended,
    "handoff.rated": _rated,
    "message.sent": _said,
}
