"""Replies in a conversation of ours, and outside of one."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox, Lease
from switchboard.log.log import Log
from switchboard.reply import Reply
from switchboard.runtime import Runtime
from switchboard.store.database import Database
from switchboard.store.history import History, TaskRecord
from switchboard.turns.stops import Stops
from switchboard.turns.turn import Turn
from tests.support.people import ask, start


def tracker(conversation: str, metadata: dict[str, Any]) -> Tracker:
    """What an action is called with."""
    return Tracker(conversation, {}, {"metadata": metadata}, [], False, None, {}, "action_listen")


@dataclass
class Stage:
    """An action's surroundings, in one turn."""

    services: Runtime
    inbox: Inbox
    lease: Lease
    dispatcher: CollectingDispatcher

    def reply(self) -> Reply:
        """A reply in the turn."""
        turn = Turn.of(self.services.log, self.lease)
        return Reply(self.dispatcher, tracker("c_1", {"turn": turn.context("action_it 0")}), self.services)

    async def entries(self) -> list[dict[str, Any]]:
        """What stands on the log after the turn's start."""
        lines = await self.services.log.read("c_1", self.lease.offset + 1, count=10_000)
        return [json.loads(line.json) for line in lines]

    async def types(self) -> list[str]:
        """Their types."""
        return [entry["type"] for entry in await self.entries()]

    async def history(self) -> list[TaskRecord]:
        """The tasks on record."""
        return await self.services.history.of("c_1")


@pytest.fixture
async def stage(log: Log, tmp_path: Path) -> Stage:
    await start(log)
    await ask(log, "c_1", "hello")
    inbox = Inbox(log.redis)
    lease = await inbox.take("c_1")
    assert lease is not None
    services = Runtime(log, History(Database(f"sqlite:///{tmp_path}/h.db")))
    return Stage(services, inbox, lease, CollectingDispatcher())


@contextlib.asynccontextmanager
async def stoppable(stage: Stage) -> AsyncIterator[Stage]:
    """The same stage, where stopping is heard."""
    log = stage.services.log
    stops = Stops(log, Follower(log.redis))
    yield dataclasses.replace(stage, services=dataclasses.replace(stage.services, stops=stops))
    for hearing in stops._tasks:
        hearing.cancel()
    await asyncio.gather(*stops._tasks, return_exceptions=True)
