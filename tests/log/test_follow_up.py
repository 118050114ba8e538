"""Whether a message that nobody addressed to the bot waits for an answer, as the publish script decides it."""

from __future__ import annotations

import pytest
import redis.asyncio

from switchboard.log.events import MessageSent, Participant
from switchboard.log.log import Draft, Log
from switchboard.log.members import Members
from switchboard.turns.turn import BOT
from tests.support.people import ADA, message

BOB = Participant("guest_bob", "customer", "Bob")
EVE = Participant("shop", "observer", "Eve")
USER = Participant("user_ada", "customer", "Ada Lovelace")


async def waits(log: Log, author: Participant = ADA, text: str = "1001") -> bool:
    """Whether what somebody says now to whomever is for the bot."""
    said = await log.publish("c_1", message(text, author=author), asks=True, addressed=False, author=author.id)
    return await log.waits("c_1", said[0].offset)


async def asked_back(log: Log, question: str = "Which one?", turn: str = "") -> None:
    """Ada asks the bot something, and the bot asks back."""
    offset = (await log.publish("c_1", message("assistant?"), asks=True, author=ADA.id))[0].offset
    answer = MessageSent("m_b", BOT, question, turn_id=turn or f"t{offset}")
    await log.publish("c_1", Draft(answer), answers=offset)


@pytest.mark.parametrize(
    ("people", "is_alone"),
    [((ADA, BOT), True), ((ADA, BOT, EVE), True), ((ADA, BOB, BOT), False)],
    ids=["with the bot", "watched", "with Bob"],
)
async def test_the_only_human_speaks_to_the_bot(log: Log, people: tuple[Participant, ...], is_alone: bool) -> None:
    await log.start("c_1", BOT.id, people)
    assert await waits(log) is is_alone


@pytest.mark.parametrize(("seconds", "is_soon"), [(179, True), (181, False)])
async def test_an_answer_to_the_bots_question_comes_soon(
    client: redis.asyncio.Redis[str], seconds: int, is_soon: bool
) -> None:
    now = [1_764_000_000_000]
    log = Log(client, clock=lambda: now[0])
    await log.start("c_1", BOT.id, [ADA, BOB, BOT])
    await asked_back(log)
    now[0] += seconds * 1000
    assert await waits(log) is is_soon


@pytest.mark.parametrize(
    ("question", "turn", "is_asked"),
    [
        ("Which one?", "", True),
        ("哪一个？", "", True),
        ("Done.", "", False),
        ("Which one, Bob?", "t5", False),
        ("An entry that is no message?", "t2", False),
        ("An entry that is not there?", "t99", False),
    ],
)
async def test_only_a_question_of_the_bots_to_that_person_is_answered(
    log: Log, question: str, turn: str, is_asked: bool
) -> None:
    await log.start("c_1", BOT.id, [ADA, BOB, BOT])
    await log.publish("c_1", message("hello", author=BOB))
    await asked_back(log, question, turn)
    assert await waits(log) is is_asked


async def test_a_guest_who_signs_in_answers_what_the_guest_was_asked(
    log: Log, client: redis.asyncio.Redis[str]
) -> None:
    await log.start("c_1", BOT.id, [ADA, BOB, BOT])
    await asked_back(log)
    await Members(client).identify("c_1", ADA.id, USER)
    assert await waits(log, USER)
    assert not await waits(log, BOB)


async def test_a_message_of_a_person_who_holds_the_conversation_asks_nobody(log: Log) -> None:
    await log.start("c_1", "operator:eve", [ADA, BOT])
    assert not await waits(log)
