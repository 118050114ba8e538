"""Who takes part, as our client has it from the entries, and as a snapshot of the same moment has it."""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio

from switchboard.log import snapshot
from switchboard.log.errors import LogError
from switchboard.log.events import Participant
from switchboard.log.log import Log
from switchboard.log.members import Members
from switchboard.turns.turn import BOT
from tests.support.clients import client as script
from tests.support.people import ADA

CONVERSATIONS, STEPS = 100, 25
PEOPLE = [ADA, *(Participant(f"guest_{name}", "customer", name) for name in ("bob", "carla"))]
USERS = [Participant(f"user_{number}", "customer", f"User {number}") for number in range(2)]
OPERATORS = [Participant(f"op_{number}", "operator", f"Op {number}") for number in range(2)]
EVERYBODY = [*PEOPLE, *USERS, *OPERATORS]


def a_step(dice: random.Random, members: Members, conversation: str) -> Callable[[], Awaitable[Any]]:
    """Something that somebody tries; most of it is refused."""
    one, other = dice.choice(EVERYBODY), dice.choice(EVERYBODY)
    return dice.choice(
        [
            lambda: members.join(conversation, one),
            lambda: members.leave(conversation, one.id),
            lambda: members.remove(conversation, one.id, other.id),
            lambda: members.mute(conversation, one.id, other.id, dice.random() < 0.7),
            lambda: members.identify(conversation, dice.choice(PEOPLE).id, dice.choice(USERS)),
        ]
    )


async def test_a_client_knows_who_takes_part_who_is_muted_and_who_is_the_host(
    log: Log, client: redis.asyncio.Redis[str]
) -> None:
    dice = random.Random(7)
    members = Members(client)
    muted = hosts = 0
    async with script("fold.mjs") as node:
        for number in range(CONVERSATIONS):
            conversation = f"c_{number}"
            await log.start(conversation, BOT.id, [ADA, OPERATORS[0], BOT])
            cut = await _state(log, conversation)
            at = dice.randrange(STEPS)
            for step in range(STEPS):
                if step == at:
                    cut = await _state(log, conversation)
                try:
                    await a_step(dice, members, conversation)()
                except LogError:
                    continue
            entries = [json.loads(line.json) for line in await log.read(conversation, cut["offset"])]
            await node.tell([cut, *entries])
            state, now = await node.says(), await _state(log, conversation)
            for fold in (state, now):
                fold["participants"].sort(key=lambda person: person["id"])
            assert {name: state[name] for name in SAME} == {name: now[name] for name in SAME}
            muted += bool(now["muted"])
            hosts += now["host"] not in (ADA.id, None)
    assert muted > 5
    assert hosts > 5


SAME = ("participants", "muted", "host", "read")


async def _state(log: Log, conversation: str) -> dict[str, Any]:
    _, wire = await snapshot.take(log, await log.describe(conversation))
    state: dict[str, Any] = json.loads(json.dumps(wire))
    return state
