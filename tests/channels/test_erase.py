"""People erase themselves, and services anybody; whoever only might mean it does not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from switchboard.log.events import Participant
from switchboard.people.identity import PARTS, Role
from tests.channels.test_listing import ids, told
from tests.support.edge import Edge, Guest

ERASE = "/chat/v1/me/erase"


def as_role(edge: Edge, role: Role) -> httpx.AsyncClient:
    somebody = Participant(f"{role}_1", PARTS[role], role)
    token = edge.chat.sessions.sign(edge.chat.sessions.issue(somebody, role, "sign-in"))
    return httpx.AsyncClient(base_url=edge.url, headers={"Authorization": f"Bearer {token}"})


async def test_who_is_erased_is_signed_out_and_has_left_nothing(edge: Edge, ada: Guest, eve: Guest) -> None:
    mine, hers = await told(edge, ada, "hello"), await told(edge, eve, "hello")
    answer = await ada.http.post(ERASE, json={"confirm": ada.participant})
    assert (answer.status_code, answer.json()) == (200, {"deleted": 1, "anonymised": 0})
    assert (await ada.http.get("/chat/v1/me")).status_code == 401
    async with as_role(edge, "service") as http:
        assert (await http.get(f"/chat/v1/conversations/{mine}")).status_code == 404
        found = await http.get("/chat/v1/conversations", params={"participant": ada.participant})
        assert found.json()["conversations"] == []
    assert await ids(eve) == [hers]


async def test_an_open_stream_of_theirs_ends(edge: Edge, ada: Guest) -> None:
    conversation = await told(edge, ada, "hello")
    async with ada.stream(conversation) as frames:
        assert (await anext(frames))["type"] == "connected"
        assert (await ada.http.post(ERASE, json={"confirm": ada.participant})).status_code == 200
        rest = [frame async for frame in frames]
    assert (rest[-1]["type"], rest[-1]["code"]) == ("disconnect", 3500)


@pytest.mark.parametrize("body", [{}, {"confirm": ""}, {"confirm": "guest_eve"}, {"confirm": None}, {"confirm": True}])
async def test_without_the_right_word_nothing_happens(edge: Edge, ada: Guest, body: Any) -> None:
    conversation = await told(edge, ada, "hello")
    answer = await ada.http.post(ERASE, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert await ids(ada) == [conversation]


@pytest.mark.parametrize(("role", "may"), [("operator", False), ("supervisor", False), ("service", True)])
async def test_only_a_service_erases_others(edge: Edge, ada: Guest, role: Role, may: bool) -> None:
    conversation = await told(edge, ada, "hello")
    async with as_role(edge, role) as http:
        for expected in ({"deleted": 1, "anonymised": 0}, {"deleted": 0, "anonymised": 0}):
            path = f"/chat/v1/people/{ada.participant}/erase"
            answer = await http.post(path, json={"confirm": ada.participant})
            assert answer.status_code == (200 if may else 403)
            assert not may or answer.json() == expected
    if not may:
        assert await ids(ada) == [conversation]


async def test_customers_erase_nobody_else(edge: Edge, ada: Guest, eve: Guest) -> None:
    conversation = await told(edge, ada, "hello")
    answer = await eve.http.post(f"/chat/v1/people/{ada.participant}/erase", json={"confirm": ada.participant})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert await ids(ada) == [conversation]
