"""Chats that clients name themselves: each participant's own, opened once, never anybody else's."""

from __future__ import annotations

import asyncio

import pytest

from channels.problems import Problem, problem_of
from channels.services import Chat
from channels.threads import THREAD_ID_LIMIT, conversation_of, derived_id, known_conversation
from switchboard.log.errors import LogError
from switchboard.people.identity import Session
from switchboard.turns.turn import BOT
from tests.support.edge import Edge, Guest


def session_of(chat: Chat, guest: Guest) -> Session:
    return chat.authenticate(guest.token)


async def test_a_name_leads_to_the_same_conversation_every_time(edge: Edge, ada: Guest) -> None:
    session = session_of(edge.chat, ada)
    first = await conversation_of(edge.chat, session, "my chat")
    assert first.has(ada.participant)
    assert first.owner == BOT.id
    assert (await conversation_of(edge.chat, session, "my chat")).id == first.id
    assert (await conversation_of(edge.chat, session, "another")).id != first.id


async def test_many_requests_at_once_open_one_conversation(edge: Edge, ada: Guest) -> None:
    session = session_of(edge.chat, ada)
    found = await asyncio.gather(*(conversation_of(edge.chat, session, "race") for _ in range(20)))
    assert len({(conversation.id, conversation.epoch) for conversation in found}) == 1


async def test_two_people_with_the_same_name_for_it_have_two_conversations(edge: Edge, ada: Guest, eve: Guest) -> None:
    hers = await conversation_of(edge.chat, session_of(edge.chat, ada), "chat-1")
    other = await conversation_of(edge.chat, session_of(edge.chat, eve), "chat-1")
    assert hers.id != other.id
    assert not other.has(ada.participant)


async def test_our_own_id_is_used_as_it_is(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    session = session_of(edge.chat, ada)
    assert (await conversation_of(edge.chat, session, conversation)).id == conversation
    derived = await conversation_of(edge.chat, session, "my chat")
    assert (await conversation_of(edge.chat, session, derived.id)).id == derived.id


async def test_nobody_elses_conversation_is_reachable_and_none_is_opened_in_its_place(
    edge: Edge, ada: Guest, eve: Guest
) -> None:
    opened = await ada.open()
    derived = (await conversation_of(edge.chat, session_of(edge.chat, ada), "my chat")).id
    for name in (opened, derived, "c_nothing", "c_"):
        with pytest.raises((Problem, LogError)) as refusal:
            await conversation_of(edge.chat, session_of(edge.chat, eve), name)
        assert problem_of(refusal.value).status == 404


def test_no_two_pairs_of_participant_and_name_look_alike() -> None:
    pairs = [("a", "b,c"), ("a,b", "c"), ('a"', "b"), ("a", '"b'), ("a", "bc"), ("ab", "c")]
    assert len({derived_id(*pair) for pair in pairs}) == len(pairs)


@pytest.mark.parametrize("name", ["", "x" * (THREAD_ID_LIMIT + 1), "a\x00b", "line\nbreak\r", "\ud800"])
async def test_what_is_no_name_is_refused(edge: Edge, ada: Guest, name: str) -> None:
    with pytest.raises(Problem) as refusal:
        await conversation_of(edge.chat, session_of(edge.chat, ada), name)
    assert refusal.value.status == 422


async def test_to_look_for_a_name_opens_nothing(edge: Edge, ada: Guest) -> None:
    session = session_of(edge.chat, ada)
    assert await known_conversation(edge.chat, session, "my chat") is None
    opened = await conversation_of(edge.chat, session, "my chat")
    known = await known_conversation(edge.chat, session, "my chat")
    assert known is not None
    assert known.id == opened.id
