"""How long a chunk that an action writes takes to a client, with 1,000 of them in one reply."""

from __future__ import annotations

import statistics
import time
from typing import Any

import httpx

from bench.client import Conversation
from bench.server import Server

TEXT = "count for me"
CHUNKS = 1_000


async def measure(server: Server) -> dict[str, float]:
    """Delays in milliseconds. Raises `AssertionError` unless all chunks came, in order, and made up the final text."""
    delays: list[float] = []
    streamed, final, deltas = "", "", 0
    async with httpx.AsyncClient(timeout=60) as http:
        conversation = await Conversation.open(http, server.url)
        async for entry in conversation.entries():
            now = time.time_ns()
            if entry["type"] == "snapshot":
                await conversation.send(TEXT)
            elif entry["type"] == "message.delta":
                streamed, deltas = streamed + entry["delta"], deltas + 1
                delays += [(now - int(stamp)) / 1e6 for stamp in _stamps(entry)]
            elif entry["type"] == "message.completed":
                final = entry["text"]
            elif entry["type"].startswith("turn.") and entry["type"] != "turn.started":
                break
    numbers = [int(chunk.partition(":")[0]) for chunk in streamed.split()]
    assert numbers == list(range(CHUNKS)), "chunks are missing or out of order"
    assert streamed.strip() == final, "the final text is not what was streamed"
    return {
        "chunks": CHUNKS,
        "entries": deltas,
        "delay_p50_ms": statistics.median(delays),
        "delay_p99_ms": statistics.quantiles(delays, n=100)[-1],
    }


def _stamps(entry: dict[str, Any]) -> list[str]:
    return [chunk.partition(":")[2] for chunk in entry["delta"].split()]
