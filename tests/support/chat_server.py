"""A guest in one conversation, for tests that are not about how one comes to have it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from channels.services import Chat
from switchboard.log.log import Draft
from tests.support.edge import Edge

SECRET = "a secret for tests, of 32 characters or more"
HOME = "https://shop.example"


@dataclass
class Guest:
    """A signed-in customer with a conversation."""

    http: httpx.AsyncClient
    token: str
    conversation: str
    participant: dict[str, str]

    @property
    def path(self) -> str:
        """The conversation's."""
        return f"/chat/v1/conversations/{self.conversation}"

    @property
    def headers(self) -> dict[str, str]:
        """Who calls."""
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
    """The edge, with a client that has not signed in."""

    edge: Edge
    http: httpx.AsyncClient

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.edge.url

    @property
    def chat(self) -> Chat:
        """Its services."""
        return self.edge.chat

    async def guest(self) -> Guest:
        """Somebody new."""
        session = (await self.http.post("/chat/v1/sessions")).json()
        headers = {"Authorization": f"Bearer {session['token']}"}
        opened = (await self.http.post("/chat/v1/conversations", json={}, headers=headers)).json()
        return Guest(self.http, session["token"], opened["conversationId"], session["participant"])

    async def append(self, guest: Guest, *drafts: Draft) -> None:
        """What somebody else puts on the log."""
        await self.chat.log.publish(guest.conversation, *drafts)
