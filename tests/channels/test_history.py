"""What was said before, by page: for those who take part, whatever the client sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from switchboard.log.feed import Feed
from switchboard.log.keys import keys_of
from switchboard.log.log import Draft
from tests.support.edge import Edge, Guest
from tests.support.people import message

Query = dict[str, str]


async def page(guest: Guest, conversation: str, **query: str) -> dict[str, Any]:
    response = await guest.http.get(f"/chat/v1/conversations/{conversation}/messages", params=query)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def code(guest: Guest, conversation: str, **query: str) -> tuple[int, str]:
    response = await guest.http.get(f"/chat/v1/conversations/{conversation}/messages", params=query)
    return response.status_code, response.json()["code"]


async def told(edge: Edge, guest: Guest, count: int) -> str:
    conversation = await guest.open()
    drafts: list[Draft] = [message(f"text {number}") for number in range(count)]
    await edge.chat.log.publish(conversation, *drafts)
    return conversation


async def archive(edge: Edge, conversation: str) -> None:
    """All of it, and then Redis has the last entry only."""
    batch = await Feed(edge.chat.log.redis, "archive").take(conversation, 1_000)
    await edge.chat.archive.add([batch])
    await edge.chat.log.redis.xtrim(keys_of(conversation).log, maxlen=1, approximate=False)


async def test_pages_lead_from_the_newest_message_back_to_the_first(edge: Edge, ada: Guest) -> None:
    conversation = await told(edge, ada, 120)
    newest = await page(ada, conversation)
    assert [message["text"] for message in newest["messages"]] == [f"text {n}" for n in range(70, 120)]
    middle = await page(ada, conversation, before=newest["before"], limit="60")
    first = await page(ada, conversation, before=middle["before"])
    assert [message["text"] for message in first["messages"]] == [f"text {n}" for n in range(10)]
    assert (first["before"], first["missing"]) == (None, [])
    snapshot = await ada.snapshot(conversation)
    assert first["messages"] + middle["messages"] + newest["messages"] == snapshot["messages"]


async def test_a_page_that_was_trimmed_comes_from_the_archive(edge: Edge, ada: Guest) -> None:
    conversation = await told(edge, ada, 30)
    before = [await page(ada, conversation, limit=limit) for limit in ("7", "29", "100")]
    await archive(edge, conversation)
    assert len((await ada.snapshot(conversation))["messages"]) == 1
    assert [await page(ada, conversation, limit=limit) for limit in ("7", "29", "100")] == before


async def test_the_position_of_the_first_message_of_a_snapshot_leads_to_all_before_it(edge: Edge, ada: Guest) -> None:
    conversation = await told(edge, ada, 30)
    await archive(edge, conversation)
    snapshot = await ada.snapshot(conversation)
    place = f"{snapshot['epoch']}.{min(message['offset'] for message in snapshot['messages'])}"
    earlier = await page(ada, conversation, before=place)
    texts = [message["text"] for message in earlier["messages"] + snapshot["messages"]]
    assert texts == [f"text {number}" for number in range(30)]


async def test_who_takes_no_part_finds_no_conversation(edge: Edge, ada: Guest, eve: Guest) -> None:
    conversation = await told(edge, ada, 3)
    await archive(edge, conversation)
    assert await code(eve, conversation) == (404, "not_found")
    assert await code(eve, "c_nowhere") == (404, "not_found")
    eve.http.headers["Authorization"] = "Bearer nothing"
    assert await code(eve, conversation) == (401, "unauthorized")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "", "1e1", "+5", " 5", "٣", "1\n", "9" * 400, "five", "null"])
async def test_a_limit_that_is_none_is_refused(edge: Edge, ada: Guest, limit: str) -> None:
    assert await code(ada, await ada.open(), limit=limit) == (422, "invalid")


@pytest.mark.parametrize(
    "cursor",
    ["", "0", ".", "ab.", ".5", "ab.-1", "ab.1.2", "AB.1", "ab.٣", "ab.1\n", "ab." + "9" * 16, "' OR 1=1", "\x00"],
)
async def test_a_cursor_that_is_none_is_refused(edge: Edge, ada: Guest, cursor: str) -> None:
    assert await code(ada, await ada.open(), before=cursor) == (422, "invalid")


async def test_a_cursor_of_another_log_is_a_conflict(edge: Edge, ada: Guest) -> None:
    assert await code(ada, await ada.open(), before="ab.1") == (409, "conflict")


async def test_a_cursor_beyond_either_end_is_that_end(edge: Edge, ada: Guest) -> None:
    conversation = await told(edge, ada, 3)
    epoch = (await ada.snapshot(conversation))["epoch"]
    assert await page(ada, conversation, before=f"{epoch}.{'9' * 15}") == await page(ada, conversation)
    for before in ("0", "1", "000"):
        empty = {"messages": [], "before": None, "missing": []}
        assert await page(ada, conversation, before=f"{epoch}.{before}") == empty


async def test_while_the_database_is_away_what_redis_has_is_shown(edge: Edge, ada: Guest, tmp_path: Path) -> None:
    conversation = await told(edge, ada, 30)
    (tmp_path / "switchboard.db").mkdir()
    assert len((await page(ada, conversation, limit="100"))["messages"]) == 30
    await edge.chat.log.redis.xtrim(keys_of(conversation).log, maxlen=10, approximate=False)
    newest = await page(ada, conversation, limit="5")
    assert len(newest["messages"]) == 5
    assert await code(ada, conversation, before=newest["before"], limit="10") == (503, "unavailable")
