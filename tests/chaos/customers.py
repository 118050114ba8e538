"""Customers who talk to the bot through the proxy, whatever is killed behind it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

AT_ONCE = 3  # messages that somebody in a hurry sends before the first is answered
PAUSE_SECONDS = 0.2  # before a request or a stream is tried again
QUIET_SECONDS = 20.0  # a stream has a ping every 15
BUSY = (429, 502, 503, 504)
TOWNS, DAYS = ("Leeds", "York", "Hull"), ("Monday", "Tuesday", "Sunday")


def lines(dice: random.Random) -> Iterator[str]:
    """What one customer says, for ever. It makes sense in this order only."""
    for number in itertools.count():
        match dice.randrange(7):
            case 0:
                yield "hello"
            case 1:
                yield from (f"remember {dice.choice(('Ada', 'Grace', 'Alan'))}{number}", "who")
            case 2:
                yield from ("choose", "yes")
            case 3:
                yield f"stream {number}"
            case 4:
                yield f"cancel {number}"
            case 5:
                yield f"pay {number}"
            case 6:
                yield from ("book", dice.choice(TOWNS), dice.choice(DAYS))


@dataclass
class Progress:
    """How many messages of all customers have come to an end."""

    ended: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def add(self) -> None:
        async with self._changed:
            self.ended += 1
            self._changed.notify_all()

    async def reach(self, number: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self.ended >= number)


@dataclass(frozen=True)
class Accepted:
    """A message that the server took."""

    text: str
    message_id: str
    offset: int

    @property
    def turn(self) -> str:
        return f"t{self.offset}"


@dataclass
class Customer:
    """One person, with a conversation and a stream of it."""

    http: httpx.AsyncClient
    progress: Progress
    name: str
    conversation: str = ""
    accepted: list[Accepted] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)  # every entry of the stream
    gaps: int = 0
    _headers: dict[str, str] = field(default_factory=dict)
    _ended: dict[str, asyncio.Event] = field(default_factory=dict)

    async def talk(self, says: list[str], dice: random.Random) -> None:
        """Say all of it, mostly one thing after the other, and wait for the last answer."""
        session = await self._post("/sessions", {"name": self.name})
        self._headers["Authorization"] = f"Bearer {session['token']}"
        opened = await self._post("/conversations", {})
        self.conversation = opened["conversationId"]
        reading: asyncio.Task[None] | None = None
        try:
            for text in says:
                await self._say(text)
                reading = reading or asyncio.create_task(self._read())
                if dice.randrange(AT_ONCE) == 0 or len(self._unanswered()) >= AT_ONCE:
                    await self._answered()
            await self._answered()
        finally:
            if reading:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _say(self, text: str) -> None:
        body = {"clientMessageId": uuid.uuid4().hex, "text": text}
        answer = await self._post(f"/conversations/{self.conversation}/messages", body)
        message = Accepted(text, answer["messageId"], answer["offset"])
        self._ended.setdefault(message.turn, asyncio.Event())
        self._headers.setdefault("Last-Event-ID", f"{answer['epoch']}.0")
        self.accepted.append(message)

    def _unanswered(self) -> list[asyncio.Event]:
        return [ended for ended in self._ended.values() if not ended.is_set()]

    async def _answered(self) -> None:
        for ended in self._unanswered():
            await ended.wait()

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        """Until the server takes it; its client's id keeps a message from being taken twice."""
        while True:
            with contextlib.suppress(httpx.TransportError):
                response = await self.http.post(f"/chat/v1{path}", json=body, headers=self._headers)
                if response.status_code not in BUSY:
                    response.raise_for_status()
                    return response.json()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _read(self) -> None:
        while True:
            with contextlib.suppress(httpx.TransportError):
                async for frame in self._frames():
                    await self._take(frame)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _frames(self) -> AsyncIterator[dict[str, Any]]:
        url = f"/chat/v1/conversations/{self.conversation}/stream"
        patience = httpx.Timeout(10.0, read=QUIET_SECONDS)
        async with self.http.stream("GET", url, headers=self._headers, timeout=patience) as response:
            if response.status_code != 200:
                return
            async for line in response.aiter_lines():
                if line.startswith("id: "):
                    self._headers["Last-Event-ID"] = line.removeprefix("id: ").strip()
                elif line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    async def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "connected":
            self.gaps += not frame["recovered"]
        elif "timestamp" in frame and "offset" in frame:
            self.seen.append(frame)
        if frame["type"] in ("turn.completed", "turn.failed"):
            ended = self._ended.setdefault(frame["turnId"], asyncio.Event())
            if not ended.is_set():
                ended.set()
                await self.progress.add()
