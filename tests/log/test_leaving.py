"""A reader ends with the entry by which its participant leaves, or as soon as it finds out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis.asyncio

from switchboard.log.errors import TakesNoPart
from switchboard.log.events import MessageSent, Participant, ParticipantLeft, ParticipantTyping
from switchboard.log.follower import Follower
from switchboard.log.keys import keys_of
from switchboard.log.line import Line
from switchboard.log.log import Draft, Log, Position
from switchboard.log.members import Members
from switchboard.log.reader import Reader
from switchboard.turns.turn import BOT
from tests.support.people import ADA, message
from tests.support.waiting import bounded, running, until

BOB = Participant("guest_bob", "customer", "Bob")
AFTER = 3


@pytest.fixture
def members(client: redis.asyncio.Redis[str]) -> Members:
    return Members(client)


@pytest.fixture
async def follower(client: redis.asyncio.Redis[str], log: Log) -> AsyncIterator[Follower]:
    await log.start("c_1", BOT.id, [ADA, BOB, BOT])
    follower = Follower(client)
    async with running(follower.run()):
        yield follower


class Reading:
    """Bob's reader, and what it has handed over; `direct` takes what comes while it waits."""

    def __init__(self, log: Log, follower: Follower, start: Position | None = None, *, direct: bool = False) -> None:
        self.reader = Reader(log, follower, "c_1", BOB.id)
        self.seen: list[dict[str, Any]] = []
        self._frames = self.reader.frames(start, self._take if direct else None)

    def _take(self, line: Line) -> bool:
        self.seen.append(json.loads(line.json))
        return True

    async def next(self) -> None:
        """One batch more."""
        self.seen += [json.loads(frame.json) for frame in await anext(self._frames)]

    async def to_the_end(self) -> list[str]:
        """The types of what has come until Bob was out."""
        with pytest.raises(TakesNoPart):
            while True:
                await self.next()
        return [frame["type"] for frame in self.seen]

    async def has_arrived(self, count: int) -> None:
        """So many lines wait to be read."""

        async def are_there() -> bool:
            return len(self.reader._subscription._lines) >= count

        await until(are_there)

    async def close(self) -> None:
        await self._frames.aclose()


async def and_more(log: Log) -> None:
    """What Bob is not to see."""
    await log.publish("c_1", *(message("not for Bob") for _ in range(AFTER)))
    await log.tell("c_1", ParticipantTyping(ADA.id, True))


async def test_what_has_arrived_behind_the_entry_is_not_handed_over(
    log: Log, follower: Follower, members: Members
) -> None:
    async with bounded():
        bob = Reading(log, follower)
        for _ in range(2):
            await bob.next()
        await members.remove("c_1", BOB.id, ADA.id)
        await and_more(log)
        await bob.has_arrived(AFTER + 2)
        assert await bob.to_the_end() == ["connected", "snapshot", "participant.left"]
        assert bob.seen[-1]["by"] == ADA.id


async def test_who_keeps_up_is_not_handed_the_entry_past_the_end(
    log: Log, follower: Follower, members: Members
) -> None:
    async with bounded():
        bob = Reading(log, follower, direct=True)
        for _ in range(2):
            await bob.next()
        async with running(bob.to_the_end()) as ending:  # type: ignore[arg-type]
            await log.publish("c_1", message("for Bob too"))

            async def has_seen_it() -> bool:
                return len(bob.seen) == 3

            await until(has_seen_it)
            await members.leave("c_1", BOB.id)
            await and_more(log)
            assert await ending == ["connected", "snapshot", "message.sent", "participant.left"]


async def test_the_others_and_words_about_leaving_end_nothing(log: Log, follower: Follower, members: Members) -> None:
    async with bounded():
        bob = Reading(log, follower, direct=True)
        for _ in range(2):
            await bob.next()
        await members.leave("c_1", ADA.id)
        posing = {"type": "participant.left", "participantId": BOB.id}
        await log.publish("c_1", Draft(MessageSent("m_1", ADA, '"type":"participant.left"', metadata=posing)))
        while len(bob.seen) < 4:
            await bob.next()
        assert [frame["type"] for frame in bob.seen[2:]] == ["participant.left", "message.sent"]
        await bob.close()


async def test_who_has_come_back_meanwhile_reads_on(log: Log, follower: Follower, members: Members) -> None:
    async with bounded():
        bob = Reading(log, follower)
        for _ in range(2):
            await bob.next()
        await members.leave("c_1", BOB.id)
        await members.join("c_1", BOB)
        await log.publish("c_1", message("welcome back"))
        await bob.has_arrived(3)
        while bob.seen[-1].get("text") != "welcome back":
            await bob.next()
        offsets = [frame["offset"] for frame in bob.seen[1:]]
        assert offsets == list(range(4, 8))
        await bob.close()


async def test_who_is_back_may_resume_from_before_they_left(log: Log, follower: Follower, members: Members) -> None:
    await members.leave("c_1", BOB.id)
    end = (await log.publish("c_1", message("between")))[0]
    await members.join("c_1", BOB)
    async with bounded():
        bob = Reading(log, follower, Position(end.epoch, 4))
        while len(bob.seen) < 4:
            await bob.next()
        assert [frame["type"] for frame in bob.seen[1:]] == ["participant.left", "message.sent", "participant.joined"]
        await bob.close()


async def test_who_was_removed_between_the_check_and_the_first_frame_gets_none(
    log: Log, follower: Follower, members: Members
) -> None:
    await members.remove("c_1", BOB.id, ADA.id)
    async with bounded():
        assert await Reading(log, follower).to_the_end() == []


async def test_who_missed_the_entry_finds_out_by_the_next_look(log: Log, follower: Follower) -> None:
    """As after a restart of Redis, or where the entry was trimmed."""
    async with bounded():
        bob = Reading(log, follower)
        for _ in range(2):
            await bob.next()
        await log.redis.hdel(keys_of("c_1").meta, f"p:{BOB.id}")
        bob.reader.doubt()
        assert await bob.to_the_end() == ["connected", "snapshot"]


async def test_the_entry_tells_of_leaving_wherever_its_line_comes_from(log: Log) -> None:
    await log.start("c_1", BOT.id, [ADA, BOB, BOT])
    await log.publish("c_1", Draft(ParticipantLeft(BOB.id)), message("hello"))
    lines = await log.read("c_1", 4)
    assert [line.may_end for line in lines] == [True, False]
