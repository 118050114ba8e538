"""Socket.IO, with the field's own client over both of its transports."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from switchboard.log.events import MessageCompleted, MessageDelta, MessageSent, MessageStarted
from switchboard.log.log import Draft
from switchboard.people.identity import Session
from switchboard.turns.turn import BOT
from tests.support.clients import CLIENTS, Client, client, installed_node
from tests.support.edge import Edge, Guest
from tests.support.scripted_bot import ScriptedBot, answering, stream
from tests.support.waiting import bounded

CHUNK = 65_536
DOCUMENT = Path(__file__).parents[2] / "docs" / "socketio.md"
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}
BOTH = pytest.mark.parametrize("transports", [["polling"], ["websocket"]], ids=["polling", "websocket"])
TEXT = "Grüße 🚚 aus 東京 – bis gleich! 👩‍👩‍👧 "


@asynccontextmanager
async def opened(
    edge: Edge, token: str, transports: list[str] | None = None, origin: str = "", **auth: Any
) -> AsyncIterator[Client]:
    """A client that was asked in; nothing was read of it yet."""
    arguments = {"url": edge.url, "transports": transports or ["websocket"], "origin": origin}
    async with client("socketio.mjs", **arguments, auth={"token": token, **auth}) as socket:
        yield socket


async def until(socket: Client, event: str, **fields: Any) -> dict[str, Any]:
    """Reads on until an event of that name, with those fields in its data."""
    while True:
        said: dict[str, Any] = await socket.says()
        data = said.get("data") or said
        if said["event"] == event and all(data.get(name) == value for name, value in fields.items()):
            return data


async def ask(socket: Client, event: str, *data: Any) -> dict[str, Any]:
    """What an event's acknowledgement says."""
    await socket.tell({"emit": [event, *data]})
    return await until(socket, "ack")


async def bot_says(edge: Edge, conversation: str, text: str) -> None:
    await edge.chat.log.publish(conversation, Draft(MessageSent(f"m_{uuid.uuid4().hex}", BOT, text)))


@pytest.mark.parametrize("transports", TRANSPORTS.values(), ids=TRANSPORTS.keys())
async def test_a_conversation_is_opened_and_held(edge: Edge, ada: Guest, transports: list[str]) -> None:
    async with opened(edge, ada.token, transports) as socket:
        if len(transports) == 2:
            await until(socket, "upgrade", transport="websocket")
        hello = await until(socket, "connected")
        assert (hello["participantId"], hello["recovered"]) == (ada.participant, False)
        receipt = await ask(socket, "send_message", {"text": "Where is my order?", "clientMessageId": "m1"})
        assert receipt["duplicate"] is False
        await bot_says(edge, hello["conversationId"], "On its way 🚚")
        answer = await until(socket, "receive_message")
    assert (answer["text"], answer["author"]["id"]) == ("On its way 🚚", BOT.id)
    state = await ada.snapshot(hello["conversationId"])
    assert [message["text"] for message in state["messages"]] == ["Where is my order?", "On its way 🚚"]


@BOTH
async def test_streamed_text_survives_a_kill_in_the_middle_byte_for_byte(
    edge: Edge, ada: Guest, transports: list[str]
) -> None:
    conversation = await ada.open()
    log = edge.chat.log
    async with opened(edge, ada.token, transports, conversationId=conversation, stream=True) as socket:
        await until(socket, "entry", type="snapshot")
        await log.publish(conversation, Draft(MessageStarted("m1", BOT, "t1")))
        offsets: list[int] = []
        text = ""
        for number, letter in enumerate(TEXT):
            await log.publish(conversation, Draft(MessageDelta("m1", letter)))
            if number == len(TEXT) // 2:
                await socket.tell({"kill": True})
        await log.publish(conversation, Draft(MessageCompleted("m1", BOT, TEXT, "t1")))
        connects = 0
        while True:
            said = await socket.says()
            entry = said.get("data") or {}
            connects += said["event"] == "connected"
            if said["event"] == "receive_message":
                break
            if said["event"] == "entry" and "offset" in entry and entry["type"].startswith("message."):
                offsets.append(entry["offset"])
                text += entry.get("delta", "")
    assert connects == 1
    assert text == TEXT == entry["text"]
    assert offsets == list(range(offsets[0], offsets[0] + len(TEXT) + 2))


