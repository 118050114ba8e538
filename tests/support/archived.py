"""What the archive has of a log, and what it must have."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.engine import Engine

from switchboard.log.line import Line
from switchboard.log.log import Log
from switchboard.store.tables import archived_entries

EVERYTHING = 100_000  # entries: more than any test writes


async def lines_of(log: Log, conversation: str) -> list[Line]:
    """All that the log has."""
    return await log.read(conversation, 0, count=EVERYTHING)


async def expected(log: Log, conversation: str) -> dict[int, str]:
    """What an archive must have of a log."""
    entries = {line.offset: json.loads(line.json) for line in await lines_of(log, conversation)}
    whole = {entry["messageId"] for entry in entries.values() if entry["type"] == "message.completed"}
    return {
        line.offset: line.json
        for line in await lines_of(log, conversation)
        if not (line.type == "message.delta" and entries[line.offset]["messageId"] in whole)
    }


def archived(database: Engine, conversation: str) -> dict[int, str]:
    """What an archive has of it."""
    query = select(archived_entries.c.offset, archived_entries.c.json)
    with database.connect() as connection:
        rows = connection.execute(query.where(archived_entries.c.conversation == conversation)).all()
    assert len(dict(rows)) == len(rows)
    return dict(rows)
