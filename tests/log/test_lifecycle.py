"""A conversation gets a title, and comes to its end: nobody says anything after it, and all before it counts."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import redis.asyncio

from switchboard.log import snapshot
from switchboard.log.errors import Closed, UnknownConversation
from switchboard.log.events import TurnCompleted
from switchboard.log.inbox import Inbox
from switchboard.log.lifecycle import Lifecycle
from switchboard.log.log import Draft, Log
from switchboard.turns.turn import BOT
from tests.support.people import ADA, ask, message, start

Redis = redis.asyncio.Redis


@pytest.fixture
def lifecycle(client: Redis[str]) -> Lifecycle:
    return Lifecycle(client)


async def types(log: Log, conversation: str = "c_1") -> list[str]:
    return [json.loads(line.json)["type"] for line in await log.read(conversation, 0)]


async def state(log: Log) -> dict[str, Any]:
    return (await snapshot.take(log, await log.describe("c_1")))[1]


async def test_a_title_is_on_the_log_and_in_every_snapshot(log: Log, lifecycle: Lifecycle) -> None:
    await start(log)
    assert ((await state(log))["title"], (await state(log))["closed"]) == (None, False)
    for title in ("Parcel", "Parcel", "Parcel 1001"):
        await lifecycle.rename("c_1", ADA.id, title)
    assert (await types(log))[3:] == ["conversation.renamed"] * 2
    assert (await state(log))["title"] == "Parcel 1001"


async def test_a_closed_conversation_takes_no_more_messages(log: Log, lifecycle: Lifecycle) -> None:
    await start(log)
    for _ in range(2):
        await lifecycle.close("c_1", ADA.id)
    with pytest.raises(Closed):
        await log.publish("c_1", message("one more"), asks=True, author=ADA.id)
    assert (await types(log))[3:] == ["conversation.closed"]
    assert (await state(log))["closed"]


async def test_what_was_accepted_before_is_still_answered_and_its_repeat_a_duplicate(
    client: Redis[str], log: Log, lifecycle: Lifecycle
) -> None:
    await start(log)
    inbox = Inbox(client)
    said = message("in time", key="in:1")
    offset = (await log.publish("c_1", said, asks=True, author=ADA.id))[0].offset
    await lifecycle.close("c_1", ADA.id)
    assert (await log.publish("c_1", said, asks=True, author=ADA.id))[0].duplicate
    assert await inbox.take("c_1") is not None
    await log.publish("c_1", message("an answer", author=BOT), Draft(TurnCompleted(f"t{offset}")), answers=offset)
    assert (await types(log))[-2:] == ["message.sent", "turn.completed"]


async def test_of_a_close_and_messages_at_once_every_message_is_before_it_or_refused(
    log: Log, lifecycle: Lifecycle
) -> None:
    await start(log)
    sent = [ask(log, "c_1", str(number)) for number in range(20)]
    results = await asyncio.gather(*sent[:10], lifecycle.close("c_1", ADA.id), *sent[10:], return_exceptions=True)
    told = await types(log)
    closed = told.index("conversation.closed")
    assert "message.sent" not in told[closed:]
    refused = [result for result in results if isinstance(result, Closed)]
    assert told.count("message.sent") + len(refused) == 20


async def test_who_takes_no_part_changes_nothing(log: Log, lifecycle: Lifecycle) -> None:
    await start(log)
    for conversation, who in (("c_1", "guest_eve"), ("c_2", ADA.id)):
        with pytest.raises(UnknownConversation):
            await lifecycle.rename(conversation, who, "Mine")
        with pytest.raises(UnknownConversation):
            await lifecycle.close(conversation, who)
    assert (await log.describe("c_1")).offset == 3
