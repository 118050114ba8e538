"""A client that does as little as a client can, so that the server is what is measured."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncGenerator
from typing import Any

import httpx


class Conversation:
    """One guest's conversation, with its stream open."""

    def __init__(self, http: httpx.AsyncClient, base: str, token: str, conversation_id: str) -> None:
        self._http = http
        self.id = conversation_id
        self._url = f"{base}/chat/v1/conversations/{conversation_id}"
        self._headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    async def open(cls, http: httpx.AsyncClient, base: str) -> Conversation:
        """A new guest and a new conversation."""
        session = (await http.post(f"{base}/chat/v1/sessions")).json()
        headers = {"Authorization": f"Bearer {session['token']}"}
        opened = (await http.post(f"{base}/chat/v1/conversations", headers=headers)).json()
        return cls(http, base, session["token"], opened["conversationId"])

    async def send(self, text: str) -> None:
        """Returns once the message is accepted."""
        body = {"clientMessageId": uuid.uuid4().hex, "text": text}
        (await self._http.post(f"{self._url}/messages", json=body, headers=self._headers)).raise_for_status()

    async def entries(self) -> AsyncGenerator[dict[str, Any], None]:
        """Every frame of the stream."""
        async with self._http.stream("GET", f"{self._url}/stream", headers=self._headers, timeout=None) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line[6:])
