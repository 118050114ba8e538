"""What a client reads: every entry after its position, in order, none missing and none twice; or a snapshot instead."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis.asyncio

from switchboard.log.errors import UnknownConversation
from switchboard.log.events import Participant
from switchboard.log.follower import Follower
from switchboard.log.keys import keys_of
from switchboard.log.line import Line
from switchboard.log.log import Log, Position
from switchboard.log.reader import Frame, Reader
from switchboard.log.snapshot import Fold
from switchboard.log.subscription import MAX_QUEUED_LINES, SlowReader
from switchboard.turns.turn import BOT
from tests.support.people import ADA, message, start
from tests.support.waiting import bounded, running, until

LAST = "the end"


@pytest.fixture
async def follower(client: redis.asyncio.Redis[str]) -> AsyncIterator[Follower]:
    following = Follower(client)
    async with running(following.run()):
        yield following


@contextlib.asynccontextmanager
async def reading(reader: Reader, position: Position | None) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The frames as JSON, but for words about Redis; closed at the end of the block."""
    async with contextlib.aclosing(reader.frames(position)) as frames:
        checked = (_checked(frame) async for batch in frames for frame in batch)
        yield (frame async for frame in checked if frame["type"] != "status")


def _checked(frame: Frame) -> dict[str, Any]:
    """A frame's JSON, which must say the position that the frame has."""
    wire: dict[str, Any] = json.loads(frame.json)
    expected = (
        f"{wire['epoch']}.{wire['offset']}"
        if wire["type"] not in ("connected", "ping", "status", "participant.present")
        else "None"
    )
    assert str(frame.position) == expected
    return wire


