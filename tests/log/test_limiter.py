"""Limits that all servers share: exact, all or nothing, and forgotten when they are paid off."""

from __future__ import annotations

import asyncio

import pytest
import redis.asyncio

from switchboard.log.errors import ConflictingEntry, TooFast, UnknownConversation
from switchboard.log.events import MessageSent, Participant
from switchboard.log.keys import keys_of, limit
from switchboard.log.limiter import Limit, Limiter
from switchboard.log.log import Draft, Log
from switchboard.log.rate import Rate
from switchboard.turns.turn import BOT

THREE = Limit("three", "things", Rate(3, 86_400))
FIVE = Limit("five", "other things", Rate(5, 86_400))
ADA = Participant("guest_ada", "customer", "Ada")
STEP = THREE.rate.step


@pytest.fixture
def limiter(client: redis.asyncio.Redis[str]) -> Limiter:
    return Limiter(client)


async def later(client: redis.asyncio.Redis[str], key: str, microseconds: int) -> None:
    """What was used up is as it will be then."""
    value = await client.get(key)
    assert value is not None
    await client.set(key, int(value) - microseconds)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("30/minute", Rate(30, 60)),
        ("1/second", Rate(1, 1)),
        ("999999/day", Rate(999_999, 86_400)),
        ("7/hour", Rate(7, 3_600)),
        ("off", None),
    ],
)
def test_a_rate_is_read(text: str, rate: Rate | None) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    "text",
    ["", "0/minute", "-1/minute", "30", "30/week", "30 / minute", "1000000/second", "٣/minute", "1.5/hour", "Off"],
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="30/minute"):
        Rate.parse(text)


@pytest.mark.parametrize("amount", [1, 3, 7, 999_983])
def test_the_whole_amount_fits_into_its_time(amount: int) -> None:
    rate = Rate(amount, 1)
    assert 0 < rate.step * amount <= rate.period


async def test_the_amount_passes_at_once_and_then_one_whenever_its_time_has_passed(
    limiter: Limiter, client: redis.asyncio.Redis[str]
) -> None:
    for _ in range(3):
        await limiter.take([(THREE, "ada")])
    with pytest.raises(TooFast) as refused:
        await limiter.take([(THREE, "ada")])
    assert refused.value.of == "things"
    assert THREE.rate.seconds / 3 - 10 < refused.value.seconds <= THREE.rate.seconds / 3
    await limiter.take([(THREE, "bob")])
    await later(client, limit("three", "ada"), STEP)
    await limiter.take([(THREE, "ada")])
    with pytest.raises(TooFast):
        await limiter.take([(THREE, "ada")])


async def test_whoever_was_silent_for_long_has_the_amount_and_no_more(
    limiter: Limiter, client: redis.asyncio.Redis[str]
) -> None:
    await limiter.take([(THREE, "ada")])
    await later(client, limit("three", "ada"), 10 * THREE.rate.period)
    for _ in range(3):
        await limiter.take([(THREE, "ada")])
    with pytest.raises(TooFast):
        await limiter.take([(THREE, "ada")])


async def test_what_one_limit_refuses_counts_under_none(limiter: Limiter) -> None:
    for _ in range(3):
        await limiter.take([(FIVE, "ada"), (THREE, "here")])
    for _ in range(4):
        with pytest.raises(TooFast, match="too many things"):
            await limiter.take([(FIVE, "ada"), (THREE, "here")])
    for _ in range(2):
        await limiter.take([(FIVE, "ada")])
    with pytest.raises(TooFast, match="too many things"):  # both are reached: the one that takes longer
        await limiter.take([(FIVE, "ada"), (THREE, "here")])


async def test_many_servers_at_once_let_the_amount_through(client: redis.asyncio.Redis[str]) -> None:
    servers = [Limiter(client) for _ in range(4)]
    taken = await asyncio.gather(
        *(server.take([(FIVE, "ada")]) for server in servers for _ in range(10)), return_exceptions=True
    )
    assert taken.count(None) == 5
    assert sum(isinstance(each, TooFast) for each in taken) == 35


async def test_redis_forgets_what_is_paid_off(limiter: Limiter, client: redis.asyncio.Redis[str]) -> None:
    await limiter.take([(THREE, "ada")])
    assert STEP / 1_000 - 10_000 < await client.pttl(limit("three", "ada")) <= STEP / 1_000


async def test_without_limits_redis_is_asked_nothing(limiter: Limiter, client: redis.asyncio.Redis[str]) -> None:
    before = (await client.info("stats"))["total_commands_processed"]
    await limiter.take([])
    assert (await client.info("stats"))["total_commands_processed"] == before + 1  # the question itself


def said(key: str, text: str = "hello") -> Draft:
    return Draft(MessageSent(f"m_{key}", ADA, text), key, text)


async def test_a_conversation_takes_only_so_much_of_people_but_any_duplicate_and_all_of_the_bot(log: Log) -> None:
    await log.start("c_1", BOT.id, [ADA, BOT])
    for key in "abc":
        await log.publish("c_1", said(key), asks=True, author=ADA.id, rate=THREE.rate)
    end = (await log.describe("c_1")).offset
    with pytest.raises(TooFast, match="in this conversation"):
        await log.publish("c_1", said("d"), asks=True, author=ADA.id, rate=THREE.rate)
    (again,) = await log.publish("c_1", said("a"), asks=True, author=ADA.id, rate=THREE.rate)
    assert again.duplicate
    with pytest.raises(ConflictingEntry):
        await log.publish("c_1", said("a", "other"), asks=True, author=ADA.id, rate=THREE.rate)
    assert (await log.describe("c_1")).offset == end
    await log.publish("c_1", Draft(MessageSent("m", BOT, "Hello.")))


async def test_strangers_and_duplicates_use_up_nothing_of_a_conversation(
    log: Log, client: redis.asyncio.Redis[str]
) -> None:
    await log.start("c_1", BOT.id, [ADA, BOT])
    for _ in range(5):
        with pytest.raises(UnknownConversation):
            await log.publish("c_1", said("x"), asks=True, author="guest_eve", rate=THREE.rate)
    assert await client.hget(keys_of("c_1").meta, "pace") is None
    for key in "aaaaabbbbbccccc":
        await log.publish("c_1", said(key), asks=True, author=ADA.id, rate=THREE.rate)
    with pytest.raises(TooFast):
        await log.publish("c_1", said("d"), asks=True, author=ADA.id, rate=THREE.rate)
