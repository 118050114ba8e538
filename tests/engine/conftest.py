"""A real Rasa agent, a real action server, and a worker that brings them the questions."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import logging
import socket
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio
from sanic import Sanic

from switchboard.log import snapshot
from switchboard.log.events import MessageSent, Participant
from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox
from switchboard.log.log import Draft, Log
from switchboard.runtime import runtime
from switchboard.turns.worker import Worker
from tests.support import tiny_bot
from tests.support.people import ADA, start
from tests.support.waiting import running, until


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bot, trained."""
    return trained(tmp_path_factory.mktemp("tiny_bot"))


@pytest.fixture(scope="session")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another bot that understands the same, and has other names and words for it."""
    return trained(tmp_path_factory.mktemp("other_bot"), tiny_bot.OTHER)


def trained(folder: Path, changes: Mapping[str, str] | None = None) -> Path:
    """A model, made in a thread of its own, since Rasa runs an event loop."""
    import structlog
    from rasa.model_training import train

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    tiny_bot.write(folder, changes)
    files = [str(folder / name) for name in ("domain.yml", "config.yml", "data.yml")]
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as thread:
        result = thread.submit(train, files[0], files[1], files[2:], output=str(folder)).result()
    assert result.model is not None
    return Path(result.model)


@pytest.fixture(autouse=True)
def surroundings(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What Rasa's process and the action server read from their environment."""
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/history.db")
    runtime.cache_clear()
    yield
    runtime.cache_clear()


@pytest.fixture
async def action_url() -> AsyncIterator[str]:
    """A real action server with the tiny bot's actions."""
    from rasa_sdk.endpoint import create_app

    Sanic.test_mode = True
    async with served(create_app(tiny_bot.__name__)) as url:
        yield f"{url}/webhook"


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The URL of a Sanic app on this event loop."""
    app.name = f"app_{uuid.uuid4().hex}"
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
        assert server is not None
        await server.startup()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        await server.close()


@dataclass
class Talk:
    """A conversation with the bot."""

    log: Log
    engine: Any
    agent: Any
    id: str

    async def ask(self, text: str, author: Participant = ADA, **more: Any) -> None:
        """Say something, without waiting for the answer."""
        message = MessageSent(f"m_{uuid.uuid4().hex}", author, text, **more)
        await self.log.publish(self.id, Draft(message), asks=True)

    async def answered(self) -> None:
        """Until nothing waits for an answer."""

        async def idle() -> bool:
            return not await Inbox(self.log.redis).waiting()

        await until(idle)

    async def say(self, text: str, **more: Any) -> list[dict[str, Any]]:
        """Say something; the messages of the bot that come back."""
        before = len((await self.state())["messages"])
        await self.ask(text, **more)
        await self.answered()
        messages: list[dict[str, Any]] = (await self.state())["messages"][before + 1 :]
        return messages

    async def state(self) -> dict[str, Any]:
        """The snapshot."""
        return (await snapshot.take(self.log, await self.log.describe(self.id)))[1]

    async def ends(self) -> list[str]:
        """How the turns ended."""
        entries = [json.loads(line.json) for line in await self.log.read(self.id, 0, count=10_000)]
        return [
            entry.get("reason", "completed") for entry in entries if entry["type"] in ("turn.completed", "turn.failed")
        ]

    async def tracker(self) -> list[dict[str, Any]]:
        """What Rasa has stored of the conversation."""
        tracker = await self.agent.tracker_store.retrieve_full_tracker(self.id)
        return [event.as_dict() for event in tracker.events] if tracker else []


def said(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """Who said what, of a tracker's events."""
    return [(event["event"], event.get("text")) for event in events if event["event"] in ("user", "bot")]


@pytest.fixture
async def talk(
    model: Path, action_url: str, log: Log, client: redis.asyncio.Redis[str], surroundings: None
) -> AsyncIterator[Talk]:
    """A conversation that a worker answers with the tiny bot."""
    from rasa.core.agent import Agent
    from rasa.shared.core.domain import Domain

    from switchboard.engine.lock_store import LockStore
    from switchboard.engine.rasa_engine import RasaEngine
    from switchboard.engine.tracker_store import TrackerStore

    agent = Agent.load(str(model), tracker_store=TrackerStore(Domain.empty()), lock_store=LockStore())
    engine = RasaEngine(agent, action_url, ["mood"])
    follower = Follower(client)
    worker = Worker(log, Inbox(client, lease_ms=2_000), follower, engine, rescan_seconds=0.05, drain_seconds=0.0)
    conversation = await start(log)
    async with running(follower.run()), running(worker.run()):
        yield Talk(log, engine, agent, conversation)
