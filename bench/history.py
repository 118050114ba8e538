"""How long a page of history takes, wherever in a conversation of 10,000 messages, beside the bare query for as much.

The newest quarter is in Redis, everything is in the archive. A page is asked for over HTTP at an edge of its own
(`python -m channels`): signed in, looked up, put together, as JSON. The query reads so many of the newest messages
before the same place from the same database with SQLAlchemy, and makes nothing of them. Both take turns.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.engine import Engine

from bench.server import ROOT, free_port
from switchboard.archive.archiver import FEED, Archiver
from switchboard.archive.entries import Entries
from switchboard.launch.redis_server import binary
from switchboard.log.connection import connect
from switchboard.log.events import (
    MessageCompleted,
    MessageDelta,
    MessageSent,
    MessageStarted,
    Participant,
    TurnCompleted,
    TurnStarted,
)
from switchboard.log.feed import Feed
from switchboard.log.follower import Follower
from switchboard.log.log import Draft, Log
from switchboard.store.database import Database
from switchboard.store.tables import archived_entries as table
from switchboard.turns.turn import BOT
from tests.support.postgres import postgres_server
from tests.support.redis_server import RedisServer

MESSAGES = 10_000  # every other one is the bot's, streamed in three pieces
PAGE = 100  # messages: the most that there may be
ROUNDS = 5  # over all pages
START_SECONDS, ARCHIVE_SECONDS = 60.0, 600.0
TOLD = ("message.sent", "message.completed")


@dataclass(frozen=True)
class Bare:
    """The query for the messages of a page, on the archive's own index."""

    engine: Engine
    conversation: str
    epoch: str

    def seconds(self, before: int) -> float:
        """For the newest messages before a place, as text."""
        begin = time.perf_counter()
        place = (table.c.conversation == self.conversation, table.c.epoch == self.epoch, table.c.offset < before)
        wanted = select(table.c.json).where(*place, table.c.type.in_(TOLD)).order_by(table.c.offset.desc()).limit(PAGE)
        with self.engine.connect() as connection:
            found = connection.execute(wanted).scalars().all()
        assert found
        return time.perf_counter() - begin


async def measure(folder: Path) -> dict[str, object]:
    """Times of a page in milliseconds, and what it is over the query's, on either database."""
    (folder / "history").mkdir()
    figures: dict[str, object] = {"messages": MESSAGES, "page": PAGE}
    figures["sqlite"] = await _on(folder / "history", f"sqlite:///{folder}/history/archive.db")
    with postgres_server() as postgres:
        figures["postgresql"] = await _on(folder / "history", postgres.url)
    return figures


async def _on(folder: Path, database: str) -> dict[str, float]:
    redis = RedisServer(binary(), folder)
    redis.start()
    try:
        with _edge(redis.url, database) as url:
            async with httpx.AsyncClient(base_url=f"{url}/chat/v1", timeout=30) as http:
                conversation = await _open(http)
                epoch = await _fill(redis.url, database, conversation)
                return await _compare(http, Bare(Database(database).engine(), conversation, epoch))
    finally:
        redis.stop()


@contextlib.contextmanager
def _edge(redis: str, database: str) -> Iterator[str]:
    """Its address, once it serves."""
    port = free_port()
    own = {"REDIS_URL": redis, "DATABASE_URL": database, "SECRET_KEY": "x" * 32, "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "channels", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **own}, stdout=subprocess.DEVNULL) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


async def _open(http: httpx.AsyncClient) -> str:
    """A guest's new conversation, on the client's behalf from now on."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(httpx.TransportError):
            if (await http.get("/health")).status_code == httpx.codes.OK:
                break
        assert time.monotonic() < deadline, "the edge does not start"
        await asyncio.sleep(0.1)
    session = (await http.post("/sessions")).raise_for_status().json()
    http.headers["Authorization"] = f"Bearer {session['token']}"
    return str((await http.post("/conversations")).raise_for_status().json()["conversationId"])


async def _fill(redis: str, database: str, conversation: str) -> str:
    """Question and streamed answer, so many times; the log's epoch, once all of it is archived."""
    client = connect(redis)
    log, follower = Log(client), Follower(client)
    entries, feed = Entries(Database(database)), Feed(client, FEED)
    await feed.register()
    described = await log.describe(conversation)
    guest = next(person for person in described.participants if person.id != BOT.id)
    offset, epoch = described.offset, described.epoch
    async with _working(follower.run(), Archiver(feed, follower, entries, gather_seconds=0.1).run()):
        async with asyncio.timeout(ARCHIVE_SECONDS):
            for number in range(MESSAGES // 2):
                drafts = _exchange(guest, f"t{offset + 1}", number)
                offset = (await log.publish(conversation, *drafts))[-1].offset
            while await entries.end(conversation, epoch) < offset:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.1)
    await client.close()
    return epoch


@contextlib.asynccontextmanager
async def _working(*work: Any) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _exchange(guest: Participant, turn: str, number: int) -> list[Draft]:
    name, pieces = f"m_{number}_answer", ("It is on its way, ", f"as number {number}, ", "and will be there on Monday.")
    return [
        Draft(MessageSent(f"m_{number}", guest, f"Where is my order number {number}?")),
        Draft(TurnStarted(turn, f"m_{number}")),
        Draft(MessageStarted(name, BOT, turn)),
        *(Draft(MessageDelta(name, piece)) for piece in pieces),
        Draft(MessageCompleted(name, BOT, "".join(pieces), turn)),
        Draft(TurnCompleted(turn)),
    ]


async def _compare(http: httpx.AsyncClient, bare: Bare) -> dict[str, float]:
    await _walk(http, bare)  # once for the caches
    rounds = [await _walk(http, bare) for _ in range(ROUNDS)]
    pairs = list(itertools.chain(*rounds))
    pages, queries = sorted(page for page, _ in pairs), sorted(query for _, query in pairs)
    return {
        "pages": len(rounds[0]),
        "page_p50_ms": 1000 * statistics.median(pages),
        "page_p99_ms": 1000 * pages[int(0.99 * len(pages))],
        "page_max_ms": 1000 * pages[-1],
        "slowest_page_ms": 1000
        * max(statistics.median(page for page, _ in same) for same in zip(*rounds, strict=True)),
        "query_p50_ms": 1000 * statistics.median(queries),
        "query_max_ms": 1000 * queries[-1],
        "page_over_query": statistics.median(page / query for page, query in pairs),
    }


async def _walk(http: httpx.AsyncClient, bare: Bare) -> list[tuple[float, float]]:
    """Seconds of each page from the newest to the oldest, and of the query for it."""
    pairs: list[tuple[float, float]] = []
    query, seen = {"limit": str(PAGE)}, 0
    while True:
        begin = time.perf_counter()
        answer = await http.get(f"/conversations/{bare.conversation}/messages", params=query)
        page_seconds = time.perf_counter() - begin
        page = answer.raise_for_status().json()
        assert page["missing"] == []
        seen += len(page["messages"])
        pairs.append((page_seconds, bare.seconds(page["messages"][-1]["offset"] + 1)))
        if page["before"] is None:
            assert seen == MESSAGES
            return pairs
        query["before"] = page["before"]
