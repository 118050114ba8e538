"""Asks the servers over HTTP whether they can work yet. Their logs are no proof: Rasa may hide its "up and running"."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from switchboard.launch.errors import NotReady
from switchboard.launch.processes import Child

HEALTH = "/chat/v1/health"  # of whatever serves the chat
HEALTH_OF_ACTIONS = "/health"
POLL_SECONDS = 0.1
ANSWER_SECONDS = 2.0
READY_SECONDS = 300.0  # The first import of TensorFlow on a slow disk takes minutes.
STUCK_SECONDS = 15.0  # A server that answers, but says "not ready" for this long, waits for what will not come.
ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """What a health address said."""

    status: int
    body: Mapping[str, object] = field(default_factory=dict)


async def wait_until_ready(child: Child, host: str, port: int, path: str) -> Answer:
    """Poll until the answer is neither an error of the server nor missing.

    Raises `ChildDied` if the process ends first, and `NotReady` after `READY_SECONDS`, or after `STUCK_SECONDS` of
    answers that say "not ready". A 404 is returned as an answer: the server serves, but has no such address.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + READY_SECONDS
    while True:
        answer = await get(host, port, path)
        if not child.alive:
            raise child.died()
        if answer and answer.status < 500:
            return answer
        if answer:
            deadline = min(deadline, clock() + STUCK_SECONDS)
        if clock() > deadline:
            raise NotReady(f"The {child.name} process runs, but does not get ready.{child.last_words()}")
        await asyncio.sleep(POLL_SECONDS)


async def get(host: str, port: int, path: str) -> Answer | None:
    """One `GET`; None if nobody answers. An answer that is not JSON has an empty body."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):  # `asyncio.wait_for` swallows a cancellation
            return await _get(host, port, path)
    except (OSError, asyncio.IncompleteReadError, ValueError):
        return None  # Not there yet, which is what the caller asks about.


async def _get(host: str, port: int, path: str) -> Answer:
    reader, writer = await asyncio.open_connection(reachable(host), port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        head = await reader.readuntil(b"\r\n")
        content = await reader.read(ANSWER_BYTES)
    finally:
        writer.close()
    return Answer(int(head.split()[1]), _json_object(content.partition(b"\r\n\r\n")[2]))


def _json_object(content: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def reachable(host: str) -> str:
    """An address to call a server at that listens on `host`."""
    return {
        "0.0.0.0": "127.0.0.1",  # noqa: S104 - called, not bound
        "::": "::1",
        "": "127.0.0.1",
    }.get(host, host)
