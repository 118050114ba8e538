"""Workers beside each other, and an engine that does as the test says."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis.asyncio

from switchboard.log.events import Button, MessageSent
from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox
from switchboard.log.log import Log
from switchboard.turns.turn import AGAIN, BOT, Apology, Turn
from switchboard.turns.worker import Worker
from tests.support.waiting import running, until

SHORT_LEASE_MS = 300
SOON = 0.05  # seconds between looks for what no wake-up announced


@dataclass
class Engine:
    """Answers with the question; a question that was named first waits for its gate, another one fails."""

    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    begun: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    asked: list[str] = field(default_factory=list)

    async def answer(self, turn: Turn) -> None:
        text = turn.message.text
        self.asked.append(text)
        await turn.say(MessageSent(f"{turn.id}a", BOT, f"You said {text}.", turn_id=turn.id))
        self.begun[text].set()
        if text in self.gates:
            await self.gates[text].wait()
        if text in self.errors:
            raise self.errors[text]
        await turn.say(MessageSent(f"{turn.id}b", BOT, f"And {text} it is.", turn_id=turn.id))

    def apology(self) -> Apology:
        return Apology("Sorry.", (Button("Again", AGAIN), Button("A person", "/person")))


@pytest.fixture
async def follower(client: redis.asyncio.Redis[str]) -> AsyncIterator[Follower]:
    following = Follower(client)
    async with running(following.run()):
        yield following


@contextlib.asynccontextmanager
async def working(log: Log, follower: Follower, engine: Engine, **options: Any) -> AsyncIterator[asyncio.Task[None]]:
    """A worker with a lease of its own."""
    inbox = Inbox(log.redis, lease_ms=SHORT_LEASE_MS)
    serving = Worker(log, inbox, follower, engine, **{"rescan_seconds": SOON, "drain_seconds": 0.0, **options})
    async with running(serving.run()) as task:
        yield task


async def entries(log: Log, conversation: str = "c_1") -> list[dict[str, Any]]:
    return [json.loads(line.json) for line in await log.read(conversation, 3, count=10_000)]


async def told(log: Log, conversation: str = "c_1") -> list[str]:
    """What was said and what became of the turns, in short."""
    return [entry.get("text") or entry.get("reason") or entry["type"] for entry in await entries(log, conversation)]


async def answered(log: Log, *conversations: str) -> None:
    """Until nothing waits any more."""

    async def idle() -> bool:
        return not await Inbox(log.redis).waiting()

    await until(idle)


def answer_of(text: str) -> list[str]:
    return ["turn.started", f"You said {text}.", f"And {text} it is.", "turn.completed"]


async def is_answered(log: Log, conversation: str, text: str) -> bool:
    return (await told(log, conversation))[-1:] == ["turn.completed"] and text in await told(log, conversation)