async def to_the_end(reader: Reader, position: Position | None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """`connected`, and everything that follows up to the last message."""
    async with bounded(), reading(reader, position) as frames:
        connected = await anext(frames)
        rest = []
        async for frame in frames:
            rest.append(frame)
            if frame.get("text") == LAST or any(said["text"] == LAST for said in frame.get("messages", ())):
                return connected, rest
    raise AssertionError("the stream ended")


async def publish(log: Log, count: int) -> None:
    for n in range(count):
        await log.publish("c_1", message(str(n)))
    await log.publish("c_1", message(LAST))


async def test_readers_that_connect_while_somebody_writes_miss_nothing(log: Log, follower: Follower) -> None:
    await start(log)
    epoch = (await log.describe("c_1")).epoch

    async def read(ticks: int) -> None:
        for _ in range(ticks * 7):
            await asyncio.sleep(0)
        at = (await log.describe("c_1")).offset if ticks % 2 else 3
        connected, entries = await to_the_end(Reader(log, follower, "c_1"), Position(epoch, at))
        assert connected["recovered"] is True
        assert [entry["offset"] for entry in entries] == list(range(at + 1, 304 + 1))

    await asyncio.gather(publish(log, 300), *(read(ticks) for ticks in range(40)))


async def test_a_reader_without_a_position_gets_a_snapshot_and_all_that_follows(log: Log, follower: Follower) -> None:
    await start(log)

    async def read(ticks: int) -> list[str]:
        for _ in range(ticks * 11):
            await asyncio.sleep(0)
        connected, (state, *entries) = await to_the_end(Reader(log, follower, "c_1"), None)
        assert (connected["recovered"], state["type"]) == (False, "snapshot")
        assert [entry["offset"] for entry in entries] == list(range(state["offset"] + 1, 304 + 1))
        fold = Fold(state["offset"], state["turn"], {said["messageId"]: said for said in state["messages"]})
        for entry in entries:
            fold.apply(entry)
        return [said["text"] for said in fold.messages.values()]

    _, *texts = await asyncio.gather(publish(log, 300), *(read(ticks) for ticks in range(20)))
    assert all(seen == [*map(str, range(300)), LAST] for seen in texts)


async def test_a_reader_that_comes_back_gets_exactly_the_rest(log: Log, follower: Follower) -> None:
    end = await log.start("c_1", "bot:main", [])
    await publish(log, 20)
    for offset in (0, 1, 10, 21):
        connected, entries = await to_the_end(Reader(log, follower, "c_1"), Position(end.epoch, offset))
        assert connected == {
            "type": "connected",
            "epoch": end.epoch,
            "offset": 22,
            "recovered": True,
            "pingInterval": 15_000,
            "retry": 1_000,
            "present": [],
        }
        assert [entry["offset"] for entry in entries] == list(range(offset + 1, 23))


async def test_a_reader_that_is_up_to_date_gets_only_what_is_new(log: Log, follower: Follower) -> None:
    end = await log.start("c_1", "bot:main", [])
    async with bounded(), reading(Reader(log, follower, "c_1"), Position(end.epoch, 1)) as frames:
        assert (await anext(frames))["recovered"] is True
        await log.publish("c_1", message("new"))
        assert (await anext(frames))["text"] == "new"


@pytest.mark.parametrize(
    "position", [Position("feed", 2), Position("", 0), None], ids=["other epoch", "no epoch", "none"]
)
async def test_a_position_of_another_log_is_not_recovered(
    log: Log, follower: Follower, position: Position | None
) -> None:
    await start(log)
    await publish(log, 2)
    connected, (state,) = await to_the_end(Reader(log, follower, "c_1"), position)
    assert (connected["recovered"], state["type"], state["offset"]) == (False, "snapshot", 6)


async def test_a_position_in_the_future_is_not_recovered(log: Log, follower: Follower) -> None:
    epoch = (await log.start("c_1", "bot:main", [])).epoch
    await publish(log, 2)
    connected, (state,) = await to_the_end(Reader(log, follower, "c_1"), Position(epoch, 5))
    assert (connected["recovered"], state["offset"]) == (False, 4)


async def test_a_position_that_was_trimmed_is_not_recovered(
    client: redis.asyncio.Redis[str], follower: Follower
) -> None:
    log = Log(client, keep=10)
    epoch = (await log.start("c_1", "bot:main", [])).epoch
    await publish(log, 30)
    for offset, recovered in ((0, False), (21, False), (22, True), (32, True)):
        async with bounded(), reading(Reader(log, follower, "c_1"), Position(epoch, offset)) as frames:
            assert (await anext(frames))["recovered"] is recovered, offset


async def test_a_connection_to_redis_that_is_cut_in_mid_stream_changes_nothing(
    log: Log, follower: Follower, client: redis.asyncio.Redis[str]
) -> None:
    epoch = (await log.start("c_1", "bot:main", [])).epoch

    async def write() -> None:
        for n in range(200):
            await log.publish("c_1", message(str(n)))
            if n % 20 == 0:
                await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        await log.publish("c_1", message(LAST))

    readers = [to_the_end(Reader(log, follower, "c_1"), Position(epoch, 1)) for _ in range(5)]
    _, *got = await asyncio.gather(write(), *readers)
    for _, entries in got:
        assert [entry["offset"] for entry in entries] == list(range(2, 203))


async def test_a_gap_that_was_trimmed_meanwhile_starts_over_with_a_snapshot(
    client: redis.asyncio.Redis[str], follower: Follower
) -> None:
    log = Log(client, keep=5)
    epoch = (await log.start("c_1", "bot:main", [])).epoch
    async with bounded(), reading(Reader(log, follower, "c_1"), Position(epoch, 1)) as frames:
        assert (await anext(frames))["recovered"] is True
        await log.publish("c_1", message("first"))
        assert (await anext(frames))["text"] == "first"
        await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        await log.publish("c_1", *(message(str(n)) for n in range(20)))
        connected, state = await anext(frames), await anext(frames)
        assert (connected["type"], connected["recovered"]) == ("connected", False)
        assert [said["text"] for said in state["messages"]] == ["15", "16", "17", "18", "19"]


async def test_silence_is_filled_with_pings_that_say_where_the_log_ends(
    log: Log, client: redis.asyncio.Redis[str]
) -> None:
    epoch = (await log.start("c_1", "bot:main", [])).epoch
    follower = Follower(client, ping_seconds=0.05)
    reader = Reader(log, follower, "c_1")
    async with bounded(), running(follower.run()), reading(reader, Position(epoch, 1)) as frames:
        assert (await anext(frames))["pingInterval"] == 50
        assert await anext(frames) == await anext(frames) == {"type": "ping", "epoch": epoch, "offset": 1}


async def test_no_ping_runs_ahead_of_an_entry_that_is_on_its_way(log: Log, client: redis.asyncio.Redis[str]) -> None:
    """It would look like a gap, and every reader of the conversation would come again."""
    epoch = (await log.start("c_1", "bot:main", [])).epoch
    follower = Follower(client, ping_seconds=0.01)
    at = 1
    ahead: list[int] = []

    def take(json_: str) -> None:
        nonlocal at
        frame = json.loads(json_)
        if frame["type"] == "ping":
            ahead.append(frame["offset"] - at)
        elif frame["type"] == "message.sent":
            at = frame["offset"]

    def direct(line: Line) -> bool:
        take(line.json)
        return True

    async def read() -> None:
        async with contextlib.aclosing(Reader(log, follower, "c_1").frames(Position(epoch, 1), direct)) as frames:
            async for batch in frames:
                for frame in batch:
                    take(frame.json)

    async with asyncio.timeout(60), running(follower.run()), running(read()):
        while len(ahead) < 100:
            await log.publish("c_1", message("on its way"))
    assert max(ahead) <= 0


async def test_a_reader_that_takes_nothing_is_ended_not_waited_for(log: Log, follower: Follower) -> None:
    epoch = (await log.start("c_1", "bot:main", [])).epoch
    with pytest.raises(SlowReader):
        async with bounded(), reading(Reader(log, follower, "c_1"), Position(epoch, 1)) as frames:
            await anext(frames)
            await log.publish("c_1", message("first"))
            await anext(frames)
            for _ in range(MAX_QUEUED_LINES // 50 + 1):
                await log.publish("c_1", *(message("more") for _ in range(50)))
            await _arrived(follower, MAX_QUEUED_LINES)
            async for _ in frames:
                pass


async def _arrived(follower: Follower, lines: int) -> None:
    """Until everything that was published has come back to this process."""
    async with follower.subscribe("marker") as marker:
        while await marker.take() is not None:
            pass
    assert lines


async def test_the_log_that_vanishes_under_a_reader_is_an_error(log: Log, client: redis.asyncio.Redis[str]) -> None:
    epoch = (await log.start("c_1", "bot:main", [])).epoch
    follower = Follower(client, ping_seconds=0.05)
    reader = Reader(log, follower, "c_1")
    with pytest.raises(UnknownConversation):
        async with bounded(), running(follower.run()), reading(reader, Position(epoch, 1)) as frames:
            await anext(frames)
            await client.flushall()
            async for _ in frames:
                pass


async def test_a_log_that_was_lost_and_began_again_is_never_mixed_with_the_old_one(
    log: Log, follower: Follower, client: redis.asyncio.Redis[str]
) -> None:
    """The new log's offsets may follow on the old ones; the epoch tells them apart."""
    epoch = (await log.start("c_1", "bot:main", [])).epoch
    async with bounded(), reading(Reader(log, follower, "c_1"), Position(epoch, 1)) as frames:
        assert (await anext(frames))["recovered"] is True
        await client.delete(keys_of("c_1").meta, keys_of("c_1").log)
        new = await log.start("c_1", "bot:main", [])
        await log.publish("c_1", message("new log"))
        assert new.epoch != epoch
        connected, state = await anext(frames), await anext(frames)
        assert (connected["recovered"], state["epoch"], state["offset"]) == (False, new.epoch, 2)


async def test_a_reader_that_leaves_leaves_nothing_behind(log: Log, follower: Follower) -> None:
    epoch = (await log.start("c_1", "bot:main", [])).epoch
    async with bounded(), reading(Reader(log, follower, "c_1"), Position(epoch, 1)) as frames:
        await anext(frames)
    assert follower._readers == {}


async def test_readers_are_told_while_redis_is_away_and_once_they_have_caught_up(
    log: Log, follower: Follower, client: redis.asyncio.Redis[str]
) -> None:
    epoch = (await log.start("c_1", "bot:main", [])).epoch
    async with bounded(), contextlib.aclosing(Reader(log, follower, "c_1").frames(Position(epoch, 1))) as frames:
        await anext(frames)
        waiting = asyncio.ensure_future(anext(frames))
        await asyncio.sleep(0)
        await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        await log.publish("c_1", message("meanwhile"))
        seen = [json.loads(frame.json) for frame in await waiting]
        while seen[-1] != {"type": "status", "live": True}:
            seen += [json.loads(frame.json) for frame in await anext(frames)]
    said = [frame.get("text", frame.get("live")) for frame in seen]
    assert sorted(said, key=str) == [False, True, "meanwhile"] and said[-1] is True


async def test_a_line_goes_straight_to_a_client_that_keeps_up_and_waits_for_one_that_does_not(
    log: Log, follower: Follower
) -> None:
    epoch = (await log.start("c_1", "bot:main", [])).epoch
    reader = Reader(log, follower, "c_1")
    taken: list[Line] = []
    takes = True

    def direct(line: Line) -> bool:
        taken.extend([line] * takes)
        return takes

    async def waits() -> bool:
        return reader._subscription._direct is not None

    async with bounded(), contextlib.aclosing(reader.frames(Position(epoch, 1), direct)) as frames:
        await anext(frames)
        waiting = asyncio.ensure_future(anext(frames))
        await until(waits)
        await log.publish("c_1", message("one"))
        await log.publish("c_1", message("two"))
        await _arrived(follower, 2)
        assert [line.offset for line in taken] == [2, 3] and not waiting.done()
        takes = False
        await log.publish("c_1", message("three"), message("four"))
        assert [frame.position and frame.position.offset for frame in await waiting] == [4, 5]
        assert len(taken) == 2


async def test_presence_is_told_across_processes_and_ends_when_it_is_not_renewed(
    log: Log, client: redis.asyncio.Redis[str]
) -> None:
    await log.start("c_1", BOT.id, [ADA, BOT, Participant("operator_eve", "operator", "Eve")])
    here, there = Follower(client, ping_seconds=0.2), Follower(client, ping_seconds=0.2)
    ada = reading(Reader(log, here, "c_1", "guest_ada"), None)
    async with bounded(), running(here.run()), running(there.run()), ada as frames:
        assert (await anext(frames))["present"] == ["guest_ada"]
        await anext(frames)
        async with reading(Reader(log, there, "c_1", "operator_eve"), None) as others:
            assert (await anext(others))["present"] == ["guest_ada", "operator_eve"]
            assert (await _next(frames, "participant.present"))["participantId"] == "operator_eve"
        there.pulse._farewells.pop().cancel()  # as if that process had died
        assert (await _next(frames, "participant.present"))["present"] is False


async def _next(frames: AsyncIterator[dict[str, Any]], kind: str) -> dict[str, Any]:
    async for frame in frames:
        if frame["type"] == kind:
            return frame
    raise AssertionError("the stream ended")
