"""A conversation is renamed and closed by those who take part."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.edge import Guest


async def rename(guest: Guest, conversation: str, title: Any) -> Any:
    return await guest.http.post(f"/chat/v1/conversations/{conversation}/title", json={"title": title})


async def close(guest: Guest, conversation: str) -> Any:
    return await guest.http.post(f"/chat/v1/conversations/{conversation}/close", json={})


async def test_a_title_is_one_line_and_everybody_sees_it(ada: Guest) -> None:
    conversation = await ada.open()
    answer = await rename(ada, conversation, "  My\n\tparcel\x07 ")
    assert (answer.status_code, answer.json()) == (200, {"title": "My parcel"})
    assert (await ada.snapshot(conversation))["title"] == "My parcel"


@pytest.mark.parametrize("title", ["", " \n", "x" * 101, "\ud800", 7, None, ["a"]])
async def test_what_is_no_title_is_refused(ada: Guest, title: Any) -> None:
    conversation = await ada.open()
    body = '{"title": "\\ud800"}' if title == "\ud800" else None
    path = f"/chat/v1/conversations/{conversation}/title"
    answer = await (ada.http.post(path, content=body) if body else rename(ada, conversation, title))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await ada.snapshot(conversation))["title"] is None


async def test_after_the_close_a_message_is_refused_and_a_repeat_is_not(ada: Guest) -> None:
    conversation = await ada.open()
    await ada.send(conversation, text="hello", clientMessageId="a")
    for _ in range(2):
        assert (await close(ada, conversation)).status_code == 204
    refused = await ada.send(conversation, text="too late")
    assert (refused.status_code, refused.json()["code"]) == (409, "closed")
    assert (await ada.send(conversation, text="hello", clientMessageId="a")).json()["duplicate"]
    assert (await ada.snapshot(conversation))["closed"]
    read = await ada.http.post(f"/chat/v1/conversations/{conversation}/read", json={"upTo": 1})
    assert read.status_code == 200, "it can still be read"


async def test_strangers_rename_and_close_nothing(ada: Guest, eve: Guest) -> None:
    conversation = await ada.open()
    for answer in (await rename(eve, conversation, "Mine"), await close(eve, conversation), await close(eve, "c%20x")):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    state = await ada.snapshot(conversation)
    assert (state["title"], state["closed"]) == (None, False)
