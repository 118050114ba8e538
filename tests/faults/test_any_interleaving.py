"""Whatever happens in whatever order, every reader gets the same entries in the same order, or is told of a gap."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from switchboard.log import subscription
from switchboard.log.connection import connect
from switchboard.log.errors import LogError
from switchboard.log.events import MessageDelta, MessageSent, Participant
from switchboard.log.follower import Follower
from switchboard.log.line import EPHEMERAL, Line
from switchboard.log.log import Draft, Log, Position
from switchboard.log.reader import Reader
from switchboard.log.subscription import SlowReader
from switchboard.turns.turn import BOT
from tests.support.waiting import running, until

EXAMPLES = 150
READERS, PROCESSES = 3, 2
QUEUED_LINES = 6  # so that readers fall behind, lines are merged, and the slowest are cut
CONVERSATION = "c"

reader = st.integers(0, READERS - 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(1, 4)),
        st.tuples(st.just("stream"), st.integers(1, 12)),
        st.tuples(st.just("stall"), reader),
        st.tuples(st.just("go_on"), reader),
        st.tuples(st.just("drop"), reader),
        st.tuples(st.just("come_back"), reader),
        st.tuples(st.just("trim"), st.integers(0, 6)),
        st.tuples(st.just("new_epoch"), st.just(0)),
        st.tuples(st.just("cut_redis"), st.just(0)),
        st.tuples(st.just("let_run"), st.integers(1, 5)),
    ),
    max_size=40,
)


class Person:
    """A client that keeps its position, and everything that it was sent."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._task: asyncio.Task[None] | None = None
        self.position: Position | None = None
        self.frames: list[dict[str, Any]] = []
        self.may_read = asyncio.Event()
        self.may_read.set()

    def come_back(self, follower: Follower) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._read(Reader(self._log, follower, CONVERSATION)))

    async def drop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _read(self, reader: Reader) -> None:
        with contextlib.suppress(SlowReader, LogError):  # it will come back
            async with contextlib.aclosing(reader.frames(self.position, self._offer)) as batches:
                async for batch in batches:
                    await self.may_read.wait()
                    for frame in batch:
                        self._take(frame.json, frame.position)

    def _offer(self, line: Line) -> bool:
        if not self.may_read.is_set():
            return False
        self._take(line.json, None if line.offset == EPHEMERAL else Position(line.epoch, line.offset))
        return True

    def _take(self, text: str, position: Position | None) -> None:
        self.frames.append(json.loads(text))
        self.position = position or self.position


class World:
    """One conversation, two processes that serve it, three people that read it."""

    def __init__(self, log: Log, followers: list[Follower]) -> None:
        self._log = log
        self._followers = itertools.cycle(followers)
        self._numbers = itertools.count()
        self.people = [Person(log) for _ in range(READERS)]
        self.said: dict[Position, str] = {}

    async def say(self, count: int) -> None:
        for number in itertools.islice(self._numbers, count):
            await self._publish(MessageSent(f"m{number}", BOT, f"said {number}"), f"said {number}")

    async def stream(self, count: int) -> None:
        for number in itertools.islice(self._numbers, count):
            await self._publish(MessageDelta("m", f"<{number}>"), f"<{number}>")

    async def _publish(self, event: MessageSent | MessageDelta, text: str) -> None:
        (entry,) = await self._log.publish(CONVERSATION, Draft(event))
        self.said[Position(entry.epoch, entry.offset)] = text

    async def stall(self, person: int) -> None:
        self.people[person].may_read.clear()

    async def go_on(self, person: int) -> None:
        self.people[person].may_read.set()

    async def drop(self, person: int) -> None:
        await self.people[person].drop()

    async def come_back(self, person: int) -> None:
        self.people[person].come_back(next(self._followers))

    async def trim(self, kept: int) -> None:
        async for key in self._log.redis.scan_iter(_type="stream"):
            await self._log.redis.xtrim(key, maxlen=kept, approximate=False)

    async def new_epoch(self, _: int) -> None:
        await self._log.redis.flushdb()
        await self._log.start(CONVERSATION, BOT.id, [Participant("g", "customer", "Ada"), BOT])

    async def cut_redis(self, _: int) -> None:
        await self._log.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    async def let_run(self, rounds: int) -> None:
        for _ in range(rounds):
            await self._log.describe(CONVERSATION)

    async def settle(self) -> None:
        """Everybody is there, and has read all."""
        await self.say(1)
        end = list(self.said)[-1]
        for person in self.people:
            person.may_read.set()

        async def all_have_read() -> bool:
            for person in self.people:
                person.come_back(next(self._followers))
            return all(person.position == end for person in self.people)

        await until(all_have_read)
        for person in self.people:
            await person.drop()


def check(frames: list[dict[str, Any]], said: dict[Position, str]) -> None:
    """Each entry follows the one before, or a snapshot that was announced."""
    at: Position | None = None
    announced = False
    for frame in frames:
        if frame["type"] == "connected":
            announced = not frame["recovered"]
        elif frame["type"] == "snapshot":
            assert announced, "a snapshot out of the blue"
            at, announced = Position(frame["epoch"], frame["offset"]), False
        elif "offset" in frame and frame["type"] in ("message.sent", "message.delta"):
            assert at and not announced, "an entry before its snapshot"
            here = Position(frame["epoch"], frame["offset"])
            assert here.epoch == at.epoch
            assert here.offset > at.offset, "an entry twice"
            missing = [said[Position(here.epoch, offset)] for offset in range(at.offset + 1, here.offset + 1)]
            assert frame.get("text", frame.get("delta")) == "".join(missing)
            at = here


@contextlib.asynccontextmanager
async def world(url: str) -> AsyncIterator[World]:
    connections = [connect(url) for _ in range(PROCESSES)]
    followers = [Follower(connection) for connection in connections]
    async with contextlib.AsyncExitStack() as stack:
        for connection, follower in zip(connections, followers, strict=True):
            stack.push_async_callback(connection.connection_pool.disconnect)
            await stack.enter_async_context(running(follower.run()))
        yield World(Log(connections[0]), followers)


async def live_through(url: str, script: list[tuple[str, int]]) -> None:
    async with world(url) as here:
        await here.new_epoch(0)
        for person in range(READERS):
            await here.come_back(person)
        for step, argument in script:
            await getattr(here, step)(argument)
        await here.settle()
        for person in here.people:
            check(person.frames, here.said)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(script=steps)
def test_every_reader_gets_the_same_entries_or_a_declared_gap(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, script: list[tuple[str, int]]
) -> None:
    monkeypatch.setattr(subscription, "MAX_QUEUED_LINES", QUEUED_LINES)
    asyncio.run(live_through(redis_url, script))
