"""A person disappears: what was theirs alone is deleted, and where others take part somebody without a name is left."""

from __future__ import annotations

import asyncio
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
from switchboard.log.rewriting import Replacement, Rewriting, Status, Stored
from switchboard.records.scrub import Scrub

ROUNDS = 5  # looks for conversations: one may begin while others are erased
TRIES = 20  # to replace a log that grows meanwhile
HEIR = "someone_"


@dataclass
class Erased:
    """How many conversations were deleted, and in how many somebody without a name is left."""

    deleted: int = 0
    anonymised: int = 0


@dataclass(frozen=True)
class Erasure:
    """Takes somebody out of Redis, then out of SQL, conversation by conversation.

    A plan in SQL says what is not done yet: killed at any step, the same again goes on where it was, and several
    processes may do it at once.
    """

    log: Log
    erasing: Erasing

    async def erase(self, participant: str) -> Erased:
        """From every conversation. They must be signed out before, or new ones may begin.

        Raises `LogUnavailable`, and `LogError` if there is no end to it; then it is to be repeated.
        """
        done = Erased()
        for _ in range(ROUNDS):
            plans: list[Plan | None] = [*await self.erasing.open_plans()]
            known = {plan.conversation for plan in plans if plan}
            found = await self._conversations(participant) - known
            plans += [await self._plan(conversation, participant) for conversation in found]
            if not plans:
                break
            for plan in filter(None, plans):
                if await self._carry_out(plan) and participant in plan.people:
                    done.deleted += plan.successor is None
                    done.anonymised += plan.successor is not None
        else:
            raise LogError("there is always one more conversation")
        await self._rewriting.forget_pace(participant)
        return done

    @property
    def _rewriting(self) -> Rewriting:
        return Rewriting(self.log.redis)

    async def _conversations(self, participant: str) -> set[str]:
        return await self.erasing.conversations_of(participant) | await self._rewriting.conversations_of(participant)

    async def _plan(self, conversation: str, participant: str) -> Plan | None:
        """`None` if somebody else was faster, and there is another log now."""
        epoch, humans = await self.erasing.humans(conversation)
        ids = {participant} | await self.erasing.guests(conversation, participant)
        with contextlib.suppress(UnknownConversation):
            now = await self.log.describe(conversation)
            epoch = now.epoch
            ids |= {guest for guest, who in now.identified.items() if who == participant}
        humans |= await self._rewriting.humans(conversation)
        successor = secrets.token_hex(4) if humans - ids else None
        plan = Plan(conversation, epoch, successor, HEIR + secrets.token_urlsafe(12), sorted(ids))
        return await self.erasing.begin(plan) or await self._plan_again(plan)

    async def _plan_again(self, plan: Plan) -> Plan | None:
        """For a log that was dealt with, and is there again: Redis was put back to what it was before."""
        with contextlib.suppress(UnknownConversation):
            if (await self.log.describe(plan.conversation)).epoch == plan.epoch:
                return await self.erasing.begin(plan, again=True)
        return None

    async def _carry_out(self, plan: Plan) -> bool:
        """False if another plan has to be made."""
        if plan.successor is None:
            if await self._rewriting.delete(plan.conversation, plan.epoch, plan.people) == "shared":
                await self.erasing.drop(plan)  # somebody has joined since
                return False
            await self.erasing.delete(plan)
            return True
        scrub = Scrub(frozenset(plan.people), plan.heir, set(plan.turns))
        async for entries in self.erasing.entries(plan):
            scrub.see(entries)
        for each in plan.people:
            with contextlib.suppress(UnknownConversation):  # they have left, or it is not in Redis
                await Members(self.log.redis).leave(plan.conversation, each)
        await self._replace(plan, plan.successor, scrub)
        await self.erasing.succeed(plan, sorted(scrub.turns), partial(scrub.entry, epoch=plan.successor))
        return True

    async def _replace(self, plan: Plan, epoch: str, scrub: Scrub) -> None:
        """In Redis, unless that was done before; the scrub has seen the whole log then."""
        entries: list[Stored] = []
        for _ in range(TRIES):
            try:
                now = await self.log.describe(plan.conversation)
            except UnknownConversation:
                return
            new = await self._rewriting.stored(plan.conversation, entries[-1].offset if entries else 0)
            if now.epoch != plan.epoch:
                scrub.see(json.loads(each.json) for each in new)
                return
            entries += await asyncio.to_thread(_scrubbed, scrub, new, epoch)
            if await self._put(plan, now, Replacing(epoch, scrub, entries)) == "ok":
                return
        raise LogError(f"{plan.conversation} does not stand still")

    async def _put(self, plan: Plan, now: Conversation, new: Replacing) -> Status:
        """`now` was looked at before the entries were read: what was appended in between makes it `moved`."""
        waiting = await self._rewriting.waiting(plan.conversation)
        theirs = [offset for offset in waiting if f"t{offset}" in new.scrub.turns]
        cut_off = [_end_of(f"t{theirs[0]}", new.epoch, now.offset + 1)] if waiting[:1] == theirs[:1] != [] else []
        keys = [key for key in await self._rewriting.entry_keys(plan.conversation) if new.scrub.names(key)]
        replacement = Replacement(
            new.epoch, now.offset, FEED, _fields(new.scrub), keys, theirs, [*new.entries, *cut_off]
        )
        return await self._rewriting.replace(plan.conversation, plan.epoch, replacement)


@dataclass(frozen=True)
class Replacing:
    """A log's entries as they are to be."""

    epoch: str
    scrub: Scrub
    entries: list[Stored]


def _scrubbed(scrub: Scrub, stored: list[Stored], epoch: str) -> list[Stored]:
    known = [json.loads(each.json) for each in stored]
    scrub.see(known)
    return [
        Stored(each.offset, dumps(scrub.entry(entry, epoch)), "" if scrub.names(each.key) else each.key)
        for each, entry in zip(stored, known, strict=True)
    ]


def _end_of(turn: str, epoch: str, offset: int) -> Stored:
    """The turn that answered them comes to no other end."""
    entry = json.loads(encode(TurnFailed(turn, "error"), now_ms()))
    return Stored(offset, dumps({"epoch": epoch, "offset": offset, **entry}), "")


def _fields(scrub: Scrub) -> list[str]:
    """What the conversation's hash has of them: that they take part, who they were, the title that they gave."""
    fields = [f"{what}:{each}" for each in scrub.ids for what in ("p", "was", "j", "l", "m")]
    return [*fields, "title"] if scrub.is_title_theirs else fields
