"""Our own client in a group: it comes by an invitation, is muted, and stays away once it was removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.clients import Client, client
from tests.support.edge import Edge, Guest
from tests.support.group import do, invitation
from tests.support.waiting import bounded


async def until(own: Client, wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """The first view that is as wanted."""
    await own.tell({})
    while True:
        view: dict[str, Any] = await own.says()
        if wanted(view):
            return view


@pytest.mark.parametrize("transport", ["sse", "websocket"])
async def test_it_joins_is_muted_and_is_sent_away(
    edge: Edge, conversation: str, ada: Guest, tmp_path: Path, transport: str
) -> None:
    store = str(tmp_path / "store.json")
    async with bounded(30), client("own.mjs", url=edge.url, transport=transport, store=store, name="Bob") as own:
        await own.tell({"call": "join", "with": [await invitation(ada, conversation)]})
        view = await until(own, lambda view: view["link"] == "open" and len(view["chat"]["participants"]) == 3)
        bob = view["me"]
        assert (view["chat"]["host"], view["chat"]["muted"]) == (ada.participant, [])
        await own.tell({"call": "send", "with": ["hello Ada"]})
        await until(own, lambda view: [said["text"] for said in view["chat"]["messages"]] == ["hello Ada"])

        await do(ada, conversation, "mute", participantId=bob, muted=True)
        await until(own, lambda view: view["chat"]["muted"] == [bob])
        await own.tell({"call": "send", "with": ["hello?"]})
        view = await until(own, lambda view: view["outgoing"] and view["outgoing"][0]["status"] == "failed")
        assert view["outgoing"][0]["reason"] == "You are muted in this conversation."
        assert (view["link"], view["restarted"]) == ("open", False)

        await do(ada, conversation, "remove", participantId=bob)
        view = await until(own, lambda view: view["link"] == "refused")
        assert [person["id"] for person in view["chat"]["participants"]] == [ada.participant, "bot:main"]
