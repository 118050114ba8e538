"""The desk as operators see it: one view for all of a process's screens, made anew when something changes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from switchboard.handoff.case import Case
from switchboard.handoff.desk import Desk
from switchboard.handoff.operators import Operator, Operators
from switchboard.handoff.rules import queued
from switchboard.log.clock import now_ms
from switchboard.log.codec import dumps
from switchboard.log.errors import LogUnavailable, UnknownConversation
from switchboard.log.follower import Follower
from switchboard.log.keys import DESK
from switchboard.log.log import Conversation, Log
from switchboard.log.subscription import SlowReader

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.1  # changes come in swarms, and operators read no faster
LOOK_SECONDS = 5.0  # at what no change announces: operators who are gone
SIDE_BY_SIDE = 50  # conversations read at once

Wire = dict[str, Any]


class Screen:
    """One operator's look at the board."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._changed = asyncio.Event()
        self._changed.set()

    def tell(self) -> None:
        """There is something new to see."""
        self._changed.set()

    async def news(self, seconds: float) -> str | None:
        """The view as JSON: at once at first, then when it is another; `None` if it is the same for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return None
        self._changed.clear()
        return await self._board.shown()


class Board:
    """Shows the desk. `run()` is a task that lives as long as its screens do."""

    def __init__(self, log: Log, follower: Follower, clock: Callable[[], int] = now_ms) -> None:
        self._log = log
        self._follower = follower
        self._clock = clock
        self._desk = Desk(log, clock)
        self._operators = Operators(log.redis, clock)
        self._shown = ""
        self._screens: set[Screen] = set()

    @contextlib.contextmanager
    def screen(self) -> Iterator[Screen]:
        """As long as somebody looks."""
        screen = Screen(self)
        self._screens.add(screen)
        try:
            yield screen
        finally:
            self._screens.discard(screen)
            if not self._screens:
                self._shown = ""

    async def shown(self) -> str:
        """The view as it was made last. Raises `LogUnavailable` where that was never."""
        return self._shown or await self._show()

    async def run(self) -> None:
        """Keep the view until cancelled; while nobody looks nothing is read."""
        while True:
            with contextlib.suppress(SlowReader):
                async with self._follower.subscribe(DESK) as changes:
                    while True:
                        with contextlib.suppress(TimeoutError):
                            async with asyncio.timeout(LOOK_SECONDS):
                                await changes.take()
                        await self._refresh()
                        await asyncio.sleep(GATHER_SECONDS)

    async def _refresh(self) -> None:
        if not self._screens:
            return
        before = self._shown
        try:
            if await self._show() != before:
                for screen in self._screens:
                    screen.tell()
        except LogUnavailable as error:
            logger.warning("The desk is shown as it was: %s", error)

    async def _show(self) -> str:
        self._shown = dumps(await self.view())
        return self._shown

    async def view(self) -> Wire:
        """The body of `GET /desk`. Raises `LogUnavailable`."""
        cases, operators = await self._desk.cases(), await self._operators.all()
        conversations: dict[str, Conversation] = {}
        for at in range(0, len(cases), SIDE_BY_SIDE):
            some = [case.conversation for case in cases[at : at + SIDE_BY_SIDE]]
            found = await asyncio.gather(*map(self._described, some))
            conversations |= {each.id: each for each in found if each}
        places = {name: place.position for name, place in queued(cases, {}).items()}
        now = self._clock()
        return {
            "operators": [_operator(each, cases, now) for each in operators],
            "conversations": [
                _conversation(case, places, conversations[case.conversation])
                for case in cases
                if case.conversation in conversations
            ],
        }

    async def _described(self, conversation: str) -> Conversation | None:
        try:
            return await self._log.describe(conversation)
        except UnknownConversation:
            return None


def _operator(operator: Operator, cases: Sequence[Case], now: int) -> Wire:
    return {
        "participantId": operator.id,
        "name": operator.name,
        "status": operator.status_at(now),
        "teams": list(operator.teams),
        "capacity": operator.capacity,
        "holds": sum(case.operator == operator.id for case in cases),
    }


def _conversation(case: Case, places: Mapping[str, int], conversation: Conversation) -> Wire:
    wire = {
        "conversationId": case.conversation,
        **case.public(),
        "priority": case.priority,
        "term": case.term,
        "owner": case.owner,
        "context": case.context,
        "customers": [{"id": who.id, "name": who.name} for who in conversation.participants if who.role == "customer"],
    }
    if case.conversation in places:
        wire["position"] = places[case.conversation]
    return wire
