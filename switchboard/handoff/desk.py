"""The desk: every conversation that people have, or are to have, and what may be done about one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from redis.asyncio import Redis

from switchboard.handoff import case as steps
from switchboard.handoff.case import Case, Step, Wish
from switchboard.log.clock import now_ms
from switchboard.log.connection import answering
from switchboard.log.errors import Busy, Closed, Muted, NotAllowed, Owned
from switchboard.log.events import Outcome, Participant, Requeue
from switchboard.log.keys import PARTITIONS, desk, keys_of
from switchboard.log.log import Conversation, Log
from switchboard.log.ownership import BOT, OPERATOR, Ownership

logger = logging.getLogger(__name__)

MOST_CASES = 5_000  # in the installation: the desk is looked over whole
WAITS = "sb:{operators}:waits:"  # and the team: a list, ms, see keys.py
MOST_WAITS = 100
WAITS_SECONDS = 3600  # a team that nobody came to for so long has another pace by now
TRIES = 5  # of what nobody decides by the ownership that they have seen: it may change as often in between


class Desk:
    """Changes who has a conversation. Whoever comes second raises `Owned`, which names who has it.

    Every method raises `LogUnavailable`, and `UnknownConversation`.
    """

    def __init__(self, log: Log, clock: Callable[[], int] = now_ms) -> None:
        self._log = log
        self._redis: Redis[str] = log.redis
        self._ownership = Ownership(log.redis, clock)
        self._clock = clock

    async def cases(self) -> list[Case]:
        """All: who is next first, then those that somebody has."""
        async with answering(), self._redis.pipeline(transaction=False) as pipe:
            for number in range(PARTITIONS):
                pipe.hvals(desk(number))
            partitions = await pipe.execute()
        cases = (_decoded(text) for texts in partitions for text in texts)
        return sorted(filter(None, cases), key=_place)

    async def case(self, conversation: str) -> Case | None:
        """The one under way in a conversation."""
        async with answering():
            text = await self._redis.hget(keys_of(conversation).desk, conversation)
        return Case.decode(text) if text else None

    async def request(self, conversation: str, wish: Wish, by: str | None = None) -> tuple[Case, bool]:
        """A person is to go on; the case, and whether it begins with this: one that is under way goes on.

        Raises `Closed`, `Muted`, and `Busy` if so many wait already that nobody could look over them.
        """
        for _ in range(TRIES):
            now = await self._log.describe(conversation)
            if not now.owner.startswith(BOT):
                if known := await self.case(conversation):
                    return known, False
                continue
            _check(now, by)
            await self._check_room()
            step = steps.request(conversation, now.term, now.owner, self._clock(), wish, by)
            try:
                return await self._take(step, now.term), True
            except Owned:
                continue
        raise Owned(conversation, now.owner)

    async def claim(self, conversation: str, operator: Participant, term: int | None = None) -> Case:
        """The operator has it from here on: one that waits, or, unasked, one that the bot has; or had it before.

        `term`: of the ownership that was seen, if it is to be no other. Raises `Owned`, `Closed`.
        """
        now, known = await self._now(conversation, term)
        _check(now, None)
        if known and known.operator == operator.id:
            return known
        if known is None:
            step = steps.step_in(conversation, now.term, now.owner, self._clock(), operator)
        elif known.operator is None:
            step = steps.assign(known, operator, self._clock())
        else:
            raise Owned(conversation, now.owner)
        return await self._take(step, now.term, known)

    async def give(self, conversation: str, operator: Participant, by: str, *, overseer: bool = False) -> Case:
        """Another operator goes on. Raises `NotAllowed` for whoever has no say in it, `Owned`."""
        known = await self._held(conversation, by, overseer=overseer)
        if known.operator == operator.id:
            return known
        step = steps.transfer if known.operator else steps.assign
        return await self._take(step(known, operator, self._clock()), known.term, known)

    async def requeue(
        self, conversation: str, reason: Requeue, by: str, *, team: str | None = None, overseer: bool = False
    ) -> Case:
        """It waits again, where it waited before. Raises `NotAllowed`, `Owned`."""
        known = await self._held(conversation, by, overseer=overseer)
        if known.operator is None:
            return known
        return await self._take(steps.requeue(known, reason, self._clock(), team), known.term)

    async def end(
        self,
        conversation: str,
        outcome: Outcome,
        by: str,
        *,
        disposition: str | None = None,
        overseer: bool = False,
    ) -> int:
        """The bot goes on; the new term. Raises `NotAllowed`, `Owned`."""
        known = await self._held(conversation, by, overseer=overseer)
        return await self._ownership.change(conversation, known.term, steps.end(known, outcome, by, disposition).change)

    async def cancel(self, conversation: str, by: str) -> int:
        """Somebody wants no person any more. Raises `Owned` once a person has it, or none is to, `Muted`."""
        now, known = await self._now(conversation, None)
        if by in now.muted:
            raise Muted(conversation)
        if known is None or known.operator is not None:
            raise Owned(conversation, now.owner)
        return await self._ownership.change(conversation, known.term, steps.end(known, "cancelled", by).change)

    async def lapse(self, case: Case, step: Step) -> bool:
        """What time brings about; false if the case has gone on meanwhile, by itself."""
        try:
            await self._ownership.change(case.conversation, case.term, step.change)
        except Owned:
            return False
        await self._note_wait(case, step.case)
        return True

    async def forget(self, case: Case) -> None:
        """One whose conversation is gone: Redis was emptied, or has lost it."""
        async with answering():
            await self._redis.hdel(keys_of(case.conversation).desk, case.conversation)

    async def waits(self, teams: Collection[str]) -> dict[str, list[float]]:
        """For how many seconds the last ones of each team have waited for their first person."""
        async with answering(), self._redis.pipeline(transaction=False) as pipe:
            for team in teams:
                pipe.lrange(WAITS + team, 0, -1)
            found = await pipe.execute()
        return {team: [int(text) / 1000 for text in texts] for team, texts in zip(teams, found, strict=True)}

    async def _check_room(self) -> None:
        async with answering(), self._redis.pipeline(transaction=False) as pipe:
            for number in range(PARTITIONS):
                pipe.hlen(desk(number))
            if sum(await pipe.execute()) >= MOST_CASES:
                raise Busy("the desk")

    async def _now(self, conversation: str, term: int | None) -> tuple[Conversation, Case | None]:
        """How things are, seen at once. Raises `Owned` if the term is another, or changes as we look."""
        now = await self._log.describe(conversation)
        known = await self.case(conversation)
        is_whole = known.term == now.term if known else now.owner.startswith(BOT)
        if not is_whole or term not in (None, now.term):
            raise Owned(conversation, now.owner)
        return now, known

    async def _held(self, conversation: str, by: str, *, overseer: bool) -> Case:
        now, known = await self._now(conversation, None)
        if known is None:
            raise Owned(conversation, now.owner)
        if not overseer and now.owner != f"{OPERATOR}{by}":
            raise Owned(conversation, now.owner) if known.operator else NotAllowed(conversation)
        return known

    async def _take(self, step: Step, term: int, before: Case | None = None) -> Case:
        assert step.case
        await self._ownership.change(step.case.conversation, term, step.change)
        await self._note_wait(before, step.case)
        return step.case

    async def _note_wait(self, before: Case | None, after: Case | None) -> None:
        """If a first person has come. What a crash keeps from being noted is one of many."""
        if before and before.operator is None and before.requeued_at is None and after and after.assigned_at:
            async with answering(), self._redis.pipeline(transaction=False) as pipe:
                pipe.lpush(WAITS + before.team, max(0, after.assigned_at - before.since))
                pipe.ltrim(WAITS + before.team, 0, MOST_WAITS - 1)
                pipe.expire(WAITS + before.team, WAITS_SECONDS)
                await pipe.execute()


def _decoded(text: str) -> Case | None:
    """What cannot be read holds up nothing else."""
    try:
        return Case.decode(text)
    except (TypeError, ValueError) as error:
        logger.error("The desk has something that is no case: %s", error)
        return None


def _check(now: Conversation, by: str | None) -> None:
    if now.closed:
        raise Closed(now.id)
    if by in now.muted:
        raise Muted(now.id)


def _place(case: Case) -> tuple[bool, int, int, str]:
    return case.operator is not None, -case.priority, case.since, case.conversation
