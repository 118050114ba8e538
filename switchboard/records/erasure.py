"""A person disappears: what was theirs alone is deleted, and where others take part somebody without a name is left.

No route leads here yet. What others say while their conversation is rewritten can be lost, and what was begun and not
carried out keeps the archive waiting: both must be mended first.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from dataclasses import dataclass
from functools import partial

from switchboard.archive.archiver import FEED
from switchboard.archive.erasing import Erasing, Plan
from switchboard.log.clock import now_ms
from switchboard.log.codec import dumps, encode
from switchboard.log.errors import LogError, UnknownConversation
from switchboard.log.events import TurnFailed
from switchboard.log.log import Conversation, Log
from switchboard.log.members import Members
from switchboard.log.rewriting import Replacement, Rewriting, Stored
from switchboard.people.sign_ins import SignIns
from switchboard.records.scrub import Scrub

ROUNDS = 5  # looks for conversations: somebody may begin one while others are erased
TRIES = 20  # to replace a log that grows meanwhile
HEIR = "someone_"


@dataclass
class Erased:
    """How many conversations were deleted, and in how many somebody without a name is left."""

    deleted: int = 0
    anonymised: int = 0


@dataclass(frozen=True)
class Erasure:
    """Erases from Redis, then from SQL, conversation by conversation; a plan in SQL says what is not done yet.

    Killed at any step, the same again goes on where it was. Who is erased can ask again: they are signed out last.
    """

    log: Log
    erasing: Erasing
    sign_ins: SignIns

    async def erase(self, participant: str) -> Erased:
        """Raises `LogUnavailable`, and `LogError` if a conversation does not stand still; then it is to be repeated."""
        done = Erased()
        for _ in range(ROUNDS):
            plans = [plan for plan in await self.erasing.begun() if participant in plan.people]
            known = {plan.conversation for plan in plans}
            found = await self._conversations(participant) - known
            plans += [await self._plan(conversation, participant) for conversation in found]
            for plan in plans:
                await self._carry_out(plan)
                done.deleted += plan.successor is None
                done.anonymised += plan.successor is not None
            if not plans:
                break
        await self._rewriting.forget_pace(participant)
        await self.erasing.forget(participant)
        await self.sign_ins.end_all(participant)
        return done

    @property
    def _rewriting(self) -> Rewriting:
        return Rewriting(self.log.redis)

    async def _conversations(self, participant: str) -> set[str]:
        return await self.erasing.conversations_of(participant) | await self._rewriting.conversations_of(participant)

    async def _plan(self, conversation: str, participant: str) -> Plan:
        epoch, humans = await self.erasing.humans(conversation)
        ids = {participant}
        try:
            now = await self.log.describe(conversation)
        except UnknownConversation:
            pass
        else:
            epoch = now.epoch
            humans = {person.id for person in now.participants if person.role != "bot"}
            ids |= {guest for guest, who in now.identified.items() if who == participant}
        successor = secrets.token_hex(4) if humans - ids else None
        plan = Plan(conversation, epoch, successor, HEIR + secrets.token_urlsafe(12), sorted(ids))
        await self.erasing.begin(plan)
        return plan

    async def _carry_out(self, plan: Plan) -> None:
        archived = await self.erasing.entries(plan)
        if plan.successor is None:
            await self._rewriting.delete(plan.conversation, plan.epoch)
            await self.erasing.finish(plan, (), lambda entry: entry)
            return
        scrub = Scrub.of(frozenset(plan.people), plan.heir, archived)
        for each in plan.people:
            with contextlib.suppress(UnknownConversation):  # they have left, or it is not in Redis
                await Members(self.log.redis).leave(plan.conversation, each)
        for _ in range(TRIES):
            stored = await self._rewriting.stored(plan.conversation)
            known = {entry["offset"] for entry in archived}
            more = [json.loads(each.json) for each in stored if each.offset not in known]
            scrub = Scrub.of(frozenset(plan.people), plan.heir, [*archived, *more])
            if await self._replace(plan, plan.successor, scrub, stored) != "moved":
                break
        else:
            raise LogError(f"{plan.conversation} does not stand still")
        await self.erasing.finish(plan, scrub.turns, partial(scrub.entry, epoch=plan.successor))

    async def _replace(self, plan: Plan, epoch: str, scrub: Scrub, stored: list[Stored]) -> str:
        try:
            now = await self.log.describe(plan.conversation)
        except UnknownConversation:
            return "gone"
        waiting = await self._rewriting.waiting(plan.conversation)
        theirs = [offset for offset in waiting if f"t{offset}" in scrub.turns]
        entries = [_scrubbed(scrub, each, epoch) for each in stored]
        if waiting[:1] == theirs[:1] != []:
            entries.append(_end_of(f"t{theirs[0]}", epoch, now.offset + 1))
        return await self._rewriting.replace(
            plan.conversation,
            plan.epoch,
            Replacement(
                epoch=epoch,
                end=now.offset,
                anew=FEED,
                meta=_fields(now, scrub, stored),
                keys=[key for key in await self._rewriting.entry_keys(plan.conversation) if scrub.names(key)],
                answered=theirs,
                entries=entries,
            ),
        )


def _scrubbed(scrub: Scrub, stored: Stored, epoch: str) -> Stored:
    entry = scrub.entry(json.loads(stored.json), epoch)
    return Stored(stored.offset, dumps(entry), "" if scrub.names(stored.key) else stored.key)


def _end_of(turn: str, epoch: str, offset: int) -> Stored:
    """The turn that answered them comes to no other end."""
    entry = json.loads(encode(TurnFailed(turn, "error"), now_ms()))
    return Stored(offset, dumps({"epoch": epoch, "offset": offset, **entry}), "")


def _fields(now: Conversation, scrub: Scrub, stored: list[Stored]) -> list[str]:
    """What the conversation's hash has of them: that they take part, who they were, the title that they gave."""
    fields = [f"{what}:{each}" for each in scrub.ids for what in ("p", "was", "j", "m")]
    renamed = [entry for entry in (json.loads(each.json) for each in stored) if entry["type"] == "conversation.renamed"]
    if now.title is not None and (not renamed or renamed[-1]["participantId"] in scrub.ids):
        fields.append("title")
    return fields
