"""Workers answer every message once, in order, whatever dies in between."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio

from switchboard.log.errors import StalePublish
from switchboard.log.events import Button, MessageSent
from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox, Lease
from switchboard.log.keys import WAKE, keys_of
from switchboard.log.log import Log
from switchboard.turns import worker
from switchboard.turns.turn import AGAIN, BOT, Apology, Turn, TurnError
from switchboard.turns.worker import MAX_CONVERSATIONS, MAX_DEATHS, Worker
from tests.support.people import ask, start
from tests.support.redis_server import RedisServer
from tests.support.waiting import bounded, running, until

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


async def test_a_message_is_answered_between_the_start_and_the_end_of_its_turn(log: Log, follower: Follower) -> None:
    await start(log)
    async with working(log, follower, Engine()):
        question = await ask(log, "c_1", "hello")
        await answered(log)
    assert await told(log) == ["hello", *answer_of("hello")]
    asked, *answer = await entries(log)
    assert {entry.get("turnId") for entry in answer} == {f"t{question}"}
    assert answer[0]["messageId"] == asked["messageId"]


async def test_messages_of_one_conversation_are_answered_one_after_the_other(log: Log, follower: Follower) -> None:
    await start(log)
    texts = [str(n) for n in range(20)]
    async with working(log, follower, Engine()):
        for text in texts:
            await ask(log, "c_1", text)
        await answered(log)
    answers = [text for text in await told(log) if text not in texts]
    assert answers == [line for text in texts for line in answer_of(text)]


async def test_a_wake_up_is_one_workers_and_both_get_their_share(log: Log, follower: Follower) -> None:
    class Trying(Inbox):
        tries = 0

        async def take(self, conversation: str) -> Lease | None:
            self.tries += 1
            return await super().take(conversation)

    one, two = Trying(log.redis), Trying(log.redis)
    for inbox in (one, two, one):  # the first learns of the second
        await inbox.crew.report()
    names = [f"c_{number}" for number in range(40)]
    async with (
        running(Worker(log, one, follower, Engine()).run()),
        running(Worker(log, two, follower, Engine()).run()),
    ):
        for name in names:
            await start(log, name)
            await ask(log, name, "hello")
        await answered(log)
    assert one.tries + two.tries < 1.2 * len(names)  # when it begins, a worker looks, and is woken as well
    assert min(one.tries, two.tries) > len(names) / 5


async def test_whoever_is_gone_leaves_its_share_to_the_others_at_once(log: Log, follower: Follower) -> None:
    leaving, staying = Inbox(log.redis), Inbox(log.redis)
    for inbox in (leaving, staying):
        await inbox.crew.report()
    names = [f"c_{number}" for number in range(20)]
    ours = [name for name in names if staying.crew.is_ours(name)]
    async with bounded(), running(Worker(log, staying, follower, Engine(), rescan_seconds=60.0).run()):
        await until(lambda: _somebody_listens(log))  # it has looked, and will not again for a minute
        for name in names:
            await start(log, name)
            await ask(log, name, "hello")
        await until(lambda: _waits_for(log, set(names) - set(ours)))
        await leaving.crew.leave()
        await answered(log)


async def _waits_for(log: Log, names: set[str]) -> bool:
    return set(await Inbox(log.redis).waiting()) == names


async def _somebody_listens(log: Log) -> bool:
    """Whether somebody hears wake-ups."""
    ((_, number),) = await log.redis.pubsub_numsub(WAKE)
    return bool(number)


async def test_conversations_are_answered_side_by_side(log: Log, follower: Follower) -> None:
    gate = asyncio.Event()
    engine = Engine(gates={"slow": gate})
    for conversation in ("c_1", "c_2"):
        await start(log, conversation)
    async with bounded(), working(log, follower, engine):
        await ask(log, "c_1", "slow")
        await engine.begun["slow"].wait()
        await ask(log, "c_2", "quick")
        await until(lambda: _is_answered(log, "c_2", "quick"))
        assert await told(log, "c_1") == ["slow", "turn.started", "You said slow."]
        gate.set()
        await answered(log)


async def _is_answered(log: Log, conversation: str, text: str) -> bool:
    return (await told(log, conversation))[-1:] == ["turn.completed"] and text in await told(log, conversation)


async def test_more_conversations_than_one_worker_serves_at_once_are_all_answered(log: Log, follower: Follower) -> None:
    names = [f"c_{n}" for n in range(MAX_CONVERSATIONS * 2)]
    engine = Engine()
    async with bounded(), working(log, follower, engine):
        for name in names:
            await start(log, name)
            await ask(log, name, name)
        await answered(log)
    assert sorted(engine.asked) == sorted(names)


async def test_a_flood_in_one_conversation_does_not_hold_up_the_others(
    log: Log, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the polite asks once more when it was answered, three times in all."""
    monkeypatch.setattr(worker, "MAX_CONVERSATIONS", 1)
    names = [f"c_{n}" for n in range(10)]
    for name in ("c_flood", *names):
        await start(log, name)
    floods = [f"flood {number}" for number in range(50)]
    for flood in floods:
        await ask(log, "c_flood", flood)
    for name in names:
        await ask(log, name, f"{name} 1")

    class Polite(Engine):
        async def answer(self, turn: Turn) -> None:
            await super().answer(turn)
            name, number = turn.message.text.split()
            if name != "flood" and number != "3":
                await ask(log, name, f"{name} {int(number) + 1}")

    engine = Polite()
    async with bounded(), working(log, follower, engine):
        await answered(log)
    assert [text for text in engine.asked if text in floods] == floods, "in order"
    polite = [at for at, text in enumerate(engine.asked) if text not in floods]
    assert len(polite) == 3 * len(names)
    assert polite[-1] < len(polite) + 5, "a turn of the flood in each round of the others, and no more"


