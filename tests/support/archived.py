"""What the archive has of a log, and what it must have."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.engine import Engine

from switchboard.archive.projection import MOST_UNREAD, Member, Overview, overview_of
from switchboard.log import snapshot
from switchboard.log.events import Participant
from switchboard.log.line import Line
from switchboard.log.log import Log
from switchboard.store.tables import archived_entries, conversations, members

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


def overview(database: Engine, conversation: str) -> Overview:
    """What is told of it at a glance."""
    with database.connect() as connection:
        row = connection.execute(select(conversations).where(conversations.c.id == conversation)).mappings().one()
        people = select(members).where(members.c.conversation == conversation)
        return overview_of(row, connection.execute(people).mappings())


async def expected_overview(log: Log, conversation: str) -> Overview:
    """What must be told of one whose log is whole, and whose participants all joined at its beginning."""
    now = await log.describe(conversation)
    entries = [json.loads(line.json) for line in await lines_of(log, conversation)]
    told = [entry for entry in entries if entry["type"] in ("message.sent", "message.completed")]
    marks = (await snapshot.take(log, now))[1]["read"]

    def member(who: Participant) -> Member:
        mark = marks.get(who.id, 0)
        unread = [entry["offset"] for entry in told if entry["offset"] > mark and entry["author"]["id"] != who.id]
        seen = [] if who.role == "bot" else unread[-MOST_UNREAD:]
        return Member(who.id, who.role, who.name, entries[0]["timestamp"], None, mark, seen)

    return Overview(
        id=conversation,
        epoch=now.epoch,
        offset=now.offset,
        owner=now.owner,
        opened_at=entries[0]["timestamp"],
        active_at=(told or entries)[-1 if told else 0]["timestamp"],
        title=now.title,
        preview=told[-1]["text"][:200] if told else "",
        members={who.id: member(who) for who in now.participants},
    )
