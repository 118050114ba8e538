"""A refresh token is good once; a sign-in can end before its time, and then every process knows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import redis.asyncio

from switchboard.log.errors import LogUnavailable
from switchboard.log.events import Participant
from switchboard.log.follower import Follower
from switchboard.people import common_knowledge
from switchboard.people.identity import SESSION_SECONDS, InvalidToken, Session, Sessions
from switchboard.people.revocations import KEPT_SECONDS, REVOKED, Revocations
from switchboard.people.sign_ins import GRACE_SECONDS, REFRESH_SECONDS, SignIns
from tests.support.redis_server import RedisServer
from tests.support.waiting import running, until

SECRET = "a secret for tests, of 32 characters or more"
ADA = Participant("guest_ada", "customer", "Ada")


class Clock:
    """Stands still unless it is moved."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Process:
    """What one server has of it."""

    sessions: Sessions
    revocations: Revocations
    sign_ins: SignIns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@contextlib.asynccontextmanager
async def started(client: redis.asyncio.Redis[str], clock: Clock) -> AsyncIterator[Process]:
    follower, sessions = Follower(client), Sessions(SECRET, clock)
    revocations = Revocations(client, follower, clock)
    async with running(follower.run()), running(revocations.run()):
        yield Process(sessions, revocations, SignIns(client, sessions, revocations, clock))


@pytest.fixture
async def here(client: redis.asyncio.Redis[str], clock: Clock) -> AsyncIterator[Process]:
    async with started(client, clock) as process:
        yield process


@pytest.fixture
async def there(client: redis.asyncio.Redis[str], clock: Clock) -> AsyncIterator[Process]:
    async with started(client, clock) as process:
        yield process


async def known(process: Process, session: Session) -> None:
    """Until a process knows that a session is over."""

    async def is_known() -> bool:
        return process.revocations.cover(session)

    await until(is_known)


async def test_the_next_session_is_of_the_same_person_and_sign_in(here: Process, clock: Clock) -> None:
    first = here.sessions.begin(ADA)
    clock.now += 3_000
    second, _ = await here.sign_ins.refresh(here.sign_ins.refresh_token(first))
    assert (second.participant, second.role, second.sign_in) == (ADA, first.role, first.sign_in)
    assert second.expires_at == clock.now + SESSION_SECONDS


async def test_a_chain_of_tokens_lasts_as_long_as_it_is_used(here: Process, clock: Clock) -> None:
    token = here.sign_ins.refresh_token(here.sessions.begin(ADA))
    for _ in range(5):
        clock.now += REFRESH_SECONDS - 1
        _, token = await here.sign_ins.refresh(token)
    clock.now += REFRESH_SECONDS
    with pytest.raises(InvalidToken):
        await here.sign_ins.refresh(token)


async def test_an_answer_that_was_lost_can_be_asked_for_again(here: Process, there: Process, clock: Clock) -> None:
    first = here.sign_ins.refresh_token(here.sessions.begin(ADA))
    _, second = await here.sign_ins.refresh(first)
    clock.now += GRACE_SECONDS
    _, again = await there.sign_ins.refresh(first)
    for token in (second, again):
        await here.sign_ins.refresh(token)


@pytest.mark.parametrize(("uses", "later"), [(1, GRACE_SECONDS + 1), (2, 0)], ids=["late", "long since replaced"])
async def test_an_old_token_ends_the_sign_in_for_whoever_has_it(
    here: Process, there: Process, clock: Clock, uses: int, later: int
) -> None:
    old = token = here.sign_ins.refresh_token(here.sessions.begin(ADA))
    for _ in range(uses):
        session, token = await here.sign_ins.refresh(token)
    clock.now += later
    with pytest.raises(InvalidToken):
        await here.sign_ins.refresh(old)
    with pytest.raises(InvalidToken):
        await here.sign_ins.refresh(token)
    await known(there, session)


async def test_a_redis_that_has_lost_everything_signs_nobody_out(
    here: Process, client: redis.asyncio.Redis[str]
) -> None:
    token = here.sign_ins.refresh_token(here.sessions.begin(ADA))
    for _ in range(3):
        _, token = await here.sign_ins.refresh(token)
    await client.flushall()
    session, token = await here.sign_ins.refresh(token)
    await here.sign_ins.refresh(token)
    assert session.participant == ADA


@pytest.mark.parametrize("audience", ["switchboard", "switchboard:ticket"])
async def test_no_other_token_refreshes(here: Process, audience: str) -> None:
    with pytest.raises(InvalidToken):
        await here.sign_ins.refresh(here.sessions.sign(here.sessions.begin(ADA), audience))
    with pytest.raises(InvalidToken):
        here.sessions.verify(here.sign_ins.refresh_token(here.sessions.begin(ADA)))


