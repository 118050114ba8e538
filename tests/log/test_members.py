"""A guest who signs in is somebody else from then on, in all that was said before too."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis.asyncio

from switchboard.log import snapshot
from switchboard.log.errors import UnknownConversation
from switchboard.log.events import MessageRead, Participant
from switchboard.log.log import Draft, Log
from switchboard.log.members import Members
from switchboard.turns.turn import BOT
from tests.support.people import ADA, message, start

USER = Participant("user_ada", "customer", "Ada Lovelace")
BOB = Participant("guest_bob", "customer", "Bob")


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
