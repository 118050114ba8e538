"""Every conversation at a glance: what its archived entries come to, in SQL, kept where they are added."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection

from switchboard.store.tables import archived_entries, conversations, members

PREVIEW = 200  # characters
MOST_UNREAD = 100  # are counted; who has more has many
TOLD = ("message.sent", "message.completed")  # a whole text of somebody's
TYPES = (
    "conversation.started",
    "conversation.renamed",
    "conversation.closed",
    "participant.joined",
    "participant.identified",
    "participant.left",
    "owner.changed",
    "message.read",
    *TOLD,
)


@dataclass
class Member:
    """Somebody who takes part, or did until `left_at`. Times are milliseconds since 1970."""

    participant: str
    role: str
    name: str
    joined_at: int
    left_at: int | None = None
    read_up_to: int = 0  # offset of the read mark
    unread: list[int] = field(default_factory=list)  # offsets of the latest messages of others after it, while here

    def read(self, up_to: int) -> None:
        """Marks only move on."""
        self.read_up_to = max(up_to, self.read_up_to)
        self.unread = [offset for offset in self.unread if offset > self.read_up_to]

    def was(self, guest: Member) -> None:
        """What the guest has read, or said, this one has: only what is new to both is new."""
        self.unread = [offset for offset in self.unread if offset in guest.unread]
        self.read(guest.read_up_to)


@dataclass
class Overview:
    """A conversation without its entries. `offset`: of the last that is taken into account, -1 to do that anew."""

    id: str
    epoch: str
    offset: int = 0
    owner: str | None = None  # unknown where the log's beginning was lost
    title: str | None = None
    opened_at: int = 0
    active_at: int = 0  # when the last message came
    preview: str = ""  # how that began
    closed_at: int | None = None
    members: dict[str, Member] = field(default_factory=dict)

    def apply(self, entry: dict[str, Any]) -> None:
        """Take in one entry of `TYPES`, in order."""
        kind, time = entry["type"], entry["timestamp"]
        self.opened_at = self.opened_at or time
        self.active_at = self.active_at or time
        if kind in TOLD:
            self.active_at, self.preview = time, plain(entry["text"])[:PREVIEW]
            self._take_part(entry["author"], time)
            self._told(entry["author"]["id"], entry["offset"])
        elif kind == "message.read":
            if member := self.members.get(entry["participantId"]):
                member.read(entry["upTo"])
        elif kind == "participant.joined":
            self._take_part(entry["participant"], time)
        elif kind == "participant.left":
            if member := self.members.get(entry["participantId"]):
                member.left_at = time
        elif kind == "participant.identified":
            self._identified(entry["formerly"], entry["participant"], time)
        elif kind == "conversation.renamed":
            self.title = plain(entry["title"]) or None
        elif kind == "conversation.closed":
            self.closed_at = time
        else:
            self.owner = entry["owner"]

    def to_wire(self, participant: str) -> dict[str, Any]:
        """As somebody's list shows it, with who takes part now."""
        optional: dict[str, Any] = {"title": self.title, "owner": self.owner, "closedAt": self.closed_at}
        if (member := self.members.get(participant)) and member.left_at is None:
            optional["unread"] = len(member.unread)
        by_time = sorted(self.members.values(), key=lambda member: (member.joined_at, member.participant))
        here = (member for member in by_time if member.left_at is None)
        return {
            "conversationId": self.id,
            "openedAt": self.opened_at,
            "activeAt": self.active_at,
            "preview": self.preview,
            "participants": [{"id": each.participant, "role": each.role, "name": each.name} for each in here],
            **{name: value for name, value in optional.items() if value is not None},
        }

    def _take_part(self, who: dict[str, Any], time: int) -> None:
        """Under the name that they have now; who speaks takes part, even if that they joined was lost."""
        known = self.members.setdefault(who["id"], Member(who["id"], who["role"], "", time))
        known.role, known.name, known.left_at = who["role"], plain(who["name"]), None

    def _identified(self, formerly: str, who: dict[str, Any], time: int) -> None:
        known, guest = who["id"] in self.members, self.members.pop(formerly, None)
        self._take_part(who, guest.joined_at if guest else time)
        member = self.members[who["id"]]
        if guest and known:
            member.was(guest)
        elif guest:
            member.read_up_to, member.unread = guest.read_up_to, guest.unread

    def _told(self, author: str, offset: int) -> None:
        for member in self.members.values():
            if member.participant != author and member.role != "bot" and member.left_at is None:
                member.unread = [*member.unread, offset][-MOST_UNREAD:]


def project(connection: Connection, conversation: str, epoch: str, reached: int, entries: list[dict[str, Any]]) -> None:
    """Take in entries that were archived just now, after the offset `reached`.

    Where the overview is of another offset or epoch, it is made anew of all that the archive has of this one.
    """
    known = _load(connection, conversation)
    if known is None or (known.epoch, known.offset) != (epoch, reached):
        rebuild(connection, conversation, epoch)
        return
    for entry in entries:
        if entry["type"] in TYPES:
            known.apply(entry)
    known.offset = entries[-1]["offset"]
    _save(connection, known)


def rebuild(connection: Connection, conversation: str, epoch: str) -> None:
    """The overview of all that is archived of a log, whose older messages can be searched from now on too."""
    here = (archived_entries.c.conversation == conversation, archived_entries.c.epoch == epoch)
    columns = (archived_entries.c.offset, archived_entries.c.type, archived_entries.c.words, archived_entries.c.json)
    overview, unsearchable = Overview(conversation, epoch), []
    for offset, kind, known, text in connection.execute(select(*columns).where(*here).order_by(columns[0])):
        overview.offset = offset
        if kind not in TYPES:
            continue
        entry = json.loads(text)
        overview.apply(entry)
        if known is None and (found := words(entry)) is not None:
            unsearchable.append({"at": offset, "found": found})
    if unsearchable:
        change = update(archived_entries).where(*here, archived_entries.c.offset == bindparam("at"))
        connection.execute(change.values(words=bindparam("found")), unsearchable)
    _save(connection, overview)


def words(entry: dict[str, Any]) -> str | None:
    """What a search looks at, in the form of `folded`."""
    return folded(entry["text"]) if entry["type"] in TOLD else None


def folded(text: str) -> str:
    """Text without regard to case: databases do not agree on what that is."""
    return plain(text).casefold()


def plain(text: str) -> str:
    """Text that a database takes."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def overview_of(row: Any, of: Iterable[Any]) -> Overview:
    """A row of `conversations`, and its rows of `members`, as one."""
    given = {name: value for name, value in row.items() if name != "words"}
    people = ({name: value for name, value in each.items() if name != "conversation"} for each in of)
    return Overview(**given, members={each["participant"]: Member(**each) for each in people})


def _load(connection: Connection, conversation: str) -> Overview | None:
    row = connection.execute(select(conversations).where(conversations.c.id == conversation)).mappings().first()
    if row is None:
        return None
    people = select(members).where(members.c.conversation == conversation)
    return overview_of(row, connection.execute(people).mappings())


def _save(connection: Connection, overview: Overview) -> None:
    known = connection.execute(delete(conversations).where(conversations.c.id == overview.id)).rowcount
    row = {name: value for name, value in vars(overview).items() if name != "members"}
    connection.execute(insert(conversations), [row | {"words": folded(overview.title or "")}])
    people = [{"conversation": overview.id, **vars(member)} for member in overview.members.values()]
    if known:
        connection.execute(delete(members).where(members.c.conversation == overview.id))
    if people:
        connection.execute(insert(members), people)
