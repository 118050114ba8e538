"""A conversation, and what a client reads of its event stream."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx


async def open_conversation(http: httpx.AsyncClient) -> str:
    return str((await http.post("/chat/v1/conversations", json={})).json()["conversationId"])


async def data(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The data of each frame of an event stream."""
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    async for line in response.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def until_type(frames: AsyncIterator[dict[str, Any]], *types: str) -> dict[str, Any]:
    """Reads on until a frame of one of these types."""
    async for frame in frames:
        if frame["type"] in types:
            return frame
    raise AssertionError(f"the stream ended before {types}")
