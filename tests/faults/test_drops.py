"""Connections that break: nothing is lost, nothing comes twice, and no gap goes unsaid."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from switchboard.log.events import MessageDelta, MessageSent, MessageStarted, Participant
from switchboard.log.follower import Follower
from switchboard.log.log import Draft, Log, Position
from switchboard.log.reader import Frame, Reader
from switchboard.turns.turn import BOT
from tests.support.cable import Shears
from tests.support.edge import Edge, Guest, frames
from tests.support.resuming import Frames, over_eventsource, over_fetch_event_source, over_sse, over_websocket
from tests.support.waiting import running, until

KILLS = 100
DELTAS_PER_KILL = 10
WORDS = ("Grüße, ", "世界", " 👋🏽 ", "naïve", " ﷽", " e\u0301nd")
RECONNECTS = 1_000
ROUNDS = 1_000
BOUND_SECONDS = 90
CLIENTS: dict[str, Callable[[str, Guest, str], Frames]] = {
    "eventsource": over_eventsource,
    "fetch-event-source": over_fetch_event_source,
    "plain-sse": over_sse,
    "plain-websocket": over_websocket,
}


@pytest.fixture
def shears(edge: Edge) -> Iterator[Shears]:
    """Cuts so early that ten deltas always meet one."""
    cable = Shears(int(edge.url.rsplit(":", 1)[1]), most=1_500)
    yield cable
    cable.close()


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
async def test_a_hundred_cuts_in_a_thousand_deltas_change_no_byte(
    edge: Edge, ada: Guest, shears: Shears, client: Callable[[str, Guest, str], Frames]
) -> None:
    conversation = await ada.open()
    words = [word for word, _ in zip(itertools.cycle(WORDS), range(KILLS * DELTAS_PER_KILL), strict=False)]
    first = asyncio.Event()
    got: list[dict[str, Any]] = []

    async def read() -> None:
        async with contextlib.aclosing(client(shears.url, ada, conversation)) as frames:
            async for frame in frames:
                if frame["type"] == "snapshot":
                    assert not first.is_set(), "every cut was recovered"
                    first.set()
                elif frame["type"] == "message.delta":
                    got.append(frame)
                    if frame["offset"] == last:
                        return

    async with asyncio.timeout(BOUND_SECONDS):
        start = await edge.chat.log.publish(conversation, Draft(MessageStarted("m_1", BOT, "t1")))
        last = start[0].offset + len(words)
        reading = asyncio.create_task(read())
        await first.wait()
        shears.cutting = True
        for kill in range(KILLS):
            for word in words[kill * DELTAS_PER_KILL : (kill + 1) * DELTAS_PER_KILL]:
                await edge.chat.log.publish(conversation, Draft(MessageDelta("m_1", word)))

            async def was_cut(kills: int = kill) -> bool:
                return shears.kills > kills or reading.done()

            await until(was_cut)
        shears.cutting = False
        await reading
    assert shears.kills >= KILLS
    assert "".join(frame["delta"] for frame in got) == "".join(words)
    offsets = [frame["offset"] for frame in got]
    assert offsets == sorted(set(offsets))


async def test_all_of_a_thousand_reconnects_recover(edge: Edge, ada: Guest) -> None:
    """At once after a drop, every other time before any entry had come."""
    conversation = await ada.open()
    url = f"/chat/v1/conversations/{conversation}/stream"
    async with ada.stream(conversation) as first:
        await anext(first)
        snapshot = await anext(first)
    position, got, said = f"{snapshot['epoch']}.{snapshot['offset']}", [], []
    async with asyncio.timeout(BOUND_SECONDS):
        for n in range(RECONNECTS):
            if n % 2:
                said.append(f"{n}")
                await edge.chat.log.publish(conversation, Draft(MessageSent(f"m_{n}", BOT, f"{n}")))
            async with ada.http.stream("GET", url, headers={"Last-Event-ID": position}) as response:
                seen = frames(response)
                assert (await anext(seen))["recovered"] is True
                if n % 2:
                    entry = await anext(seen)
                    got.append(entry["text"])
                    position = f"{entry['epoch']}.{entry['offset']}"
    assert got == said


async def _read_to(end: Position, reader: Reader, start: Position) -> list[Frame]:
    """Frames from a position until the end of the log is reached."""
    got: list[Frame] = []
    async with contextlib.aclosing(reader.frames(start)) as batches:
        async for batch in batches:
            got += batch
            if got[-1].position == end or (start == end and '"recovered":true' in got[0].json):
                return got
    raise AssertionError("a stream never ends by itself")


async def test_no_gap_of_a_thousand_trims_and_new_epochs_goes_unsaid(log: Log) -> None:
    chance = random.Random(11)
    follower, numbers = Follower(log.redis), itertools.count()
    people = [Participant("g", "customer", "Ada"), BOT]

    async def begin() -> None:
        await log.redis.flushdb()
        await log.start("c", BOT.id, people)

    outcomes = {"recovered": 0, "trimmed": 0, "new epoch": 0}
    async with running(follower.run()), asyncio.timeout(BOUND_SECONDS):
        await begin()
        (stream,) = [key async for key in log.redis.scan_iter(match="*c*", _type="stream")]
        positions = [Position((await log.describe("c")).epoch, 0)]
        for _ in range(ROUNDS):
            if chance.random() < 0.1:
                await begin()
            for _ in range(chance.randrange(4)):
                (entry,) = await log.publish("c", Draft(MessageSent(f"m{next(numbers)}", BOT, "x")))
                positions.append(Position(entry.epoch, entry.offset))
            if chance.random() < 0.4:
                await log.redis.xtrim(stream, maxlen=chance.randrange(6), approximate=False)
            start = chance.choice(positions[-12:])
            now = await log.describe("c")
            kept = {line.offset for line in await log.read("c", 0)}
            end = Position(now.epoch, now.offset)
            got = await _read_to(end, Reader(log, follower, "c"), start)
            missed = range(start.offset + 1, now.offset + 1)
            whole = start.epoch == now.epoch and start.offset <= now.offset and kept.issuperset(missed)
            if whole:
                assert '"recovered":true' in got[0].json
                assert [frame.position for frame in got[1:]] == [Position(now.epoch, offset) for offset in missed]
            else:
                assert '"recovered":false' in got[0].json
                assert '"type":"snapshot"' in got[1].json
            outcomes["recovered" if whole else "trimmed" if start.epoch == now.epoch else "new epoch"] += 1
    assert min(outcomes.values()) > 20, outcomes


@pytest.mark.parametrize("client", [over_sse, over_websocket], ids=["sse", "websocket"])
async def test_a_reader_that_stalls_is_cut_with_a_code_and_recovers_every_byte(
    edge: Edge, ada: Guest, client: Callable[[str, Guest, str], Frames]
) -> None:
    conversation = await ada.open()
    texts = [f"{n} " + "é" * 30_000 for n in range(200)]
    codes: list[int] = []
    async with asyncio.timeout(BOUND_SECONDS), contextlib.aclosing(client(edge.url, ada, conversation)) as stalled:
        while (await anext(stalled))["type"] != "snapshot":
            pass
        (served,) = edge.chat.streams

        async def was_cut() -> bool:
            return served not in edge.chat.streams

        for n, text in enumerate(texts):
            await edge.chat.log.publish(conversation, Draft(MessageSent(f"m_{n}", BOT, text)))
        await until(was_cut)
        got: list[str] = []
        while len(got) < len(texts):
            frame = await anext(stalled)
            assert frame["type"] != "snapshot"
            if frame["type"] == "disconnect":
                codes.append(frame["code"])
            if frame["type"] == "message.sent":
                got.append(frame["text"])
    assert got == texts
    assert set(codes) == {3008}
