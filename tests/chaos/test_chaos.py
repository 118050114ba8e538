"""Everything is killed while customers talk: each message is answered once or reported failed, and in order."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable

import httpx
import pytest
from sqlalchemy import create_engine, text

from switchboard.launch.cluster import REDIS, Cluster
from switchboard.log.connection import connect
from switchboard.log.dialogue import Dialogues
from switchboard.log.log import Log
from tests.chaos import account, kills
from tests.chaos.customers import Customer, Progress, lines
from tests.support.archived import archived
from tests.support.archived import expected as expected_entries
from tests.support.waiting import until

FAILURES = 0.05  # of all messages, at most: the action server was away for too long
COMPARED = 0.8  # at least: after its first failure a conversation goes another way than a calm one


async def talk(cluster: Cluster, seed: int, conversations: int, messages: int, progress: Progress) -> list[Customer]:
    """Let customers say what the seed says, all at once."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=cluster.proxy_url, limits=limits, timeout=10) as http:
        customers = [Customer(http, progress, f"Customer {number}") for number in range(conversations)]
        async with asyncio.TaskGroup() as group:
            for number, customer in enumerate(customers):
                dice = random.Random(f"{seed} {number}")
                says = [line for line, _ in zip(lines(dice), range(messages), strict=False)]
                group.create_task(customer.talk(says, dice))
    return customers


async def settle(cluster: Cluster, calm: list[Customer], wild: list[Customer]) -> tuple[int, int]:
    """Check all accounts; how many messages were reported failed, and how many could be compared."""
    redis = connect(cluster.settings.redis)
    log, dialogues = Log(redis), Dialogues(redis)
    ledger = effects(cluster)
    failed = compared = 0
    for quiet, customer in zip(calm, wild, strict=True):
        expected = await account.story(quiet, log, dialogues)
        assert not expected.failed
        story = await account.story(customer, log, dialogues)
        failed += len(story.failed)
        compared += len(story.answers)
        account.check_ledger(customer, story, ledger)
        account.check_same(expected, story)
    await check_archive(cluster, log, [customer.conversation for customer in (*calm, *wild)])
    await redis.close()
    return failed, compared


async def check_archive(cluster: Cluster, log: Log, conversations: list[str]) -> None:
    """It has every log, once it has caught up."""
    engine = create_engine(cluster.settings.database, future=True)
    for conversation in conversations:
        goal = await expected_entries(log, conversation)

        async def is_whole(name: str = conversation, goal: dict[int, str] = goal) -> bool:
            return await asyncio.to_thread(archived, engine, name) == goal

        await until(is_whole)
    engine.dispose()


def effects(cluster: Cluster) -> Counter[str]:
    """How often each effect happened."""
    engine = create_engine(cluster.settings.database, future=True)
    with engine.connect() as connection:
        rows = connection.execute(text("select what, count(*) from ledger group by what")).all()
    engine.dispose()
    return Counter(dict(rows))


async def chaos(
    cluster: Cluster, seed: int, conversations: int, messages: int, plan: list[kills.Kill], *, spare_a_worker: bool
) -> None:
    calm = await talk(cluster, seed, conversations, messages, Progress())
    progress = Progress()
    killing: Awaitable[None] = kills.carry_out(plan, cluster, progress, spare_a_worker=spare_a_worker)
    wild, _ = await asyncio.gather(talk(cluster, seed, conversations, messages, progress), killing)
    await cluster.members[REDIS].alive()  # its death may have been the last
    failed, compared = await settle(cluster, calm, wild)
    deaths = {name: member.deaths for name, member in cluster.members.items()}
    said = conversations * messages
    print(f"of {said} messages {failed} were reported failed, {compared} compared; started again: {deaths}")
    assert sum(deaths.values()) == len(plan)
    assert failed <= FAILURES * said
    assert compared >= COMPARED * said


def seed_of(default: int) -> int:
    """`CHAOS_SEED`, printed so that a failure can be had again."""
    seed = int(os.environ.get("CHAOS_SEED", default))
    print(f"CHAOS_SEED={seed}")
    return seed


@pytest.mark.timeout(600)
async def test_no_message_is_lost_or_answered_twice_while_everything_is_killed(cluster: Cluster) -> None:
    seed = seed_of(1)
    plan = kills.plan(random.Random(seed), 400, kills=10, workers=3)
    await chaos(cluster, seed, 40, 10, plan, spare_a_worker=True)


@pytest.mark.long
@pytest.mark.timeout(3_600)
async def test_the_same_for_two_hundred_customers_and_thirty_kills(cluster: Cluster) -> None:
    seed = seed_of(1)
    dice = random.Random(seed)
    plan = kills.plan(dice, 4_000, kills=30, workers=dice.randrange(6, 14))
    await chaos(cluster, seed, 200, 20, plan, spare_a_worker=False)