async def test_messages_that_came_while_no_worker_ran_are_answered(log: Log, follower: Follower) -> None:
    await start(log)
    await ask(log, "c_1", "anybody?")
    async with working(log, follower, Engine()):
        await answered(log)
    assert (await told(log))[-1] == "turn.completed"


@pytest.mark.parametrize(
    ("error", "reason"),
    [(TurnError("action_failed", "the server is down"), "action_failed"), (RuntimeError("a defect"), "error")],
)
async def test_a_turn_that_fails_ends_with_an_apology_and_the_next_message_goes_on(
    log: Log, follower: Follower, error: Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    await start(log)
    async with working(log, follower, Engine(errors={"bad": error})):
        question = await ask(log, "c_1", "bad")
        await answered(log)
        await ask(log, "c_1", "good")
        await answered(log)
    assert await told(log) == ["bad", "turn.started", "You said bad.", "Sorry.", reason, "good", *answer_of("good")]
    assert [entry["type"] for entry in await entries(log)][4] == "turn.failed"
    assert str(error.args[0]).rpartition(": ")[2] not in json.dumps(await entries(log))
    (told_operators,) = [line for line in caplog.messages if f"conversation=c_1 turn=t{question} " in line]
    assert f"reason={reason} " in told_operators and str(error.args[0]).rpartition(": ")[2] in told_operators


async def test_a_message_that_no_try_comes_to_an_end_with_is_given_up(
    log: Log, follower: Follower, caplog: pytest.LogCaptureFixture
) -> None:
    await start(log)
    await ask(log, "c_1", "poison")
    for _ in range(MAX_DEATHS):
        assert await Inbox(log.redis).take("c_1")
        await log.redis.delete(keys_of("c_1").lease)  # its time is over, and nobody gave it back
    engine = Engine()
    async with working(log, follower, engine):
        await ask(log, "c_1", "hello")
        await answered(log)
    assert engine.asked == ["hello"]
    assert await told(log) == ["poison", "turn.started", "hello", "Sorry.", "gave_up", *answer_of("hello")]
    assert f"try={MAX_DEATHS + 1} reason=gave_up" in caplog.text


async def test_what_a_try_keeps_is_found_by_the_next_one_and_gone_with_the_turn(log: Log) -> None:
    conversation = await start(log)
    await ask(log, conversation, "hello")
    kept = []
    for number in range(2):
        lease = await Inbox(log.redis).take(conversation)
        assert lease is not None
        turn = Turn.of(log, lease)
        kept.append(turn.kept)
        turn.keep(f"of try {number}")
        await turn.secure()
        kept.append(turn.kept)
        await log.redis.delete(keys_of(conversation).lease)
    assert kept == ["", "of try 0", "of try 0", "of try 0"]
    await turn.complete()
    await ask(log, conversation, "again")
    lease = await Inbox(log.redis).take(conversation)
    assert lease is not None
    assert (lease.tries, lease.kept) == (1, "")


@pytest.mark.parametrize(("text", "again"), [("where is it?", ["where is it?"]), ("/restart", [])])
async def test_an_apology_offers_to_say_it_again_but_never_what_would_become_an_intent(
    log: Log, follower: Follower, text: str, again: list[str]
) -> None:
    await start(log)
    async with working(log, follower, Engine(errors={text: RuntimeError("a defect")})):
        await ask(log, "c_1", text)
        await answered(log)
    (sorry,) = [entry for entry in await entries(log) if entry.get("text") == "Sorry."]
    assert [button["payload"] for button in sorry["buttons"]] == [*again, "/person"]


async def test_a_turn_that_is_cut_off_is_answered_by_the_next_worker(log: Log, follower: Follower) -> None:
    await start(log)
    engine = Engine(gates={"hello": asyncio.Event()})
    async with bounded(), working(log, follower, engine):
        await ask(log, "c_1", "hello")
        await engine.begun["hello"].wait()
    assert list(await Inbox(log.redis).waiting()) == ["c_1"]
    async with working(log, follower, Engine()):
        await answered(log)
    assert await told(log) == ["hello", *answer_of("hello")], "what the first one had said is not said again"


async def test_a_worker_that_stops_ends_its_turn_and_leaves_the_rest_to_others_at_once(
    log: Log, follower: Follower
) -> None:
    await start(log)
    gate = asyncio.Event()
    engine = Engine(gates={"one": gate})
    async with bounded(), working(log, follower, engine, drain_seconds=60.0) as task:
        await ask(log, "c_1", "one")
        await engine.begun["one"].wait()
        await ask(log, "c_1", "two")
        task.cancel()
        asyncio.get_running_loop().call_soon(gate.set)
    assert engine.asked == ["one"]
    assert (await told(log))[-1] == "turn.completed"
    lease = await Inbox(log.redis).take("c_1")
    assert lease is not None and json.loads(lease.entry)["text"] == "two", "the lease was given back"


async def test_a_conversation_that_one_worker_answers_is_left_alone_by_the_others(log: Log, follower: Follower) -> None:
    await start(log)
    gate = asyncio.Event()
    first, second = Engine(gates={"hello": gate}), Engine()
    async with bounded(), working(log, follower, first):
        await ask(log, "c_1", "hello")
        await first.begun["hello"].wait()
        assert await Inbox(log.redis).take("c_1") is None
        async with working(log, follower, second):
            await start(log, "c_2")
            await ask(log, "c_2", "to whoever is free")
            await until(lambda: _is_answered(log, "c_2", "to whoever is free"))
            await asyncio.sleep(2 * SHORT_LEASE_MS / 1000)  # longer than a lease lives that is not renewed
            gate.set()
            await answered(log)
    assert "hello" not in second.asked
    assert await told(log) == ["hello", *answer_of("hello")]


async def test_two_workers_answer_each_message_once(log: Log, follower: Follower) -> None:
    names = [f"c_{n}" for n in range(10)]
    for name in names:
        await start(log, name)
    engine = Engine()
    async with bounded(), working(log, follower, engine), working(log, follower, engine):
        await asyncio.gather(*(ask(log, name, f"{name} {n}") for n in range(10) for name in names))
        await answered(log)
    assert sorted(engine.asked) == sorted(f"{name} {n}" for n in range(10) for name in names)
    for name in names:
        ends = [entry["turnId"] for entry in await entries(log, name) if entry["type"] == "turn.completed"]
        assert ends == sorted(ends, key=lambda turn: int(turn[1:])) and len(ends) == 10


async def test_a_worker_whose_lease_was_taken_over_says_nothing_more(
    log: Log, client: redis.asyncio.Redis[str]
) -> None:
    await start(log)
    await ask(log, "c_1", "hello")
    old = Inbox(client)
    lease = await old.take("c_1")
    assert lease is not None
    turn = Turn.of(log, lease)
    await client.delete(keys_of("c_1").lease)  # it ran out
    taken = await Inbox(client).take("c_1")
    assert taken is not None
    assert await old.renew("c_1", lease.fence) is False
    for late in (turn.say(MessageSent("m", BOT, "late")), turn.complete(), turn.fail("error", Apology("Sorry."))):
        with pytest.raises(StalePublish):
            await late
    assert await told(log) == ["hello", "turn.started"]


async def test_a_lease_that_ran_out_is_kept_if_nobody_came(log: Log, client: redis.asyncio.Redis[str]) -> None:
    """The loop of a worker may stand still for longer than its lease lives, while a model is read for instance."""
    await start(log)
    await ask(log, "c_1", "hello")
    inbox = Inbox(client)
    lease = await inbox.take("c_1")
    assert lease is not None
    await client.delete(keys_of("c_1").lease)
    assert await inbox.renew("c_1", lease.fence) is True
    assert await Inbox(client).take("c_1") is None


@pytest.mark.parametrize("end", ["complete", "release"])
async def test_a_renewal_that_comes_after_the_end_brings_no_lease_back(
    log: Log, client: redis.asyncio.Redis[str], end: str
) -> None:
    await start(log)
    await ask(log, "c_1", "hello")
    inbox = Inbox(client)
    lease = await inbox.take("c_1")
    assert lease is not None
    await (Turn.of(log, lease).complete() if end == "complete" else inbox.release("c_1"))
    assert await inbox.renew("c_1", lease.fence) is False
    await ask(log, "c_1", "again")
    assert await Inbox(client).take("c_1") is not None


async def test_the_conversations_of_the_dead_are_found_however_busy_the_others_are(
    log: Log, follower: Follower, client: redis.asyncio.Redis[str]
) -> None:
    await start(log)
    await ask(log, "c_1", "hello")
    assert await Inbox(client, lease_ms=SHORT_LEASE_MS).take("c_1"), "by somebody who dies with it"

    async def wake_all_the_time() -> None:
        while True:
            await client.publish(WAKE, "c_nobody")

    async with working(log, follower, Engine()), running(wake_all_the_time()):
        await answered(log)
    assert await told(log) == ["hello", *answer_of("hello")]


async def test_workers_go_on_once_redis_is_back(log: Log, follower: Follower, redis_server: RedisServer) -> None:
    await start(log)
    async with working(log, follower, Engine()):
        await ask(log, "c_1", "before")
        await answered(log)
        await asyncio.to_thread(redis_server.stop)
        await asyncio.to_thread(redis_server.start)  # empty: it keeps nothing in these tests
        await start(log)
        await ask(log, "c_1", "after")
        await answered(log)
    assert await told(log) == ["after", *answer_of("after")]


WORKER = """
import asyncio, signal, sys
from switchboard.log.connection import connect
from switchboard.log.events import Button, MessageSent
from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox, Lease
from switchboard.log.keys import WAKE
from switchboard.log.log import Log
from switchboard.turns.turn import BOT
from switchboard.turns.worker import Worker

stopping = asyncio.Event()

class Engine:
    async def answer(self, turn):
        await turn.say(MessageSent(f"{turn.id}a", BOT, f"You said {turn.message.text}.", turn_id=turn.id))
        print("in the middle of a turn", flush=True)
        await stopping.wait()
        if turn.message.text != "short":
            await asyncio.Event().wait()
        await turn.say(MessageSent(f"{turn.id}b", BOT, f"And {turn.message.text} it is.", turn_id=turn.id))

async def main(url, lease_ms):
    redis = connect(url)
    follower = Follower(redis)
    following = asyncio.create_task(follower.run())
    worker = Worker(Log(redis), Inbox(redis, lease_ms=int(lease_ms)), follower, Engine(), drain_seconds=0.5)
    working = asyncio.create_task(worker.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: (stopping.set(), working.cancel()))
    await asyncio.wait([working])

asyncio.run(main(*sys.argv[1:]))
"""


@contextlib.asynccontextmanager
async def worker_process(redis_url: str, lease_ms: int, turns: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker of its own, in the middle of so many turns."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, redis_url, str(lease_ms),
        stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            assert process.stdout is not None
            for _ in range(turns):
                assert await process.stdout.readline() == b"in the middle of a turn\n"
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_a_worker_process_that_is_killed_loses_nothing(log: Log, follower: Follower, redis_url: str) -> None:
    await start(log)
    first = await ask(log, "c_1", "one")
    await ask(log, "c_1", "two")
    async with worker_process(redis_url, SHORT_LEASE_MS, 1) as process:
        process.kill()
        await process.wait()
    async with working(log, follower, Engine()):
        await answered(log)
    assert await told(log) == ["one", "two", *answer_of("one"), *answer_of("two")]
    assert (await entries(log))[2]["turnId"] == f"t{first}"


async def test_a_worker_process_that_is_stopped_ends_its_short_turns_and_leaves_the_long_ones_at_once(
    log: Log, follower: Follower, redis_url: str
) -> None:
    for conversation, text in (("c_1", "short"), ("c_2", "long")):
        await start(log, conversation)
        await ask(log, conversation, text)
    minutes = 60_000
    async with bounded(), worker_process(redis_url, lease_ms=minutes, turns=2) as process:
        engine = Engine()
        async with working(log, follower, engine, rescan_seconds=minutes):  # only a wake-up tells it in time
            process.terminate()
            await answered(log)
        assert await process.wait() == 0
    assert engine.asked == ["long"]
    assert await told(log, "c_1") == ["short", *answer_of("short")]
    assert await told(log, "c_2") == ["long", *answer_of("long")]
