"""Accepted means on the log, once."""

from __future__ import annotations

import asyncio

from switchboard.log.inbox import Inbox
from tests.support.chat_server import HOME
from tests.support.edge import Edge, Guest
from tests.support.redis_server import RedisServer


async def test_a_message_is_accepted_and_waits_for_its_answer(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    response = await ada.send(conversation, clientMessageId="m1", text="Where is my order?")
    receipt = response.json()
    assert response.status_code == 202
    assert (receipt["offset"], receipt["duplicate"]) == (4, False)
    assert list(await Inbox(edge.chat.log.redis).waiting()) == [conversation]
    (message,) = (await ada.snapshot(conversation))["messages"]
    assert message["messageId"] == receipt["messageId"]
    assert message["author"] == {"id": ada.participant, "role": "customer", "name": "Ada"}


async def test_the_same_message_again_is_a_duplicate_and_another_one_a_conflict(ada: Guest) -> None:
    conversation = await ada.open()
    first = await ada.send(conversation, clientMessageId="m1", text="hi")
    again = await ada.send(conversation, clientMessageId="m1", text="hi")
    other = await ada.send(conversation, clientMessageId="m1", text="ho")
    assert (again.status_code, again.json()) == (200, {**first.json(), "duplicate": True})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert len((await ada.snapshot(conversation))["messages"]) == 1


async def test_twenty_parallel_sends_of_one_message_are_one(ada: Guest) -> None:
    conversation = await ada.open()
    responses = await asyncio.gather(*(ada.send(conversation, clientMessageId="m1", text="hi") for _ in range(20)))
    assert sorted(response.status_code for response in responses) == [200] * 19 + [202]
    assert len({response.json()["messageId"] for response in responses}) == 1


async def test_while_redis_is_away_sends_are_refused_and_can_be_repeated(ada: Guest, redis_server: RedisServer) -> None:
    conversation = await ada.open()
    redis_server.stop()
    response = await ada.send(conversation, clientMessageId="m1", text="hi")
    redis_server.start()
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert int(response.headers["retry-after"]) > 0


async def test_a_conversation_takes_fifty_unanswered_messages_and_then_asks_for_patience(ada: Guest) -> None:
    ada.http.headers["Origin"] = HOME
    conversation = await ada.open()
    for number in range(50):
        assert (await ada.send(conversation, clientMessageId=f"m{number}", text="hi")).status_code == 202
    refused = await ada.send(conversation, clientMessageId="m50", text="hi")
    again = await ada.send(conversation, clientMessageId="m49", text="hi")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
    assert int(refused.headers["retry-after"]) > 0
    assert "Retry-After" in refused.headers["access-control-expose-headers"], (
        "or the page of another site cannot see it"
    )
    assert again.status_code == 200
