"""The block list: every process knows it, in the order of its changes, and forgets what is over."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import AsyncIterator, Callable

import pytest
import redis.asyncio

from switchboard.log.follower import Follower
from switchboard.people import blocks as module
from switchboard.people.blocks import BLOCKS, ENDS, Block, Blocks, TooManyBlocks, network, person
from tests.support.waiting import running, until

ADA = person("guest_ada")


class Clock:
    """Stands still unless it is moved."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@contextlib.asynccontextmanager
async def started(client: redis.asyncio.Redis[str], clock: Clock) -> AsyncIterator[Blocks]:
    follower = Follower(client)
    blocks = Blocks(client, follower, clock)
    async with running(follower.run()), running(blocks.run()):
        yield blocks


@pytest.fixture
async def here(client: redis.asyncio.Redis[str], clock: Clock) -> AsyncIterator[Blocks]:
    async with started(client, clock) as blocks:
        yield blocks


def block(subject: str, until: float | None = None, at: float = 1_000_000.0) -> Block:
    return Block(subject, "supervisor_1", at, "spam", until)


async def so(condition: Callable[[], bool]) -> None:
    async def asked() -> bool:
        return condition()

    await until(asked)


async def test_a_block_holds_in_every_process_until_it_is_lifted(
    here: Blocks, client: redis.asyncio.Redis[str], clock: Clock
) -> None:
    async with started(client, clock) as there:
        await there.add(block(ADA))
        for process in (here, there):
            await so(lambda process=process: process.cover("guest_ada"))  # type: ignore[misc]
            assert not process.cover("guest_bob")
        await here.remove(ADA)
        for process in (here, there):
            await so(lambda process=process: not process.cover("guest_ada"))  # type: ignore[misc]
        assert await here.list() == []


async def test_a_block_of_a_network_holds_for_what_is_in_it(here: Blocks) -> None:
    for text in ("203.0.113.0/24", "198.51.100.7", "2001:db8::/32"):
        await here.add(block(network(ipaddress.ip_network(text))))
    await so(lambda: here.cover_address(ipaddress.ip_address("2001:db8::1")))
    for text, blocked in {
        "203.0.113.255": True, "203.0.114.0": False, "198.51.100.7": True, "198.51.100.6": False, "2001:db9::1": False,
    }.items():  # fmt: skip
        assert here.cover("guest_ada", ipaddress.ip_address(text)) is blocked, text


async def test_a_block_ends_at_its_time_and_leaves_nothing(
    here: Blocks, client: redis.asyncio.Redis[str], clock: Clock
) -> None:
    await here.add(block(ADA, until=clock.now + 60))
    await here.add(block(person("guest_bob")))
    await so(lambda: here.cover("guest_bob"))
    assert here.cover("guest_ada")
    clock.now += 61
    assert not here.cover("guest_ada")
    assert [each.subject for each in await here.list()] == [person("guest_bob")]
    await here.remove(person("nobody"))
    assert await client.hkeys(BLOCKS) == await client.zrange(ENDS, 0, -1) == [person("guest_bob")]


async def test_the_latest_block_of_somebody_counts(here: Blocks, clock: Clock) -> None:
    await here.add(block(ADA))
    await here.add(block(ADA, until=clock.now + 60, at=2_000_000.0))
    await here.add(block(person("guest_bob"), at=1_500_000.0))
    assert [(each.subject, each.until) for each in await here.list()] == [
        (ADA, clock.now + 60), (person("guest_bob"), None),
    ]  # fmt: skip


async def test_the_list_has_an_end_but_a_block_on_it_can_be_changed(
    here: Blocks, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    await here.add(block(ADA, until=clock.now + 60))
    await here.add(block(person("guest_bob")))
    with pytest.raises(TooManyBlocks):
        await here.add(block(person("guest_eve")))
    await here.add(block(ADA, until=clock.now + 30))
    clock.now += 31
    await here.add(block(person("guest_eve")))  # Ada's is over


async def test_a_process_that_begins_later_knows_it_too(
    here: Blocks, client: redis.asyncio.Redis[str], clock: Clock
) -> None:
    await here.add(block(ADA))
    async with started(client, clock) as newcomer:
        await so(lambda: newcomer.cover("guest_ada"))


async def test_what_changed_while_a_process_could_not_hear_it_is_known_afterwards(
    here: Blocks, client: redis.asyncio.Redis[str]
) -> None:
    await here.add(block(ADA))
    await so(lambda: here.cover("guest_ada"))
    async with client.pipeline(transaction=True) as pipe:  # as another server would, while this one is cut off
        pipe.hdel(BLOCKS, ADA)
        pipe.client_kill_filter(_type="pubsub")
        await pipe.execute()
    await so(lambda: not here.cover("guest_ada"))
