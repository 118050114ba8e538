"""A real server on a loopback port, without Rasa, and clients of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import websockets
from sanic import Sanic

from channels.blueprint import ChatBlueprint
from channels.services import Chat
from switchboard.identity import Session
from switchboard.log.events import Participant
from switchboard.log.log import Draft
from switchboard.settings import Settings

SECRET = "a secret for tests, of 32 characters or more"
HOME = "https://shop.example"


@dataclass
class Guest:
    """A signed-in customer with a conversation."""

    http: httpx.AsyncClient
    token: str
    conversation: str
    epoch: str
    participant: dict[str, str]

    @property
    def path(self) -> str:
        return f"/chat/v1/conversations/{self.conversation}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def send(self, **message: Any) -> httpx.Response:
        """A message; an id is made up unless one is given."""
        body = {"clientMessageId": uuid.uuid4().hex, **message}
        return await self.http.post(f"{self.path}/messages", json=body, headers=self.headers)

    async def raw(self, content: bytes) -> httpx.Response:
        """Any bytes as a message."""
        return await self.http.post(f"{self.path}/messages", content=content, headers=self.headers)

    async def snapshot(self) -> dict[str, Any]:
        """The conversation as it is."""
        answer = await self.http.get(self.path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        return state

    async def texts(self) -> list[str]:
        """What was said."""
        return [message["text"] for message in (await self.snapshot())["messages"]]


@dataclass
class Server:
    """The chat, served."""

    app: Sanic
    url: str
    http: httpx.AsyncClient
    stop: Callable[[], Any]

    @property
    def chat(self) -> Chat:
        chat: Chat = self.app.ctx.chat
        return chat

    async def guest(self) -> Guest:
        """Somebody new."""
        session = (await self.http.post("/chat/v1/sessions")).json()
        headers = {"Authorization": f"Bearer {session['token']}"}
        opened = (await self.http.post("/chat/v1/conversations", json={}, headers=headers)).json()
        return Guest(self.http, session["token"], opened["conversationId"], opened["epoch"], session["participant"])

    def sign(self, guest: Guest, expires_at: int) -> str:
        """A token of a guest that ends when the test wants."""
        who = guest.participant
        return self.chat.sessions.sign(Session(Participant(who["id"], "customer", who["name"]), expires_at))

    async def append(self, guest: Guest, *drafts: Draft) -> None:
        """What somebody else puts on the log."""
        await self.chat.log.publish(guest.conversation, *drafts)

    @contextlib.asynccontextmanager
    async def stream(self, guest: Guest, **headers: str) -> AsyncIterator[AsyncIterator[str]]:
        """The frames of an SSE stream, as text."""
        path = f"{guest.path}/stream"
        async with self.http.stream("GET", path, headers=guest.headers | headers, timeout=20) as response:
            assert response.status_code == 200, await response.aread()
            yield _frames(response)

    @contextlib.asynccontextmanager
    async def socket(self, guest: Guest, **options: Any) -> AsyncIterator[websockets.WebSocketClientProtocol]:
        """A WebSocket that has not said `connect` yet."""
        async with websockets.connect(f"ws{self.url[4:]}{guest.path}/socket", **options) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def connected(self, guest: Guest, **options: Any) -> AsyncIterator[websockets.WebSocketClientProtocol]:
        """A WebSocket that has read its snapshot."""
        async with self.socket(guest, **options) as connection:
            await connection.send(json.dumps({"id": 1, "connect": {"token": guest.token}}))
            for _ in range(3):  # the reply, connected, the snapshot
                await connection.recv()
            yield connection


async def _frames(response: httpx.Response) -> AsyncIterator[str]:
    buffer = ""
    async for text in response.aiter_text():
        buffer += text
        while "\n\n" in buffer:
            frame, _, buffer = buffer.partition("\n\n")
            yield frame


def data_of(frame: str) -> dict[str, Any]:
    """The JSON of an SSE frame."""
    data: dict[str, Any] = json.loads(frame.split("data: ", 1)[1])
    return data


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Server]:
    """A server that runs in the test's own loop."""
    Sanic.test_mode = True
    app = Sanic(f"t{uuid.uuid4().hex}", configure_logging=False)
    app.blueprint(ChatBlueprint(settings))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = await app.create_server(sock=listening, return_asyncio_server=True)
        assert server is not None
        await server.startup()
        await server.before_start()
        await server.after_start()
        stopped = False

        async def stop() -> None:
            nonlocal stopped
            if not stopped:
                stopped = True
                await server.before_stop()
                await server.close()
                await server.after_stop()

        async with httpx.AsyncClient(base_url=url, timeout=20) as http:
            try:
                yield Server(app, url, http, stop)
            finally:
                await stop()


async def gone(condition: Callable[[], bool]) -> None:
    """Until the server has noticed that a client left."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)
