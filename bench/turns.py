"""How long a turn takes, and what it costs, against a plain Rasa with its own REST channel.

Both answer the same message with the same model, tracker store and lock store. One conversation is ten turns long, then
a new one begins. Rounds alternate, and the figure is the median of the rounds' ratios: the machine's mood cancels out.
"""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid

import httpx

from bench.client import Conversation
from bench.server import Pair, Server

ROUNDS = 20
TURNS = 10  # a conversation
MANY = 32  # conversations side by side
MANY_ROUNDS = 6
TEXT = "hello"


class Rest:
    """A conversation over Rasa's REST channel."""

    def __init__(self, http: httpx.AsyncClient, base: str) -> None:
        self._http, self._base, self._sender = http, base, f"bench-{uuid.uuid4().hex}"

    async def open(self) -> None:
        """There is nothing to open."""

    async def turn(self) -> float:
        """Seconds from the request to the answer, which is the response."""
        begin = time.perf_counter()
        answer = await self._http.post(
            f"{self._base}/webhooks/rest/webhook",
            json={"sender": self._sender, "message": TEXT},
        )
        assert answer.json(), "Rasa answered nothing"
        return time.perf_counter() - begin

    async def close(self) -> None:
        """There is nothing to close."""


class Ours:
    """A conversation over `POST` and its event stream."""

    def __init__(self, http: httpx.AsyncClient, base: str) -> None:
        self._http, self._base = http, base

    async def open(self) -> None:
        """Sign in, open the conversation and its stream."""
        self._conversation = await Conversation.open(self._http, self._base)
        self._entries = self._conversation.entries()
        async for entry in self._entries:
            if entry["type"] == "snapshot":
                break

    async def turn(self) -> float:
        """Seconds from the request to the first entry of the answer on the stream."""
        begin, answered = time.perf_counter(), 0.0
        sending = asyncio.create_task(self._conversation.send(TEXT))
        async for entry in self._entries:
            if entry["type"] == "message.sent" and entry["author"]["role"] == "bot":
                answered = answered or time.perf_counter() - begin
            if entry["type"] == "turn.completed":
                break
        await sending
        return answered

    async def close(self) -> None:
        """Leave the stream."""
        await self._entries.aclose()


async def compare(pair: Pair) -> dict[str, float]:
    """Latency at one conversation, and CPU per turn at 32, each as ours over REST."""
    both = ((pair.ours, Ours), (pair.rest, Rest))
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=4 * MANY), timeout=60) as http:
        for server, chat in both:
            await _latency(server, http, chat)
        pairs = [[await _latency(server, http, chat) for server, chat in both] for _ in range(ROUNDS)]
        costs = [[await _cost(server, http, chat) for server, chat in both] for _ in range(MANY_ROUNDS)]
    return {
        "latency_ours_ms": 1000 * statistics.median(ours for ours, _ in pairs),
        "latency_rest_ms": 1000 * statistics.median(rest for _, rest in pairs),
        "latency_ratio": statistics.median(ours / rest for ours, rest in pairs),
        "cpu_per_turn_ours_ms": 1000 * statistics.median(ours for ours, _ in costs),
        "cpu_per_turn_rest_ms": 1000 * statistics.median(rest for _, rest in costs),
        "turns_per_cpu_second_ratio": statistics.median(rest / ours for ours, rest in costs),
    }


async def _latency(server: Server, http: httpx.AsyncClient, kind: type[Rest | Ours]) -> float:
    """The median turn of one conversation, in seconds."""
    chat = kind(http, server.url)
    await chat.open()
    times = [await chat.turn() for _ in range(TURNS)]
    await chat.close()
    return statistics.median(times)


async def _cost(server: Server, http: httpx.AsyncClient, kind: type[Rest | Ours]) -> float:
    """CPU seconds of the server a turn, with many conversations at once."""
    chats = [kind(http, server.url) for _ in range(MANY)]
    await asyncio.gather(*(chat.open() for chat in chats))
    before = server.cpu_seconds()
    await asyncio.gather(*(_hold(chat) for chat in chats))
    used = server.cpu_seconds() - before
    await asyncio.gather(*(chat.close() for chat in chats))
    return used / (MANY * TURNS)


async def _hold(chat: Rest | Ours) -> None:
    for _ in range(TURNS):
        await chat.turn()
