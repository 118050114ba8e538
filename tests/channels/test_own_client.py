"""Our own protocol client, in Node, against a real server: over Server-Sent Events and over a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from switchboard.log.events import MessageDelta, MessageSent, MessageStarted, Participant
from switchboard.log.log import Draft
from switchboard.turns.turn import BOT
from tests.support.cable import Cable, Shears
from tests.support.clients import Client, client
from tests.support.edge import Edge, Guest
from tests.support.redis_server import RedisServer
from tests.support.scripted_bot import ScriptedBot, answering, stream

KILLS = 100
DELTAS = 1_000
WORDS = ("Grüße, ", "世界", " 👋🏽 ", "naïve", " ﷽", " e\u0301nd")


@dataclass
class Own:
    """The running client."""

    process: Client

    async def call(self, method: str, *arguments: Any) -> None:
        """One of `ChatClient`'s methods."""
        await self.process.tell({"call": method, "with": arguments})

    async def until(self, wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The first view that is as wanted, from now on."""
        await self.process.tell({})
        while True:
            view: dict[str, Any] = await self.process.says()
            if wanted(view):
                return view


Run = Callable[[str], contextlib.AbstractAsyncContextManager[Own]]


@pytest.fixture(params=["sse", "websocket"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def run(transport: str, tmp_path: Path) -> Run:
    """Start the client at an address; whoever starts it again has what it had kept."""

    @contextlib.asynccontextmanager
    async def started(url: str) -> AsyncIterator[Own]:
        store = str(tmp_path / "store.json")
        async with client("own.mjs", url=url, transport=transport, store=store, name="Ada") as process:
            yield Own(process)

    return started


@pytest.fixture
async def bot(edge: Edge) -> AsyncIterator[ScriptedBot]:
    async with answering(edge, ScriptedBot()) as answers:
        yield answers


@pytest.fixture
def cable(edge: Edge) -> Iterator[Cable]:
    cable = Cable(int(edge.url.rsplit(":", 1)[1]))
    yield cable
    cable.close()


def texts(view: dict[str, Any]) -> list[str]:
    return [message["text"] for message in view["chat"]["messages"]]


def idle(view: dict[str, Any], said: int) -> bool:
    """So many messages, and nothing under way."""
    return len(view["chat"]["messages"]) == said and view["chat"]["turn"] is None and not view["outgoing"]


def kept(folder: Path) -> dict[str, Any]:
    store: dict[str, Any] = json.loads((folder / "store.json").read_text())
    return store


async def on_the_log(edge: Edge, folder: Path) -> dict[str, Any]:
    """The server's own snapshot of the client's conversation."""
    store = kept(folder)
    async with edge.guest() as guest:
        guest.http.headers["Authorization"] = f"Bearer {store['session']['token']}"
        return await guest.snapshot(store["conversation"])


def assert_same(view: dict[str, Any], snapshot: dict[str, Any]) -> None:
    """To live through the log gives what the server makes of it."""
    chat = view["chat"]
    for name in ("messages", "tasks", "participants", "owner", "turn", "slots", "read"):
        assert chat[name] == snapshot[name], name
    assert chat["position"] == {"epoch": snapshot["epoch"], "offset": snapshot["offset"]}


async def test_it_converses(edge: Edge, bot: ScriptedBot, run: Run, tmp_path: Path) -> None:
    bot.answers["talk"] = lambda turn: stream(turn, *WORDS)
    async with run(edge.url) as own:
        await own.call("send", "hello")
        await own.until(lambda view: idle(view, 2))
        await own.call("send", "talk")
        view = await own.until(lambda view: idle(view, 4))
    assert texts(view) == ["hello", "You said hello.", "talk", "".join(WORDS)]
    assert (view["link"], view["live"], view["present"]) == ("open", True, [view["me"]])
    assert_same(view, await on_the_log(edge, tmp_path))


async def test_a_cut_in_the_middle_of_a_word_loses_and_doubles_nothing(
    edge: Edge, bot: ScriptedBot, run: Run, cable: Cable, tmp_path: Path
) -> None:
    bot.answers["talk"] = lambda turn: stream(turn, *WORDS, pause=bot.wait)
    async with run(cable.url) as own:
        await own.call("send", "talk")
        await own.until(lambda view: texts(view) == ["talk", WORDS[0]])
        cable.pull()
        await own.until(lambda view: view["link"] == "waiting")
        bot.gate.set()
        cable.plug()
        view = await own.until(lambda view: idle(view, 2) and view["link"] == "open")
    assert texts(view) == ["talk", "".join(WORDS)]
    assert view["snapshots"] == 1, "the cut was recovered"
    assert_same(view, await on_the_log(edge, tmp_path))


@pytest.fixture
def shears(edge: Edge) -> Iterator[Shears]:
    cable = Shears(int(edge.url.rsplit(":", 1)[1]))
    yield cable
    cable.close()


async def test_a_hundred_cuts_anywhere_lose_and_double_nothing(
    edge: Edge, bot: ScriptedBot, run: Run, shears: Shears, tmp_path: Path
) -> None:
    async with run(shears.url) as own:
        await own.call("send", "hello")
        view = await own.until(lambda view: idle(view, 2) and view["link"] == "open")
        log, conversation = edge.chat.log, kept(tmp_path)["conversation"]
        await log.publish(conversation, Draft(MessageStarted("m_long", BOT, "t9")))
        shears.cutting = True
        said: list[str] = []
        async with asyncio.timeout(90):
            while shears.kills < KILLS or len(said) < DELTAS:
                before = shears.kills
                for word in WORDS:
                    said.append(word)
                    await log.publish(conversation, Draft(MessageDelta("m_long", word)))
                if shears.kills > before:
                    await own.call("reconnect")  # as at the browser's word that the network is back: without a wait
        shears.cutting = False
        view = await own.until(lambda view: texts(view)[-1] == "".join(said) and view["link"] == "open")
    assert texts(view) == ["hello", "You said hello.", "".join(said)]
    assert view["snapshots"] == 1, "every cut was recovered"
    assert_same(view, await on_the_log(edge, tmp_path))


async def test_what_was_said_offline_survives_a_reload_and_is_said_once(
    edge: Edge, bot: ScriptedBot, run: Run, cable: Cable, tmp_path: Path
) -> None:
    async with run(cable.url) as own:
        await own.call("send", "one")
        await own.until(lambda view: idle(view, 2))
        cable.pull()
        await own.call("send", "two")
        await own.call("send", "three")
        await own.until(lambda view: [item["text"] for item in view["outgoing"]] == ["two", "three"])
    async with run(cable.url) as tab, run(cable.url) as other:  # both have the same to say
        await tab.until(lambda view: len(view["outgoing"]) == 2)
        await other.until(lambda view: len(view["outgoing"]) == 2)
        cable.plug()
        for each in (tab, other):
            await each.until(lambda view: idle(view, 6))
    said = [message["text"] for message in (await on_the_log(edge, tmp_path))["messages"]]
    assert [text for text in said if not text.startswith("You said")] == ["one", "two", "three"]
    assert len(said) == 6


async def test_after_a_gap_it_starts_from_a_snapshot(
    edge: Edge, bot: ScriptedBot, run: Run, cable: Cable, tmp_path: Path
) -> None:
    async with run(cable.url) as own:
        await own.call("send", "one")
        await own.until(lambda view: idle(view, 2))
        cable.pull()
        conversation = kept(tmp_path)["conversation"]
        for number in range(3):
            await edge.chat.log.publish(conversation, Draft(MessageSent(f"m_{number}", BOT, f"missed {number}")))
        async for key in edge.chat.log.redis.scan_iter(_type="stream"):
            await edge.chat.log.redis.xtrim(key, maxlen=1, approximate=False)
        cable.plug()
        view = await own.until(lambda view: "missed 2" in texts(view) and view["link"] == "open")
    assert (texts(view), view["snapshots"]) == (["missed 2"], 2)
    assert_same(view, await on_the_log(edge, tmp_path))


@pytest.fixture
async def shared(edge: Edge, ada: Guest, eve: Guest, tmp_path: Path) -> str:
    """A conversation of Ada, whom our client speaks for, with Eve and the bot."""
    people = [Participant(ada.participant, "customer", "Ada"), Participant(eve.participant, "operator", "Eve"), BOT]
    await edge.chat.log.start("c_shared", BOT.id, people)
    session = {
        "token": ada.token,
        "expiresAt": (time.time() + 3600) * 1000,
        "renewAt": (time.time() + 3000) * 1000,
        "participant": {"id": ada.participant, "role": "customer", "name": "Ada"},
    }
    (tmp_path / "store.json").write_text(json.dumps({"session": session, "conversation": "c_shared"}))
    return "c_shared"


async def seen_by(frames: AsyncIterator[dict[str, Any]], kind: str) -> dict[str, Any]:
    async for frame in frames:
        if frame["type"] == kind:
            return frame
    raise AssertionError(f"the stream ended without {kind}")


async def test_people_see_each_other(edge: Edge, ada: Guest, eve: Guest, run: Run, shared: str) -> None:
    here = f"/chat/v1/conversations/{shared}"
    async with run(edge.url) as own:
        await own.until(lambda view: view["present"] == [ada.participant])
        async with eve.stream(shared) as frames:
            await own.until(lambda view: set(view["present"]) == {ada.participant, eve.participant})
            await eve.http.post(f"{here}/typing", json={"typing": True})
            await own.until(lambda view: view["typing"] == [eve.participant])
            await eve.send(shared, text="Hello, I am Eve.")
            await own.until(lambda view: texts(view) == ["Hello, I am Eve."] and view["typing"] == [])

            await own.call("see")
            read = await seen_by(frames, "message.read")
            said = (await eve.snapshot(shared))["messages"][0]
            assert (read["participantId"], read["upTo"]) == (ada.participant, said["offset"])
            for writing in (True, False):
                await own.call("type", writing)
                typing = await seen_by(frames, "participant.typing")
                assert (typing["participantId"], typing["typing"]) == (ada.participant, writing)
            end = (await eve.snapshot(shared))["offset"]
            await eve.http.post(f"{here}/read", json={"upTo": end})
            await own.until(lambda view: view["chat"]["read"].get(eve.participant) == said["offset"])


async def test_it_stops_the_bot(edge: Edge, bot: ScriptedBot, run: Run) -> None:
    bot.answers["talk"] = lambda turn: stream(turn, *WORDS, pause=bot.wait)
    async with run(edge.url) as own:
        await own.call("send", "talk")
        await own.until(lambda view: texts(view) == ["talk", WORDS[0]])
        await own.call("stop")
        await own.until(lambda view: view["chat"]["stopping"])
        view = await own.until(lambda view: view["chat"]["turn"] is None)
    assert (view["chat"]["stopping"], texts(view)) == (None, ["talk", WORDS[0]])
    assert view["chat"]["messages"][1]["stopped"] is True


@pytest.fixture
def lasting_redis(redis_server: RedisServer) -> Iterator[RedisServer]:
    """One that has its data again after a restart."""
    yield redis_server
    (redis_server.socket.parent / "dump.rdb").unlink(missing_ok=True)


async def test_a_redis_that_is_away_shows_and_delays_but_loses_nothing(
    edge: Edge, bot: ScriptedBot, run: Run, lasting_redis: RedisServer, tmp_path: Path
) -> None:
    async with run(edge.url) as own:
        await own.call("send", "one")
        await own.until(lambda view: idle(view, 2) and view["live"])
        lasting_redis.command("SAVE")
        lasting_redis.stop()
        try:
            await own.until(lambda view: not view["live"])
            await own.call("send", "two")
            await own.until(lambda view: len(view["outgoing"]) == 1)
        finally:
            lasting_redis.start()
        view = await own.until(lambda view: idle(view, 4) and view["live"] and view["link"] == "open")
    assert texts(view) == ["one", "You said one.", "two", "You said two."]
    assert_same(view, await on_the_log(edge, tmp_path))


async def test_it_takes_the_package_ws_too(edge: Edge, bot: ScriptedBot, tmp_path: Path) -> None:
    store = str(tmp_path / "store.json")
    async with client("own.mjs", url=edge.url, transport="ws", store=store) as process:
        own = Own(process)
        await own.call("send", "hello")
        view = await own.until(lambda view: idle(view, 2) and view["link"] == "open")
    assert texts(view) == ["hello", "You said hello."]
