"""A guest who signs in keeps the conversation; nobody else's is to be had that way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from switchboard.log.events import Participant
from switchboard.settings import Settings
from tests.channels.test_history import archive
from tests.support.edge import Edge, Guest
from tests.support.host_site import HostSite
from tests.support.waiting import bounded

SESSIONS = "/chat/v1/sessions"


@pytest.fixture
def site(tmp_path: Path) -> HostSite:
    return HostSite(tmp_path / "keys.json")


@pytest.fixture
def settings(settings: Settings, site: HostSite) -> Settings:
    return settings.copy(update={"identity_keys": site.file})


@pytest.fixture
async def eve(edge: Edge) -> AsyncIterator[Guest]:
    async with edge.guest("Eve") as guest:
        yield guest


async def sign_in(guest: Guest, identity: str, *conversations: str) -> httpx.Response:
    return await guest.http.post(SESSIONS, json={"identity": identity, "conversations": conversations})


async def user(edge: Edge, answer: httpx.Response) -> Guest:
    assert answer.status_code == 201, answer.text
    body = answer.json()
    http = httpx.AsyncClient(base_url=edge.url, headers={"Authorization": f"Bearer {body['token']}"})
    return Guest(http, body["participant"]["id"], body["token"])


async def test_a_guest_goes_on_as_who_they_are(edge: Edge, site: HostSite, ada: Guest) -> None:
    first, second = await ada.open(), await ada.open()
    await ada.send(first, text="before", clientMessageId="m1")
    answer = await sign_in(ada, site.identity("ada", name="Ada L."), first, second, first)
    assert answer.json()["conversations"] == [first, second]
    known = await user(edge, answer)
    (said,) = (await known.snapshot(first))["messages"]
    assert said["author"] == {"id": known.participant, "role": "customer", "name": "Ada L."}
    again = await known.send(first, text="before", clientMessageId="m1")
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert again.json()["messageId"] == said["messageId"]
    assert (await known.send(first, text="after")).status_code == 202
    assert (await ada.http.get(f"/chat/v1/conversations/{first}")).status_code == 401, "the guest is signed out"
    await known.http.aclose()


async def test_history_names_the_person_however_old_it_is(edge: Edge, site: HostSite, ada: Guest) -> None:
    conversation = await ada.open()
    for number in range(5):
        await ada.send(conversation, text=f"text {number}")
    known = await user(edge, await sign_in(ada, site.identity("ada"), conversation))
    await archive(edge, conversation)
    page = (await known.http.get(f"/chat/v1/conversations/{conversation}/messages")).json()
    assert [message["author"]["id"] for message in page["messages"]] == [known.participant] * 5
    await known.http.aclose()


async def test_what_is_not_the_guests_is_left_out(edge: Edge, site: HostSite, ada: Guest, eve: Guest) -> None:
    hers, his = await eve.open(), await ada.open()
    answer = await sign_in(eve, site.identity("eve"), his, "c_nowhere", "../x", hers)
    assert answer.json()["conversations"] == [hers]
    known = await user(edge, answer)
    assert (await known.http.get(f"/chat/v1/conversations/{his}")).status_code == 404
    assert (await ada.snapshot(his))["participants"][0]["id"] == ada.participant
    await known.http.aclose()


async def test_a_users_conversation_goes_to_nobody_else(edge: Edge, site: HostSite, ada: Guest) -> None:
    known = await user(edge, await sign_in(ada, site.identity("ada"), await ada.open()))
    conversation = await known.open()
    answer = await known.http.post(SESSIONS, json={"identity": site.identity("eve"), "conversations": [conversation]})
    assert answer.status_code == 201 and "conversations" not in answer.json()
    assert (await known.snapshot(conversation))["conversationId"] == conversation
    await known.http.aclose()


BAD: dict[str, tuple[Any, int]] = {
    "no list": ("c_1", 422),
    "numbers": ([5], 422),
    "too many": (["c_1"] * 21, 422),
    "nothing": ([], 201),
}


@pytest.mark.parametrize(("conversations", "status"), BAD.values(), ids=BAD.keys())
async def test_a_list_is_checked(site: HostSite, ada: Guest, conversations: Any, status: int) -> None:
    answer = await ada.http.post(SESSIONS, json={"identity": site.identity(), "conversations": conversations})
    assert answer.status_code == status


async def test_nothing_is_taken_along_when_the_identity_is_no_good(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    assert (await sign_in(ada, "a.b.c", conversation)).status_code == 401
    assert (await ada.snapshot(conversation))["participants"][0]["id"] == ada.participant


async def test_a_guest_who_is_signed_out_takes_nothing_along_and_the_identity_is_not_used_up(
    edge: Edge, site: HostSite, ada: Guest
) -> None:
    conversation, identity = await ada.open(), site.identity("ada")
    await ada.http.post(f"{SESSIONS}/end")
    refused = await sign_in(ada, identity, conversation)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
    del ada.http.headers["Authorization"]
    assert (await sign_in(ada, identity, conversation)).status_code == 201


async def test_an_answer_that_was_lost_is_told_again_without_the_guest(edge: Edge, site: HostSite, ada: Guest) -> None:
    conversation = await ada.open()
    first = await user(edge, await sign_in(ada, site.identity("ada"), conversation))
    del ada.http.headers["Authorization"]  # it is signed out
    again = await sign_in(ada, site.identity("ada"), conversation, "c_nowhere")
    assert again.json()["conversations"] == [conversation]
    assert "conversations" not in (await sign_in(ada, site.identity("eve"), conversation)).json()
    await first.http.aclose()


async def test_a_guests_open_stream_shows_nothing_of_the_user_whatever_comes_next(
    edge: Edge, site: HostSite, ada: Guest
) -> None:
    conversation = await ada.open()
    async with bounded(), ada.stream(conversation) as frames:
        await anext(frames)
        await edge.chat.members.identify(
            conversation, ada.participant, Participant("user_ada", "customer", "Ada")
        )  # and then the server is killed
        ends = [frame async for frame in frames]
    assert (ends[-2]["type"], ends[-1]["code"]) == ("participant.identified", 3500)
