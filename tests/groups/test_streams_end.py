"""Who leaves or is removed hears nothing more: every stream of theirs ends, whatever it is, on every server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import websockets
from websockets.exceptions import ConnectionClosedError

from channels.farewell import LEFT
from tests.support.clients import client
from tests.support.edge import Edge, Guest
from tests.support.group import do, join
from tests.support.people import message
from tests.support.waiting import bounded

SECRET = "not for Bob's ears"


async def over_sse(edge: Edge, bob: Guest, conversation: str, is_open: asyncio.Event) -> list[dict[str, Any]]:
    """Every frame until the stream ends."""
    url = f"{edge.url}/chat/v1/conversations/{conversation}/stream"
    headers = {"Authorization": f"Bearer {bob.token}"}
    seen = []
    async with httpx.AsyncClient(timeout=20) as http, http.stream("GET", url, headers=headers) as response:
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                seen.append(json.loads(line.removeprefix("data: ")))
                if seen[-1]["type"] == "snapshot":
                    is_open.set()
    return seen


async def over_websocket(edge: Edge, bob: Guest, conversation: str, is_open: asyncio.Event) -> list[dict[str, Any]]:
    url = f"{edge.url.replace('http', 'ws')}/chat/v1/conversations/{conversation}/socket"
    seen = []
    async with websockets.connect(url) as ws:  # type: ignore[attr-defined]
        await ws.send(json.dumps({"id": 1, "connect": {"token": bob.token}}))
        with contextlib.suppress(ConnectionClosedError):
            async for frame in ws:
                seen.append(json.loads(frame))
                if seen[-1].get("type") == "snapshot":
                    is_open.set()
        assert ws.close_code == LEFT.code
    return seen


async def over_socket_io(edge: Edge, bob: Guest, conversation: str, is_open: asyncio.Event) -> list[dict[str, Any]]:
    auth = {"token": bob.token, "conversationId": conversation, "stream": True}
    seen: list[dict[str, Any]] = []
    async with client("socketio.mjs", url=edge.url, transports=["websocket"], auth=auth) as socket:
        while True:
            said = await socket.says()
            if said["event"] == "entry":
                seen.append(said["data"])
                if seen[-1]["type"] == "snapshot":
                    is_open.set()
            if said["event"] == "disconnect":
                assert said["active"] is False, "it stays away"
                return seen


async def over_agui(edge: Edge, bob: Guest, conversation: str, is_open: asyncio.Event) -> list[dict[str, Any]]:
    body = {
        "threadId": conversation,
        "runId": "r",
        "messages": [{"id": f"{edge.url[-4:]}", "role": "user", "content": "where is my order?"}],
    }
    return await _answer(f"{edge.url}/chat/v1/agui", bob, body, is_open)


async def over_ai_sdk(edge: Edge, bob: Guest, conversation: str, is_open: asyncio.Event) -> list[dict[str, Any]]:
    said = {"id": f"{edge.url[-4:]}", "role": "user", "parts": [{"type": "text", "text": "where is my order?"}]}
    body = {"id": conversation, "trigger": "submit-message", "messages": [said]}
    return await _answer(f"{edge.url}/chat/v1/aisdk", bob, body, is_open)


async def _answer(url: str, bob: Guest, body: dict[str, Any], is_open: asyncio.Event) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {bob.token}"}
    seen = []
    async with httpx.AsyncClient(timeout=20) as http, http.stream("POST", url, json=body, headers=headers) as response:
        assert response.status_code == 200
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                seen.append(json.loads(line.removeprefix("data: ")))
                is_open.set()
    return seen


Way = Callable[[Edge, Guest, str, asyncio.Event], Awaitable[list[dict[str, Any]]]]
WAYS = (over_sse, over_websocket, over_socket_io, over_agui, over_ai_sdk)


def check_end(way: Way, seen: list[dict[str, Any]]) -> None:
    """The last thing that Bob is told is that he is out."""
    assert SECRET not in str(seen)
    if way is over_agui:
        assert (seen[-1]["type"], seen[-1]["code"]) == ("RUN_ERROR", "left")
    elif way is over_ai_sdk:
        assert (seen[-1]["type"], seen[-1]["errorText"]) == ("error", "You are no longer in this conversation.")
    else:
        assert seen[-1] == json.loads(LEFT.json)
        assert seen[-1]["reconnect"] is False
        assert seen[-2]["type"] == "participant.left"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("goes", ["leaves", "is removed"])
async def test_every_stream_ends_on_every_server_and_those_of_others_go_on(
    edge: Edge, other_edge: Edge, conversation: str, ada: Guest, bob: Guest, way: Way, goes: str
) -> None:
    await join(ada, conversation, bob)
    async with bounded(30), ada.stream(conversation) as hers:
        opened = [asyncio.Event(), asyncio.Event()]
        streams = [
            asyncio.ensure_future(way(each, bob, conversation, is_open))
            for each, is_open in zip((edge, other_edge), opened, strict=True)
        ]
        for is_open in opened:
            await is_open.wait()
        if goes == "leaves":
            assert (await do(bob, conversation, "leave")).status_code == 204
        else:
            assert (await do(ada, conversation, "remove", participantId=bob.participant)).status_code == 204
        await edge.chat.log.publish(conversation, message(SECRET))
        for seen in await asyncio.gather(*streams):
            check_end(way, seen)
        async for frame in hers:
            if frame["type"] == "message.sent" and frame["text"] == SECRET:
                break
    for each in (edge, other_edge):
        url = f"{each.url}/chat/v1/conversations/{conversation}/stream"
        assert (await bob.http.get(url)).status_code == 404
