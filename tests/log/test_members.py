"""Who takes part: guests who sign in are somebody else from then on; people join, leave, are removed and muted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from dataclasses import replace
from typing import Any

import pytest
import redis.asyncio

from switchboard.log import snapshot
from switchboard.log.clock import now_ms
from switchboard.log.errors import Muted, NobodyThere, NotAllowed, UnknownConversation
from switchboard.log.events import MessageRead, Participant
from switchboard.log.keys import keys_of
from switchboard.log.log import Draft, Log
from switchboard.log.members import Admission, Members
from switchboard.turns.turn import BOT
from tests.support.people import ADA, message, start

USER = Participant("user_ada", "customer", "Ada Lovelace")
BOB = Participant("guest_bob", "customer", "Bob")
BOBBY = Participant("user_bob", "customer", "Bobby")
CARLA = Participant("guest_carla", "customer", "Carla")
OP = Participant("op_mia", "operator", "Mia")


@pytest.fixture
def members(client: redis.asyncio.Redis[str]) -> Members:
    return Members(client)


async def state(log: Log, conversation: str) -> dict[str, Any]:
    return (await snapshot.take(log, await log.describe(conversation)))[1]


async def test_the_person_takes_the_guests_place(log: Log, members: Members) -> None:
    conversation = await start(log)
    await log.publish(conversation, message("hello", author=ADA), message("yes?", author=BOT))
    await log.publish(conversation, Draft(MessageRead(ADA.id, 4)))
    await members.identify(conversation, ADA.id, USER)
    described = await log.describe(conversation)
    assert set(described.participants) == {USER, BOT}
    assert described.identified == {ADA.id: USER.id}
    now = await state(log, conversation)
    assert [each["author"]["id"] for each in now["messages"]] == [USER.id, BOT.id]
    assert now["messages"][0]["author"]["name"] == "Ada Lovelace"
    assert now["read"] == {USER.id: 4}
    (told,) = [json.loads(line.json) for line in await log.read(conversation, 6)]
    assert (told["type"], told["formerly"], told["participant"]["id"]) == ("participant.identified", ADA.id, USER.id)


async def test_the_same_again_changes_nothing(log: Log, members: Members) -> None:
    conversation = await start(log)
    for _ in range(2):
        await members.identify(conversation, ADA.id, USER)
    assert (await log.describe(conversation)).offset == 4


async def test_who_takes_no_part_gets_in_nowhere(log: Log, members: Members) -> None:
    conversation = await start(log)
    with pytest.raises(UnknownConversation):
        await members.identify(conversation, BOB.id, Participant("user_bob", "customer", "Bob"))
    with pytest.raises(UnknownConversation):
        await members.identify("c_nowhere", ADA.id, USER)
    assert set((await log.describe(conversation)).participants) == {ADA, BOT}


async def test_what_the_guest_sent_and_the_person_sends_again_is_one_message(log: Log, members: Members) -> None:
    conversation = await start(log)
    sent = (await log.publish(conversation, message("hello", key=f"in:{ADA.id}:m1"), author=ADA.id))[0]
    await members.identify(conversation, ADA.id, USER)
    again = message("hello", key=f"in:{USER.id}:m1", author=USER)
    assert (await log.publish(conversation, again, author=USER.id))[0].offset == sent.offset
    with pytest.raises(UnknownConversation):
        await log.publish(conversation, message("still me"), author=ADA.id)


async def test_a_person_who_is_there_already_stays_and_has_read_the_furthest(log: Log, members: Members) -> None:
    await log.start("c_1", BOT.id, [ADA, USER, BOT])
    await log.publish("c_1", Draft(MessageRead(USER.id, 3)), Draft(MessageRead(ADA.id, 2)))
    await members.identify("c_1", ADA.id, USER)
    assert set((await log.describe("c_1")).participants) == {USER, BOT}
    assert (await state(log, "c_1"))["read"] == {USER.id: 3}


async def test_the_host_is_passed_on_by_age_and_stays_with_who_signs_in(log: Log, members: Members) -> None:
    conversation = await start(log)
    for person in (BOB, CARLA):
        assert await members.join(conversation, person)
        assert not await members.join(conversation, person)
    await members.identify(conversation, ADA.id, USER)
    await members.identify(conversation, BOB.id, BOBBY)
    hosts = []
    for person in (USER, BOBBY, CARLA):
        hosts.append((await log.describe(conversation)).host)
        await members.leave(conversation, person.id)
    assert hosts == [USER.id, BOBBY.id, CARLA.id]
    assert (await log.describe(conversation)).host is None
    left = [json.loads(line.json) for line in await log.read(conversation, 0) if line.type == "participant.left"]
    assert [entry.get("host") for entry in left] == [BOBBY.id, CARLA.id, None]
    await members.join(conversation, OP)
    assert (await log.describe(conversation)).host is None
    await members.join(conversation, ADA)
    assert (await log.describe(conversation)).host == ADA.id


async def test_a_guest_who_signs_in_stays_muted(log: Log, members: Members) -> None:
    conversation = await start(log)
    await members.join(conversation, OP)
    await members.mute(conversation, ADA.id, OP.id, True)
    await members.identify(conversation, ADA.id, USER)
    assert (await log.describe(conversation)).muted == {USER.id}
    with pytest.raises(Muted):
        await log.publish(conversation, message("hello", author=USER), asks=True, author=USER.id)


async def test_who_leaves_and_who_is_removed_say_no_more(log: Log, members: Members) -> None:
    conversation = await start(log)
    await members.join(conversation, BOB)
    await members.remove(conversation, BOB.id, ADA.id)
    assert not await members.remove(conversation, BOB.id, ADA.id)
    with pytest.raises(UnknownConversation):
        await log.publish(conversation, message("hello", author=BOB), asks=True, author=BOB.id)
    with pytest.raises(UnknownConversation):
        await members.remove(conversation, ADA.id, BOB.id)
    with pytest.raises(NotAllowed):
        await members.remove(conversation, BOT.id, ADA.id)
    (left,) = [json.loads(line.json) for line in await log.read(conversation, 4)]
    assert (left["participantId"], left["by"]) == (BOB.id, ADA.id)


@pytest.mark.parametrize("step", ["join", "mute", "remove", "leave", "use"])
async def test_a_step_whose_answer_was_lost_is_done_once(
    log: Log, members: Members, client: redis.asyncio.Redis[str], step: str
) -> None:
    """Whoever is killed after a step, before it is known to be done, does it again."""
    conversation = await start(log)
    await members.join(conversation, OP)
    ways = {
        "join": lambda: members.join(conversation, BOB),
        "use": lambda: members.join(conversation, BOB, Admission("i_1", "0", 2, now_ms() + 60_000)),
        "mute": lambda: members.mute(conversation, ADA.id, OP.id, True),
        "remove": lambda: members.remove(conversation, ADA.id, OP.id),
        "leave": lambda: members.leave(conversation, OP.id),
    }
    assert await ways[step]()
    before = await log.describe(conversation)
    with contextlib.suppress(UnknownConversation):  # who has left is a stranger
        assert not await ways[step]()
    after = await log.describe(conversation)
    assert after == replace(before, invitations=after.invitations)  # to remove somebody revokes them each time
    assert before.offset == 5
    used = await client.hget(keys_of(conversation).invited, "i_1")
    assert used == ("1" if step == "use" else None)


async def test_who_comes_and_goes_at_once_leaves_a_log_that_tells_of_each(log: Log, members: Members) -> None:
    """What the entries say is what the meta says, whatever the order was."""
    conversation = await start(log)
    await members.join(conversation, OP)
    people = [Participant(f"guest_{number}", "customer", f"Guest {number}") for number in range(10)]
    steps = [members.join(conversation, person) for person in people * 3]
    steps += [members.remove(conversation, person.id, OP.id) for person in people * 2]
    steps += [members.mute(conversation, person.id, OP.id, True) for person in people]
    random.Random(5).shuffle(steps)
    for result in await asyncio.gather(*steps, return_exceptions=True):
        assert isinstance(result, (bool, NobodyThere))
    here, muted = set(), set()
    for line in await log.read(conversation, 0):
        entry = json.loads(line.json)
        assert line.offset == entry["offset"]
        match entry["type"]:
            case "participant.joined":
                assert entry["participant"]["id"] not in here
                here.add(entry["participant"]["id"])
            case "participant.left":
                here.remove(entry["participantId"])
                muted.discard(entry["participantId"])
            case "participant.muted":
                assert entry["participantId"] in here
                muted.add(entry["participantId"])
    described = await log.describe(conversation)
    assert {person.id for person in described.participants} == here
    assert described.muted == muted


async def test_who_may_speak_becomes_host_before_who_is_muted(log: Log, members: Members) -> None:
    conversation = await start(log)
    await members.join(conversation, BOB)
    await members.join(conversation, CARLA)
    await members.mute(conversation, BOB.id, ADA.id, True)
    await members.leave(conversation, ADA.id)
    assert (await log.describe(conversation)).host == CARLA.id


async def test_a_conversation_of_before_there_were_hosts_gets_the_one_who_was_first(
    log: Log, members: Members, client: redis.asyncio.Redis[str]
) -> None:
    conversation = await start(log)
    await client.hdel(keys_of(conversation).meta, "host")
    await members.join(conversation, BOB)
    assert (await log.describe(conversation)).host == ADA.id
