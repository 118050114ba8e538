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
    """Somebody with one open stream. `entries` are what came over it, in order."""

    def __init__(self, url: str, invitation: str | None = None, **session: str) -> None:
        """A guest, unless `session` has an `identity`; in a conversation of their own, unless they are invited."""
        self._client = httpx.Client(base_url=f"{url}/chat/v1", timeout=ANSWER_SECONDS)
        self._client.headers["Authorization"] = f"Bearer {self._post('/sessions', **session)['token']}"
        opened = (
            self._post("/invitations/accept", invitation=invitation) if invitation else self._post("/conversations")
        )
        self._path = f"/conversations/{opened['conversationId']}"
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
        turn = self._turn(f"t{sent.json()['offset']}")
        return [entry["text"] for entry in turn if entry["type"] in ("message.sent", "message.completed")]

    def invite(self) -> str:
        """An invitation for one person."""
        return str(self._post(f"{self._path}/invitations")["invitation"])

    def remembered(self) -> dict[str, Any]:
        """What the bot remembers of this person, by name."""
        answer = self._client.get("/me/memory").raise_for_status()
        return {each["name"]: each["value"] for each in answer.json()["memory"]}

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.post(path, json=body).raise_for_status().json()
        return answer

    def _turn(self, turn_id: str) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        has_begun = False
        deadline = time.monotonic() + ANSWER_SECONDS
        for line in self._lines:
            assert time.monotonic() < deadline, seen
            if line.startswith("data: "):
                entry = json.loads(line.removeprefix("data: "))
                self.entries.append(entry)
                has_begun = has_begun or entry.get("turnId") == turn_id
                if has_begun and entry.get("author", {}).get("role") == "bot":
                    seen.append(entry)
                if has_begun and entry["type"] in ("turn.completed", "turn.failed"):
                    return seen
        raise AssertionError(f"the stream ended: {self.entries}")
