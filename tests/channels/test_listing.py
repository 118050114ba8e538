"""Somebody's conversations, by page and by what was said in them; of others nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from switchboard.log.events import Participant
from switchboard.log.feed import Feed, Progress
from switchboard.log.keys import backstage
from switchboard.people.identity import PARTS, Role
from switchboard.settings import Settings
from switchboard.turns.turn import BOT
from tests.support.edge import Edge, Guest
from tests.support.group import accept
from tests.support.people import message

LIST = "/chat/v1/conversations"


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """With either database."""
    if request.param == "sqlite":
        return settings
    return settings.copy(update={"database_url": str(request.getfixturevalue("postgres").empty())})


async def archive(edge: Edge, *conversations: str) -> None:
    """What is new of them."""
    feed = Feed(edge.chat.log.redis, "archive")
    for conversation in conversations:
        batch = await feed.take(conversation, 1_000)
        await edge.chat.archive.add([batch])
        await feed.advance(batch, Progress(batch.entries[-1].offset, 0))


async def told(edge: Edge, guest: Guest, *texts: str) -> str:
    conversation = await guest.open()
    for text in texts:
        await guest.send(conversation, text=text)
    await archive(edge, conversation)
    return conversation


async def listed(http: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await http.get(LIST, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ids(guest: Guest, **query: Any) -> list[str]:
    return [each["conversationId"] for each in (await listed(guest.http, **query))["conversations"]]


async def code(guest: Guest, **query: str) -> tuple[int, str]:
    answer = await guest.http.get(LIST, params=query)
    return answer.status_code, answer.json()["code"]


async def test_the_latest_activity_comes_first_with_what_it_was(edge: Edge, ada: Guest) -> None:
    first, second = await told(edge, ada, "hello"), await told(edge, ada, "good day")
    assert await ids(ada) == [second, first]
    await edge.chat.log.publish(first, message("Your parcel is here", author=BOT))
    path = f"/chat/v1/conversations/{first}"
    await ada.http.post(f"{path}/title", json={"title": "Parcel"})
    await archive(edge, first)
    page = await listed(ada.http)
    newest = page["conversations"][0]
    snapshot = await ada.snapshot(first)
    assert newest == {
        "conversationId": first,
        "title": "Parcel",
        "owner": BOT.id,
        "openedAt": newest["openedAt"],
        "activeAt": snapshot["messages"][-1]["timestamp"],
        "preview": "Your parcel is here",
        "unread": 1,
        "participants": sorted(snapshot["participants"], key=lambda person: person["id"]),
    }
    assert page["before"] is None


async def test_pages_have_every_conversation_once(edge: Edge, ada: Guest) -> None:
    everything = [await told(edge, ada) for _ in range(7)]
    found: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    sizes = []
    while True:
        page = await listed(ada.http, **query)
        sizes.append(len(page["conversations"]))
        found += [each["conversationId"] for each in page["conversations"]]
        if page["before"] is None:
            break
        query["before"] = page["before"]
    assert (sizes, sorted(found)) == ([3, 3, 1], sorted(everything))
    times = [each["activeAt"] for each in (await listed(ada.http))["conversations"]]
    assert times == sorted(times, reverse=True)


async def test_conversations_of_the_same_moment_are_on_one_page_only(
    edge: Edge, ada: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge.chat.log, "_clock", lambda: 1_000)
    everything = [await told(edge, ada) for _ in range(3)]
    first = await listed(ada.http, limit=2)
    rest = await listed(ada.http, limit=2, before=first["before"])
    found = [each["conversationId"] for page in (first, rest) for each in page["conversations"]]
    assert found == sorted(everything, reverse=True)


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("GRÜßE", True),
        ("grüsse", True),
        ("100%", True),
        ("100_", False),
        ("1%1", False),
        ("a\\b", True),
        ("a/b", True),
        ("/%", False),
        ("it's", True),
        ("' or 1=1 --", False),
        ("messageId", False),
        ("customer", False),
    ],
)
async def test_a_search_finds_what_was_said_and_nothing_else(
    edge: Edge, ada: Guest, words: str, is_found: bool
) -> None:
    conversation = await told(edge, ada, "Grüße aus Köln", "100% of 1001", "a\\b a/b it's")
    assert await ids(ada, q=words) == [conversation] * is_found


async def test_a_search_looks_at_titles_and_only_at_ones_own(edge: Edge, ada: Guest, eve: Guest) -> None:
    hers, his = await told(edge, ada, "a secret"), await told(edge, eve, "another secret")
    await ada.http.post(f"{LIST}/{hers}/title", json={"title": "Parcel"})
    await ada.http.post(f"{LIST}/{hers}/title", json={"title": "ÄRGER"})
    await archive(edge, hers)
    assert (await ids(ada, q="ärger"), await ids(eve, q="ärger")) == ([hers], [])
    assert await ids(ada, q="Parcel") == [], "the title is another one now"
    assert (await ids(ada, q="secret"), await ids(eve, q="secret")) == ([hers], [his])


async def test_those_that_are_closed_can_be_told_from_the_others(edge: Edge, ada: Guest) -> None:
    open_one, closed = await told(edge, ada), await told(edge, ada)
    await ada.http.post(f"{LIST}/{closed}/close", json={})
    await archive(edge, closed)
    assert (await ids(ada, closed="true"), await ids(ada, closed="false")) == ([closed], [open_one])
    (item,) = (await listed(ada.http, closed="true"))["conversations"]
    assert item["closedAt"] >= item["openedAt"]


@pytest.mark.parametrize(("role", "may"), [("operator", True), ("supervisor", True), ("service", True)])
async def test_who_oversees_lists_other_peoples(edge: Edge, ada: Guest, role: Role, may: bool) -> None:
    conversation = await told(edge, ada, "hello")
    somebody = Participant(f"{role}_1", PARTS[role], role)
    token = edge.chat.sessions.sign(edge.chat.sessions.issue(somebody, role, "sign-in"))
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=edge.url, headers=headers) as http:
        assert (await listed(http))["conversations"] == []
        answer = await http.get(LIST, params={"participant": ada.participant})
        if may:
            assert [each["conversationId"] for each in answer.json()["conversations"]] == [conversation]
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_operators_search_everybodys_but_not_what_they_have_among_themselves(
    edge: Edge, ada: Guest, eve: Guest
) -> None:
    adas, eves = await told(edge, ada, "a blue vase"), await told(edge, eve, "two blue chairs")
    who = Participant("user_olive", "operator", "Olive")
    await edge.chat.backstage.note(adas, who, "1", "blue as well")
    await archive(edge, backstage(adas))
    token = edge.chat.sessions.sign(edge.chat.sessions.issue(who, "operator", "sign-in"))
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=edge.url, headers=headers) as http:
        for query, wanted in (({"q": "BLUE"}, [eves, adas]), ({"q": "vase"}, [adas]), ({}, [eves, adas])):
            page = (await http.get("/chat/v1/desk/conversations", params=query)).json()
            assert [each["conversationId"] for each in page["conversations"]] == wanted
    assert (await ada.http.get("/chat/v1/desk/conversations")).status_code == 403


async def test_customers_list_their_own_only(edge: Edge, ada: Guest, eve: Guest) -> None:
    conversation = await told(edge, ada, "hello")
    assert await ids(eve) == []
    assert await code(eve, participant=ada.participant) == (403, "forbidden")
    assert await ids(ada, participant=ada.participant) == [conversation]


@pytest.mark.parametrize(
    "query",
    [
        *({"limit": limit} for limit in ("0", "101", "-1", "", "five", "1\n", "٣")),
        *({"before": before} for before in ("", "x", "MQ", "=", "é", "MS4n", "A" * 300, "\0", "gICA")),
        *({"q": words} for words in ("", "a", "  a ", "\0\0", "x" * 101)),
        *({"closed": closed} for closed in ("", "yes", "TRUE", "1")),
        {"participant": ""},
    ],
)
async def test_what_is_no_query_is_refused(edge: Edge, ada: Guest, query: dict[str, str]) -> None:
    status, what = await code(ada, **query)
    assert (status, what) == ((403, "forbidden") if "participant" in query else (422, "invalid"))


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # the other's ways to be away are in `tests/store`
async def test_while_the_database_is_away_that_is_what_is_said(edge: Edge, ada: Guest, tmp_path: Path) -> None:
    (tmp_path / "switchboard.db").mkdir()
    assert await code(ada) == (503, "unavailable")
    assert (await ada.send(await ada.open(), text="still here")).status_code == 202


async def test_unread_is_what_others_said_after_the_read_mark_of_whose_list_it_is(
    edge: Edge, ada: Guest, eve: Guest
) -> None:
    here = await told(edge, ada, "hello")
    invited, _ = edge.chat.invitations.issue(await edge.chat.log.describe(here), 1, 60_000)
    assert (await accept(eve, invited)).status_code == 200
    for guest, text in ((eve, "hello all"), (ada, "hello Eve"), (eve, "how are you")):
        await guest.send(here, text=text)
    await archive(edge, here)

    async def unread(guest: Guest) -> int:
        (conversation,) = (await listed(guest.http))["conversations"]
        return int(conversation["unread"])

    assert [await unread(guest) for guest in (ada, eve)] == [2, 1]
    end = (await ada.snapshot(here))["offset"]
    await ada.http.post(f"/chat/v1/conversations/{here}/read", json={"upTo": end})
    await archive(edge, here)
    assert [await unread(guest) for guest in (ada, eve)] == [0, 1]
