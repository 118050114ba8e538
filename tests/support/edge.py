"""The channels in a plain Sanic server, without Rasa, and clients that talk to it over real sockets."""

from __future__ import annotations

import contextlib
import json
import socket
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
from sanic import Sanic

from channels.blueprint import ChatBlueprint
from channels.services import Chat
from switchboard.settings import Settings
from tests.support.waiting import bounded


@dataclass
class Guest:
    """Somebody signed in, with a client of their own."""

    http: httpx.AsyncClient
    participant: str
    token: str

    async def open(self) -> str:
        """A new conversation's id."""
        response = await self.http.post("/chat/v1/conversations", json={})
        assert response.status_code == 201
        return str(response.json()["conversationId"])

    async def send(self, conversation: str, **body: Any) -> httpx.Response:
        """A message; a clientMessageId is made up if none is given."""
        return await self.http.post(
            f"/chat/v1/conversations/{conversation}/messages", json={"clientMessageId": uuid.uuid4().hex, **body}
        )

    async def post(self, conversation: str, content: bytes | AsyncIterator[bytes]) -> httpx.Response:
        """Any bytes as the body of a message."""
        return await self.http.post(f"/chat/v1/conversations/{conversation}/messages", content=content)

    async def snapshot(self, conversation: str) -> dict[str, Any]:
        """The conversation as of now."""
        response = await self.http.get(f"/chat/v1/conversations/{conversation}")
        assert response.status_code == 200
        state: dict[str, Any] = response.json()
        return state

    @contextlib.asynccontextmanager
    async def stream(self, conversation: str, **headers: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """The frames of the event stream."""
        url = f"/chat/v1/conversations/{conversation}/stream"
        async with bounded(), self.http.stream("GET", url, headers=headers) as response:
            assert response.status_code == 200
            yield frames(response)


async def frames(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The data of each frame, parsed, but for pings, which come when they come."""
    async for line in response.aiter_lines():
        if line.startswith("data: ") and not line.startswith('data: {"type":"ping"'):
            yield json.loads(line.removeprefix("data: "))


@dataclass
class Edge:
    """A running server."""

    url: str
    chat: Chat
    app: Sanic

    @contextlib.asynccontextmanager
    async def guest(self, name: str = "Ada") -> AsyncIterator[Guest]:
        """A new guest."""
        async with httpx.AsyncClient(base_url=self.url, timeout=10) as http:
            session = (await http.post("/chat/v1/sessions", json={"name": name})).json()
            http.headers["Authorization"] = f"Bearer {session['token']}"
            yield Guest(http, session["participant"]["id"], session["token"])


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Edge]:
    """The server, on a free port of the loopback interface."""
    Sanic.test_mode = True
    app = Sanic(f"edge_{uuid.uuid4().hex}", configure_logging=False)
    app.blueprint(ChatBlueprint(settings))
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    assert server is not None
    await server.startup()
    await server.before_start()
    await server.after_start()
    try:
        yield Edge(f"http://127.0.0.1:{listening.getsockname()[1]}", app.ctx.chat, app)
    finally:
        await server.before_stop()
        await server.close()
        await server.after_stop()
