"""A person takes a group over, and the bot takes it back: for all of them at once."""

from __future__ import annotations

import pytest

from switchboard.handoff.case import Wish
from switchboard.handoff.desk import Desk
from switchboard.log.errors import Owned
from switchboard.log.events import Participant
from switchboard.log.inbox import Inbox
from switchboard.log.log import Log
from switchboard.log.members import Members
from tests.handoff.conftest import EVE
from tests.support.people import ADA, message, start

CARL = Participant("guest_carl", "customer", "Carl")


async def say(log: Log, who: Participant, text: str, *, addressed: bool = False) -> bool:
    """Whether the bot is to answer it."""
    (said,) = await log.publish("c_1", message(text, author=who), asks=True, addressed=addressed, author=who.id)
    return await log.waits("c_1", said.offset)


async def test_a_group_waits_for_a_person_talks_with_one_and_is_back_with_the_bot_together(log: Log) -> None:
    await start(log)
    await Members(log.redis).join("c_1", CARL)
    desk = Desk(log)
    assert await say(log, ADA, "assistant, help", addressed=True)
    case, _ = await desk.request("c_1", Wish("asked"), CARL.id)
    assert (await desk.request("c_1", Wish("asked"), ADA.id))[0] == case
    for who in (ADA, CARL):
        assert not await say(log, who, "assistant, help", addressed=True)
    await desk.claim("c_1", EVE)
    for who in (ADA, CARL, EVE):
        assert not await say(log, who, "hello all", addressed=True)
    assert {each.id for each in (await log.describe("c_1")).participants} >= {ADA.id, CARL.id, EVE.id}
    await desk.end("c_1", "resolved", EVE.id)
    lease = await Inbox(log.redis).take("c_1")
    assert lease and lease.waiting == 1, "its return is all that the bot answers"
    assert not await say(log, CARL, "what do you think, Ada?")
    assert await say(log, ADA, "assistant, and now?", addressed=True)
    with pytest.raises(Owned):
        await desk.cancel("c_1", CARL.id)
