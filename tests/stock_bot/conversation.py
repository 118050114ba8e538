"""A customer who speaks the protocol over HTTP, as in docs/protocol.md."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import httpx

ANSWER_SECONDS = 30.0


class Conversation:
    """A guest with one open stream. `entries` are what came over it, in order."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/chat/v1", timeout=ANSWER_SECONDS)
        token = self._client.post("/sessions", json={}).raise_for_status().json()["token"]
        self._client.headers["Authorization"] = f"Bearer {token}"
        self._path = (
            f"/conversations/{self._client.post('/conversations', json={}).raise_for_status().json()['conversationId']}"
        )
        self.entries: list[dict[str, Any]] = []
        self._stream = self._client.stream("GET", f"{self._path}/stream")

    def __enter__(self) -> Conversation:
        self._lines: Iterator[str] = self._stream.__enter__().iter_lines()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.__exit__(kind, error, trace)
        self._client.close()

    def say(self, text: str) -> list[str]:
        """Send a message, read the stream to the end of the turn, return the bot's texts."""
        sent = self._client.post(f"{self._path}/messages", json={"clientMessageId": uuid.uuid4().hex, "text": text})
        assert sent.status_code == 202, sent.text
        return [entry["text"] for entry in self._turn() if entry["type"] in ("message.sent", "message.completed")]

    def _turn(self) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        deadline = time.monotonic() + ANSWER_SECONDS
        for line in self._lines:
            assert time.monotonic() < deadline, seen
            if line.startswith("data: "):
                entry = json.loads(line.removeprefix("data: "))
                self.entries.append(entry)
                if entry.get("author", {}).get("role") == "bot":
                    seen.append(entry)
                if entry["type"] in ("turn.completed", "turn.failed"):
                    return seen
        raise AssertionError(f"the stream ended: {self.entries}")