async def test_signing_out_ends_one_sign_in_everywhere_at_once(here: Process, there: Process) -> None:
    one, other = here.sessions.begin(ADA), here.sessions.begin(ADA)
    token = here.sign_ins.refresh_token(one)
    await here.sign_ins.end(one)
    assert here.revocations.cover(one)
    await known(there, one)
    assert not there.revocations.cover(other)
    with pytest.raises(InvalidToken):
        await there.sign_ins.refresh(token)
    await there.sign_ins.refresh(there.sign_ins.refresh_token(other))


async def test_signing_out_everywhere_ends_what_has_begun_until_now(
    here: Process, there: Process, clock: Clock
) -> None:
    one, other = here.sessions.begin(ADA), here.sessions.begin(ADA)
    bob = here.sessions.begin(Participant("guest_bob", "customer", "Bob"))
    tokens = [here.sign_ins.refresh_token(session) for session in (one, other)]
    await here.sign_ins.end_all(ADA.id)
    await known(there, one)
    await known(there, other)
    for token in tokens:
        with pytest.raises(InvalidToken):
            await there.sign_ins.refresh(token)
    again = here.sessions.begin(ADA, era=await there.sign_ins.era(ADA.id))
    assert not there.revocations.cover(again)
    await there.sign_ins.refresh(there.sign_ins.refresh_token(again))
    assert not there.revocations.cover(bob)


async def test_nobody_slips_through_who_refreshes_while_everybody_is_signed_out(here: Process, there: Process) -> None:
    """In whatever order Redis takes the two, what comes of the refresh is over."""
    came_through = 0
    for _ in range(30):
        token = here.sign_ins.refresh_token(here.sessions.begin(ADA, era=await here.sign_ins.era(ADA.id)))
        refreshed, _ = await asyncio.gather(
            here.sign_ins.refresh(token), there.sign_ins.end_all(ADA.id), return_exceptions=True
        )
        if isinstance(refreshed, BaseException):
            continue
        came_through += 1
        session, following = refreshed
        await known(here, session)
        with pytest.raises(InvalidToken):
            await here.sign_ins.refresh(following)
    assert came_through, "the two have never met"


async def test_a_redis_that_does_not_answer_at_first_is_asked_again(
    client: redis.asyncio.Redis[str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common_knowledge, "PAUSE_SECONDS", 0.01)
    load, failures = Revocations.load, [LogUnavailable("it is loading")] * 3

    async def refuse(self: Revocations) -> None:
        if failures:
            raise failures.pop()
        await load(self)

    monkeypatch.setattr(Revocations, "load", refuse)
    session = Sessions(SECRET, clock).begin(ADA)
    await client.zadd(REVOKED, {f"sign-in:{session.sign_in}": clock.now})
    async with started(client, clock) as process:
        await known(process, session)


async def test_what_is_known_does_not_grow_for_ever(
    here: Process, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.revocations, "_prune_at", 10)
    for number in range(100):
        clock.now += KEPT_SECONDS / 5
        await here.sign_ins.end_all(f"guest_{number}")
    assert len(here.revocations._when) <= 10 and len(here.revocations._eras) <= 10


async def test_a_process_that_begins_later_knows_too(
    here: Process, client: redis.asyncio.Redis[str], clock: Clock
) -> None:
    session = here.sessions.begin(ADA)
    await here.sign_ins.end(session)
    async with started(client, clock) as late:
        await known(late, session)


async def test_what_was_revoked_while_a_process_had_lost_redis_is_read_when_it_is_back(
    here: Process, there: Process, client: redis.asyncio.Redis[str], redis_server: RedisServer, clock: Clock
) -> None:
    heard, missed = here.sessions.begin(ADA), here.sessions.begin(ADA)
    await there.sign_ins.end(heard)
    await known(here, heard)
    await client.zadd(REVOKED, {f"sign-in:{missed.sign_in}": clock.now})
    assert not here.revocations.cover(missed), "nobody has told it"
    redis_server.command("CLIENT", "KILL", "TYPE", "pubsub")
    await known(here, missed)


async def test_what_has_expired_anyway_is_forgotten(
    here: Process, client: redis.asyncio.Redis[str], clock: Clock
) -> None:
    old = here.sessions.begin(ADA)
    await here.sign_ins.end(old)
    clock.now += KEPT_SECONDS + 1
    await here.sign_ins.end(here.sessions.begin(ADA))
    assert await client.zcard(REVOKED) == 1
