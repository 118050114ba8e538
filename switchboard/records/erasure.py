"""A person disappears: what was theirs alone is deleted, and where others take part somebody without a name is left."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from dataclasses import dataclass
from functools import cached_property, partial

from switchboard.archive.archiver import FEED
from switchboard.archive.erasing import Erasing, Plan
from switchboard.handoff.desk import Desk
from switchboard.handoff.operators import Operators
from switchboard.log.clock import now_ms
from switchboard.log.codec import dumps, encode
from switchboard.log.errors import LogError, NotAllowed, Owned, UnknownConversation
from switchboard.log.events import TurnFailed
from switchboard.log.keys import backstage
from switchboard.log.log import Conversation, Log
from switchboard.log.members import Members
from switchboard.log.rewriting import LogDraft, Replacement, Rewriting, Status, Stored
from switchboard.records.scrub import Scrub

ROUNDS = 5  # looks for conversations: one may begin while others are erased
TRIES = 20  # to replace a log that grows meanwhile
HEIR = "someone_"


@dataclass(frozen=True)
class Erasure:
    """Takes somebody out of Redis, then out of SQL, conversation by conversation.

    A plan in SQL says what is not done yet: killed at any step, the same again goes on where it was, and several
    processes may do it at once.
    """

    log: Log
    erasing: Erasing

    async def erase(self, participant: str) -> None:
        """From every conversation. They must be signed out before, or new ones may begin.

        Raises `LogUnavailable`, and `LogError` if there is no end to it; then it is to be repeated.
        """
        for _ in range(ROUNDS):
            plans = await self._plans(participant)
            if not plans:
                break
            for plan in filter(None, plans):
                await self._carry_out(plan)
        else:
            raise LogError("there is always one more conversation")
        await self._rewriting.forget_pace(participant)
        await Operators(self.log.redis).forget(participant)

    @cached_property
    def _rewriting(self) -> Rewriting:
        return Rewriting(self.log.redis)

    async def _plans(self, participant: str) -> list[Plan | None]:
        """All before the first is carried out, or it would no longer be known who their guests were."""
        ids, found = {participant}, await self._conversations(participant)
        for conversation in found:
            ids |= await self._guests(conversation, participant)
        for guest in ids - {participant}:
            found |= await self._conversations(guest)  # what a guest did not take along
        found |= await self._backstage(found)
        plans = await self.erasing.open_plans()
        mine = [plan for plan in plans if plan.conversation in found or ids & set(plan.people)]
        return [*mine, *[await self._plan(each, ids) for each in found - {plan.conversation for plan in plans}]]

    async def _backstage(self, conversations: set[str]) -> set[str]:
        """What operators have said of them among themselves, as far as there is anything: it goes whole."""
        return {name for name in map(backstage, conversations) if await self._exists(name)}

    async def _exists(self, conversation: str) -> bool:
        with contextlib.suppress(UnknownConversation):
            return bool(await self.log.describe(conversation))
        return bool((await self.erasing.humans(conversation))[0])

    async def _conversations(self, participant: str) -> set[str]:
        return await self.erasing.conversations_of(participant) | await self._rewriting.conversations_of(participant)

    async def _guests(self, conversation: str, participant: str) -> set[str]:
        """Who they were before they signed in."""
        guests = await self.erasing.guests(conversation, participant)
        with contextlib.suppress(UnknownConversation):
            now = await self.log.describe(conversation)
            guests |= {guest for guest, who in now.identified.items() if who == participant}
        return guests

    async def _plan(self, conversation: str, ids: set[str]) -> Plan | None:
        """`None` if somebody else was faster, and there is another log now."""
        epoch, humans = await self.erasing.humans(conversation)
        with contextlib.suppress(UnknownConversation):
            epoch = (await self.log.describe(conversation)).epoch
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

    async def _carry_out(self, plan: Plan) -> None:
        if plan.successor is None:
            if await self._rewriting.delete(plan.conversation, plan.epoch, plan.people) == "shared":
                await self.erasing.drop(plan)  # somebody has joined since: the next look makes another one
            else:
                await self.erasing.delete(plan)
            return
        scrub = Scrub(frozenset(plan.people), plan.heir, set(plan.turns))  # there are some if it is done once more
        async for entries in self.erasing.entries(plan):
            scrub.see(entries)
        for each in plan.people:
            with contextlib.suppress(UnknownConversation, Owned, NotAllowed):  # they do not have it
                await Desk(self.log).requeue(plan.conversation, "operator_gone", each)
            with contextlib.suppress(UnknownConversation):  # they have left, or it is not in Redis
                await Members(self.log.redis).leave(plan.conversation, each)
        await self._replace(plan, plan.successor, scrub)
        await self.erasing.succeed(plan, sorted(scrub.turns), partial(scrub.entry, epoch=plan.successor))

    async def _replace(self, plan: Plan, epoch: str, scrub: Scrub) -> None:
        """In Redis, unless that was done before; the scrub has seen the whole log then."""
        async with self._rewriting.draft(plan.conversation, epoch) as draft:
            await self._put_in_place(plan, scrub, draft)

    async def _put_in_place(self, plan: Plan, scrub: Scrub, draft: LogDraft) -> None:
        for _ in range(TRIES):
            try:
                now = await self.log.describe(plan.conversation)
            except UnknownConversation:
                return
            new = await self._rewriting.stored(plan.conversation, draft.end)
            if now.epoch != plan.epoch:
                scrub.see(json.loads(each.json) for each in new)
                return
            await draft.add(await asyncio.to_thread(_scrubbed, scrub, new, draft.epoch))
            if await self._put(plan, now, scrub, draft) == "ok":
                return
        raise LogError("a conversation does not stand still")

    async def _put(self, plan: Plan, now: Conversation, scrub: Scrub, draft: LogDraft) -> Status:
        """`now` was looked at before the entries were read: what was appended in between makes it `moved`."""
        waiting = await self._rewriting.waiting(plan.conversation)
        theirs = [offset for offset in waiting if f"t{offset}" in scrub.turns]
        last = _end_of(f"t{theirs[0]}", draft.epoch, now.offset + 1) if waiting[:1] == theirs[:1] != [] else None
        keys = [key for key in await self._rewriting.entry_keys(plan.conversation) if scrub.names(key)]
        replacement = Replacement(draft, now.offset, FEED, _fields(scrub), keys, theirs, last)
        return await self._rewriting.replace(plan.conversation, plan.epoch, replacement)


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
    fields = [f"{what}:{each}" for each in scrub.ids for what in ("p", "was", "j", "l", "m", "c")]
    return [*fields, "title"] if scrub.is_title_theirs else fields