async def test_who_does_not_ask_for_the_stream_gets_whole_messages_of_the_others_only(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    async with opened(edge, ada.token, conversationId=conversation) as socket:
        await until(socket, "connected")
        await ask(socket, "send_message", "only a text")
        await edge.chat.log.publish(
            conversation,
            Draft(MessageStarted("m1", BOT, "t1")),
            Draft(MessageDelta("m1", "Hel")),
            Draft(MessageCompleted("m1", BOT, "Hello", "t1")),
        )
        said = await socket.says()
    assert (said["event"], said["data"]["text"]) == ("receive_message", "Hello")
    assert said["data"]["messageId"] == "m1"


async def test_two_tabs_see_each_other(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    async with (
        opened(edge, ada.token, conversationId=conversation, stream=True) as one,
        opened(edge, ada.token, conversationId=conversation, stream=True) as other,
    ):
        for tab in (one, other):
            await until(tab, "entry", type="snapshot")
        await ask(one, "send_message", {"text": "from one"})
        assert (await until(other, "entry", type="message.sent"))["text"] == "from one"
        await bot_says(edge, conversation, "to both")
        for tab in (one, other):
            assert (await until(tab, "receive_message"))["text"] == "to both"


async def test_a_message_sent_twice_stands_there_once(edge: Edge, ada: Guest) -> None:
    async with opened(edge, ada.token) as socket:
        await until(socket, "connected")
        message = {"text": "hi", "clientMessageId": "m1"}
        first = await ask(socket, "send_message", message)
        again = await ask(socket, "send_message", message)
        assert (first["duplicate"], again["duplicate"]) == (False, True)
        assert first["messageId"] == again["messageId"]
        conflict = await ask(socket, "send_message", {**message, "text": "something else"})
    assert (conflict["error"]["code"], conflict["error"]["temporary"]) == ("conflict", False)


BAD = {
    "no text": {},
    "an empty text": {"text": " "},
    "too long a text": {"text": "x" * 4_001},
    "two contents": {"text": "a", "payload": "b"},
    "an author of its own": {"text": "a", "author": {"id": "bot:main"}},
    "a list": ["a"],
    "a number": 5,
    "nothing": None,
    "a lone surrogate": {"text": "\ud800"},
    "nested metadata": {"text": "a", "metadata": {"b": {"c": 1}}},
    "a bad id": {"text": "a", "clientMessageId": "a b"},
}


@pytest.mark.parametrize("message", BAD.values(), ids=BAD.keys())
async def test_a_bad_message_is_refused_and_the_connection_goes_on(edge: Edge, ada: Guest, message: Any) -> None:
    async with opened(edge, ada.token) as socket:
        await until(socket, "connected")
        assert (await ask(socket, "send_message", message))["error"]["code"] == "invalid"
        assert (await ask(socket, "send_message", {"text": "still here"}))["duplicate"] is False


async def test_the_other_commands_of_the_stream_work_too(edge: Edge, ada: Guest) -> None:
    async with opened(edge, ada.token, stream=True) as socket:
        await until(socket, "entry", type="snapshot")
        assert await ask(socket, "read", {"upTo": 2}) == {"upTo": 2}
        assert await ask(socket, "stop", {}) == {"turnId": None}
        await socket.tell({"emit": ["typing", {"typing": True}], "bare": True})
        assert (await until(socket, "entry", type="participant.typing"))["participantId"] == ada.participant
        assert (await ask(socket, "dance", {}))["error"]["code"] == "unknown_command"


async def test_a_bad_token_a_foreign_conversation_and_bad_auth_are_connect_errors_with_a_code(
    edge: Edge, ada: Guest, eve: Guest
) -> None:
    conversation = await ada.open()
    refused: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "unauthorized": [("junk", {}), ("", {"conversationId": conversation})],
        "not_found": [(eve.token, {"conversationId": conversation}), (ada.token, {"conversationId": "../x"})],
        "invalid": [(ada.token, {"conversationId": 5}), (ada.token, {"stream": "yes"})],
    }
    for code, attempts in refused.items():
        for token, auth in attempts:
            async with opened(edge, token, **auth) as socket:
                error = await until(socket, "connect_error")
                assert error == {"code": code, "temporary": False}
    assert not edge.chat.streams


async def test_a_page_of_another_site_is_kept_out_on_both_transports(edge: Edge, ada: Guest) -> None:
    for transports in (["polling"], ["websocket"]):
        async with opened(edge, ada.token, transports, origin="https://evil.example") as socket:
            assert (await socket.says())["event"] == "connect_error"
        async with opened(edge, ada.token, transports, origin="https://shop.example") as socket:
            await until(socket, "connected")


async def test_a_token_that_expires_ends_the_connection_for_good(edge: Edge, ada: Guest) -> None:
    session = edge.chat.authenticate(ada.token)
    short = edge.chat.sessions.sign(Session(session.participant, int(time.time()) + 2))
    async with opened(edge, short, stream=True) as socket:
        assert (await until(socket, "entry", type="disconnect"))["code"] == 3500
        said = await socket.says()
    assert (said["reason"], said["active"]) == ("io server disconnect", False)


@BOTH
async def test_a_server_that_stops_says_so_and_clients_come_back(edge: Edge, ada: Guest, transports: list[str]) -> None:
    async with opened(edge, ada.token, transports, stream=True) as socket:
        await until(socket, "entry", type="snapshot")
        await edge.chat.stop(5)
        assert (await until(socket, "entry", type="disconnect"))["code"] == 3001
        said = await until(socket, "disconnect")
    assert said["active"] is True


async def test_a_client_that_leaves_leaves_nothing_behind(edge: Edge, ada: Guest) -> None:
    async with opened(edge, ada.token) as socket:
        await until(socket, "connected")
        (task,) = edge.chat.streams
        await socket.tell({"close": True})
        await until(socket, "disconnect")
        async with bounded():
            await asyncio.wait({task})
    assert not edge.chat.streams


@pytest.mark.parametrize(("number", "buttons"), [(1, " []\n"), (2, "")], ids=["whole", "streamed"])
async def test_the_documentations_snippets_hold_a_conversation(edge: Edge, number: int, buttons: str) -> None:
    said = ["You said Where is my order?.", "You said 1001.", "It is on its way. 📦"]
    bot = ScriptedBot()
    bot.answers["ada@example.com"] = lambda turn: stream(turn, "It is ", "on its way. 📦")
    code = DOCUMENT.read_text(encoding="utf-8").split("```js\n")[number].split("```")[0]
    node = await asyncio.to_thread(installed_node)
    arguments = ("--input-type=module", "--eval", code.replace("http://localhost:5005", edge.url))
    async with bounded(), answering(edge, bot):
        running = await asyncio.create_subprocess_exec(
            str(node), *arguments, cwd=CLIENTS, stdout=asyncio.subprocess.PIPE
        )
        assert running.stdout
        heard = b""
        try:
            while not heard.endswith(f"{said[-1]}{buttons}".encode()):
                heard += await running.stdout.read(CHUNK)
        finally:
            running.kill()
            await running.wait()
    at = [heard.decode().find(text) for text in said]
    assert -1 not in at
    assert at == sorted(at)
