"""Clients as the protocol's document describes them: they come back at once, and go on from their position."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
from websockets.client import connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from tests.support.clients import client
from tests.support.edge import Guest

Frames = AsyncIterator[dict[str, Any]]


async def over_sse(url: str, guest: Guest, conversation: str) -> Frames:
    """Every frame but pings, from bytes: a connection may end in the middle of a letter."""
    headers = {"Authorization": f"Bearer {guest.token}"}
    stream = f"{url}/chat/v1/conversations/{conversation}/stream"
    async with httpx.AsyncClient(timeout=None) as http:
        while True:
            with contextlib.suppress(httpx.TransportError):
                async with http.stream("GET", stream, headers=headers) as response:
                    rest = b""
                    async for data in response.aiter_bytes():
                        *events, rest = (rest + data).split(b"\n\n")
                        for event in events:
                            fields = dict(line.split(": ", 1) for line in event.decode().split("\n") if ": " in line)
                            if "id" in fields:
                                headers["Last-Event-ID"] = fields["id"]
                            if "data" in fields and (frame := json.loads(fields["data"]))["type"] != "ping":
                                yield frame


async def over_websocket(url: str, guest: Guest, conversation: str) -> Frames:
    """The same over WebSockets, which are closed with the code that the `disconnect` frame says."""
    connect_with: dict[str, Any] = {"token": guest.token}
    address = f"ws{url[4:]}/chat/v1/conversations/{conversation}/socket"
    while True:
        with contextlib.suppress(OSError, EOFError, InvalidMessage, ConnectionClosed):
            async with connect(address, max_queue=1, close_timeout=1, ping_interval=None) as socket:
                said: dict[str, Any] = {}
                try:
                    await socket.send(json.dumps({"id": 1, "connect": connect_with}))
                    while True:
                        said = json.loads(await socket.recv())
                        if "offset" in said and said["type"] not in ("connected", "ping"):
                            connect_with |= {"epoch": said["epoch"], "offset": said["offset"]}
                        if said.get("type", "ping") != "ping":
                            yield said
                finally:
                    if said.get("type") == "disconnect":
                        assert socket.close_code == said["code"]


async def over_eventsource(url: str, guest: Guest, conversation: str) -> Frames:
    """npm's `eventsource`, signed in as a browser's is."""
    async with client("eventsource.mjs", url=url, conversation=conversation, token=guest.token) as process:
        while True:
            yield await process.says()


async def over_fetch_event_source(url: str, guest: Guest, conversation: str) -> Frames:
    """npm's `@microsoft/fetch-event-source`, signed in with the token."""
    async with client("fetch-event-source.mjs", url=url, conversation=conversation, token=guest.token) as process:
        while True:
            yield await process.says()
