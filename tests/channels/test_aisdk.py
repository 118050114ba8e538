"""The AI SDK's own chat, both majors, over the real edge, log and worker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from channels.aisdk import handler, plan
from channels.threads import derived_id
from switchboard.log.events import (
    Button,
    MessageSent,
    OwnerChanged,
    Participant,
    SlotsChanged,
    TaskCompleted,
    TaskFailed,
    TaskProgressed,
    TaskStarted,
    TurnCompleted,
)
from switchboard.log.log import Draft
from switchboard.people.identity import Session
from switchboard.turns.turn import BOT, Turn
from tests.support.clients import CLIENTS, Client, client, installed_node
from tests.support.edge import Edge, Guest
from tests.support.scripted_bot import ScriptedBot, answering, fail, say, stream
from tests.support.waiting import bounded, until

DOCUMENT = Path(__file__).parents[2] / "docs" / "aisdk.md"
both = pytest.mark.parametrize("major", ["ai-7", "ai-6"])
TEXT = ["Grüße 🚚 ", "aus 東京 – ", "bis gleich! ", "👩‍👩‍👧", "\n\n data: x"]


@pytest.fixture
async def bot(edge: Edge) -> AsyncIterator[ScriptedBot]:
    async with answering(edge, ScriptedBot()) as scripted:
        yield scripted


@contextlib.asynccontextmanager
async def page(edge: Edge, token: str, major: str, chat: str = "my chat", **more: Any) -> AsyncIterator[Client]:
    """An application's chat."""
    async with client(
        "aisdk.mjs", client=major, api=f"{edge.url}/chat/v1/aisdk", token=token, chatId=chat, **more
    ) as it:
        yield it


async def outcome(chat: Client) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The chunks of an answer, and what the chat is left with."""
    chunks: list[dict[str, Any]] = []
    while "chunk" in (line := await chat.says()):
        chunks.append(line["chunk"])
    return chunks, line["done"]


async def ask(chat: Client, text: str, **message: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    await chat.tell({"send": {"text": text, **message}})
    return await outcome(chat)


async def until_chunk(chat: Client, kind: str) -> dict[str, Any]:
    """Reads on until a chunk of that type."""
    while True:
        chunk: dict[str, Any] = (await chat.says())["chunk"]
        if chunk["type"] == kind:
            return chunk


def texts(message: dict[str, Any]) -> list[str]:
    return [part["text"] for part in message["parts"] if part["type"] == "text"]


def parts(message: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [part for part in message["parts"] if part["type"] == kind]


@both
async def test_a_streamed_answer_arrives_byte_for_byte(edge: Edge, ada: Guest, bot: ScriptedBot, major: str) -> None:
    bot.answers["hello"] = lambda turn: stream(turn, *TEXT)
    async with page(edge, ada.token, major) as chat:
        chunks, done = await ask(chat, "hello")
    assert (done["status"], done["error"], done["version"]) == ("ready", None, "v1")
    assert [chunk["delta"] for chunk in chunks if chunk["type"] == "text-delta"] == TEXT
    assert [chunk["type"] for chunk in chunks][:3] == ["start", "start-step", "text-start"]
    assert [chunk["type"] for chunk in chunks][-3:] == ["text-end", "finish-step", "finish"]
    question, answer = done["messages"]
    assert texts(answer) == ["".join(TEXT)]
    assert bot.asked[0].client_message_id == question["id"]
    assert answer["metadata"]["conversationId"] == derived_id(ada.participant, "my chat")


@both
async def test_a_conversation_goes_on_in_one_chat_and_in_the_page(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    async with page(edge, ada.token, major) as chat:
        await ask(chat, "one")
        _, done = await ask(chat, "two")
    assert [texts(message) for message in done["messages"]] == [["one"], ["You said one."], ["two"], ["You said two."]]
    shown = await ada.snapshot(done["messages"][-1]["metadata"]["conversationId"])
    assert [message["text"] for message in shown["messages"]] == ["one", "You said one.", "two", "You said two."]


async def everything(turn: Turn) -> None:
    """An answer with all that an answer may have."""
    for event in (
        TaskStarted("k1", "track_order", "Looking for your order", turn.id),
        TaskProgressed("k1", 1, 2, "Asking the carrier"),
        TaskProgressed("k1", 2, 2, "Done"),
        TaskCompleted("k1"),
        TaskStarted("k2", "refund", "Refunding", turn.id),
        TaskFailed("k2", "refused"),
        SlotsChanged({"order": "4711", "city": None}, turn.id),
        MessageSent("m1", BOT, "", (), turn_id=turn.id, image="https://shop.example/a.png?x=1"),
        MessageSent("m2", BOT, "Which?", (Button("This", "/this"),), turn_id=turn.id, custom={"map": [1, 2]}),
    ):
        await turn.say(event)


@both
async def test_tasks_buttons_slots_and_pictures_are_parts(edge: Edge, ada: Guest, bot: ScriptedBot, major: str) -> None:
    bot.answers["all"] = everything
    async with page(edge, ada.token, major) as chat:
        _, done = await ask(chat, "all")
        await chat.tell({"load": True})
        loaded = (await chat.says())["loaded"]
    answer = done["messages"][-1]
    tracked, refund = parts(answer, "dynamic-tool")
    assert (tracked["toolName"], tracked["state"], tracked["output"]) == (
        "track_order",
        "output-available",
        {"status": "completed"},
    )
    assert (refund["title"], refund["state"], refund["errorText"]) == ("Refunding", "output-error", "refused")
    (progress,) = parts(answer, "data-progress")
    assert progress["data"] == {"taskId": "k1", "done": 2, "total": 2, "note": "Done"}
    assert parts(answer, "data-slots")[0]["data"] == {"order": "4711", "city": None}
    assert parts(answer, "data-buttons")[0]["data"] == [{"title": "This", "payload": "/this"}]
    assert parts(answer, "data-custom")[0]["data"] == {"map": [1, 2]}
    assert parts(answer, "file") == [
        {"type": "file", "mediaType": "image/png", "url": "https://shop.example/a.png?x=1"}
    ]
    assert [message["id"] for message in loaded] == [message["id"] for message in done["messages"]]
    assert texts(loaded[-1]) == ["Which?"]
    assert [part["state"] for part in parts(loaded[-1], "dynamic-tool")] == ["output-available", "output-error"]


@both
async def test_a_clicked_button_sends_its_payload_and_shows_its_title(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    bot.answers["ask"] = lambda turn: say(turn, "Sure?", Button("Yes, please", "/affirm"))
    bot.answers["/affirm"] = lambda turn: say(turn, "Then so be it.")
    async with page(edge, ada.token, major) as chat:
        await ask(chat, "ask")
        _, done = await ask(chat, "Yes, please", metadata={"payload": "/affirm"})
    assert texts(done["messages"][-1]) == ["Then so be it."]
    assert (bot.asked[-1].text, bot.asked[-1].payload) == ("Yes, please", "/affirm")


@both
async def test_a_page_that_is_loaded_anew_in_the_middle_goes_on(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    bot.answers["hello"] = lambda turn: stream(turn, *TEXT, pause=bot.wait)
    async with page(edge, ada.token, major) as chat:
        await chat.tell({"send": {"text": "hello"}})
        await until_chunk(chat, "text-delta")
    async with page(edge, ada.token, major) as chat:
        await chat.tell({"load": True})
        assert [texts(message) for message in (await chat.says())["loaded"]] == [["hello"]]
        await chat.tell({"resume": True})
        await until_chunk(chat, "text-delta")
        bot.gate.set()
        _, done = await outcome(chat)
        assert [texts(message) for message in done["messages"]] == [["hello"], ["".join(TEXT)]]
        await chat.tell({"resume": True})
        chunks, done = await outcome(chat)
    assert (chunks, done["code"], done["status"]) == ([], 204, "ready")


@both
async def test_a_page_that_lost_its_connection_in_the_middle_goes_on_without_a_doubled_word(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    bot.answers["hello"] = lambda turn: stream(turn, *TEXT, pause=bot.wait)
    async with page(edge, ada.token, major) as chat:
        await chat.tell({"send": {"text": "hello"}})
        await until_chunk(chat, "text-delta")
        await chat.tell({"leave": True})
        await outcome(chat)
        await chat.tell({"resume": True})
        await until_chunk(chat, "text-delta")
        bot.gate.set()
        _, done = await outcome(chat)
    assert len(bot.asked) == 1
    assert [texts(message) for message in done["messages"]] == [["hello"], ["".join(TEXT)]]


@both
async def test_resuming_where_nothing_was_said_is_204_and_opens_nothing(edge: Edge, ada: Guest, major: str) -> None:
    async with page(edge, ada.token, major, "never used") as chat:
        await chat.tell({"resume": True})
        _, done = await outcome(chat)
        await chat.tell({"load": True})
        assert (await chat.says())["loaded"] == []
    assert done["code"] == 204
    assert await edge.chat.log.redis.keys("*:c:*") == []


@both
async def test_a_turn_that_fails_ends_in_an_error_and_is_asked_again_on_demand(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    bot.answers["break"] = fail
    async with page(edge, ada.token, major) as chat:
        chunks, done = await ask(chat, "break")
        assert (done["status"], done["error"]) == ("error", "The bot could not answer.")
        assert texts(done["messages"][-1]) == ["So far so good", bot.apology().text]
        assert [chunk["type"] for chunk in chunks][-1] == "error"
        bot.answers["break"] = lambda turn: say(turn, "Now it works.")
        await chat.tell({"regenerate": True})
        _, done = await outcome(chat)
        assert (done["status"], texts(done["messages"][-1])) == ("ready", ["Now it works."])
        await chat.tell({"regenerate": True})
        _, done = await outcome(chat)
    assert texts(done["messages"][-1]) == ["Now it works."]
    assert len(bot.asked) == 2  # what was answered is told again, not done again


@both
async def test_an_answer_that_is_stopped_ends_with_what_there_was(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    async def stopped(turn: Turn) -> None:
        await stream(turn, "So far")
        await turn.log.publish(
            turn.conversation,
            Draft(TurnCompleted(turn.id, stopped=True), key=f"{turn.id}:end"),
            authority=turn.authority,
            answers=turn.offset,
        )

    bot.answers["long"] = stopped
    async with page(edge, ada.token, major) as chat:
        chunks, done = await ask(chat, "long")
    assert chunks[-1] == {"type": "abort", "reason": "stopped"}
    assert (done["status"], texts(done["messages"][-1])) == ("ready", ["So far"])
    assert done["messages"][-1]["metadata"]["stopped"] is True


async def test_stop_asks_the_turn_that_runs(edge: Edge, ada: Guest, bot: ScriptedBot) -> None:
    bot.answers["hello"] = lambda turn: stream(turn, *TEXT, pause=bot.wait)
    path = "/chat/v1/aisdk/my%20chat/stop"
    assert (await ada.http.post(path, json={})).json() == {"turnId": None}
    async with page(edge, ada.token, "ai-7") as chat:
        await chat.tell({"send": {"text": "hello"}})
        await until_chunk(chat, "text-delta")
        asked = await ada.http.post(path, json={})
        assert (asked.status_code, asked.json()["turnId"][:1]) == (202, "t")
        bot.gate.set()
        await outcome(chat)


async def test_a_message_posted_twice_is_answered_once_and_told_twice(edge: Edge, ada: Guest, bot: ScriptedBot) -> None:
    body = {"id": "my chat", "messages": [user("hello")], "trigger": "submit-message"}
    first = await ada.http.post("/chat/v1/aisdk", json=body)
    again = await ada.http.post("/chat/v1/aisdk", json=body)
    assert first.text == again.text
    assert first.text.endswith("data: [DONE]\n\n")
    assert len(bot.asked) == 1
    conflict = await ada.http.post("/chat/v1/aisdk", json={**body, "messages": [user("something else")]})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "conflict")


def user(text: str, **more: Any) -> dict[str, Any]:
    return {"id": "u1", "role": "user", "parts": [{"type": "text", "text": text}], **more}


async def test_a_server_that_stops_ends_the_answer_with_an_error(edge: Edge, ada: Guest, bot: ScriptedBot) -> None:
    bot.answers["hello"] = lambda turn: stream(turn, *TEXT, pause=bot.wait)
    async with page(edge, ada.token, "ai-7") as chat:
        await chat.tell({"send": {"text": "hello"}})
        await until_chunk(chat, "text-delta")
        await edge.chat.stop(5)
        _, done = await outcome(chat)
    assert (done["status"], done["error"]) == ("error", handler.SHUTDOWN)


async def test_a_token_that_expires_ends_the_answer_with_an_error(edge: Edge, ada: Guest, bot: ScriptedBot) -> None:
    session = edge.chat.authenticate(ada.token)
    short = edge.chat.sessions.sign(Session(session.participant, int(time.time()) + 2))
    bot.answers["hello"] = bot.wait
    async with page(edge, short, "ai-7") as chat:
        _, done = await ask(chat, "hello")
    assert (done["status"], done["error"]) == ("error", handler.EXPIRED)


async def test_a_defect_in_the_middle_ends_the_answer_with_an_error(
    edge: Edge, ada: Guest, bot: ScriptedBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("channels.aisdk.answer.Answer.apply", broken)
    async with page(edge, ada.token, "ai-7") as chat:
        _, done = await ask(chat, "hello")
    assert (done["status"], done["error"]) == ("error", handler.DEFECT)


@both
async def test_nobody_elses_chat_is_reachable(edge: Edge, ada: Guest, eve: Guest, bot: ScriptedBot, major: str) -> None:
    async with page(edge, ada.token, major, "chat-1") as chat:
        _, done = await ask(chat, "secret")
    conversation = done["messages"][-1]["metadata"]["conversationId"]
    async with page(edge, eve.token, major, "chat-1") as chat:
        await chat.tell({"load": True})
        assert (await chat.says())["loaded"] == []
        _, done = await ask(chat, "mine")
    assert done["messages"][-1]["metadata"]["conversationId"] != conversation
    for method, path in (("GET", "messages"), ("GET", "stream"), ("POST", "stop")):
        answer = await eve.http.request(method, f"/chat/v1/aisdk/{conversation}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    posted = await eve.http.post("/chat/v1/aisdk", json={"id": conversation, "messages": [user("hi")]})
    assert posted.status_code == 404
    async with page(edge, ada.token, major, conversation) as chat:
        _, done = await ask(chat, "by its own id")
    assert len(bot.asked) == 3


async def test_while_a_person_holds_the_conversation_the_answer_is_who_it_is(
    edge: Edge, ada: Guest, bot: ScriptedBot
) -> None:
    async def hand_over(turn: Turn) -> None:
        grace = Participant("operator:grace", "operator", "Grace")
        await turn.log.publish(turn.conversation, Draft(MessageSent("m9", grace, "I am Grace.")))
        await turn.log.publish(turn.conversation, Draft(OwnerChanged("operator:grace", 2)))
        await bot.wait(turn)

    bot.answers["a person, please"] = hand_over
    async with page(edge, ada.token, "ai-7") as chat:
        await chat.tell({"send": {"text": "a person, please"}})
        owner = await until_chunk(chat, "data-owner")
        bot.gate.set()
        _, done = await outcome(chat)
    assert owner["data"] == {"owner": "operator:grace"}
    assert "I am Grace." in texts(done["messages"][-1])


BAD: dict[str, Any] = {
    "nothing": {},
    "no id": {"messages": [user("hi")]},
    "an id that is none": {"id": 5, "messages": [user("hi")]},
    "an empty id": {"id": "", "messages": [user("hi")]},
    "a long id": {"id": "x" * 300, "messages": [user("hi")]},
    "an id that is no text": {"id": "\ud800", "messages": [user("hi")]},
    "no messages": {"id": "a", "messages": []},
    "messages that are none": {"id": "a", "messages": ["hi"]},
    "an answer at the end": {"id": "a", "messages": [user("hi", role="assistant")]},
    "an unknown role": {"id": "a", "messages": [user("hi", role="tool")]},
    "no text": {"id": "a", "messages": [user(" ")]},
    "too long a text": {"id": "a", "messages": [user("x" * 4_001)]},
    "only a file": {"id": "a", "messages": [user("", parts=[{"type": "file", "url": "data:,x"}])]},
    "too many parts": {"id": "a", "messages": [user("", parts=[{"type": "text", "text": "x"}] * 101)]},
    "a payload that is none": {"id": "a", "messages": [user("hi", metadata={"payload": {"x": 1}})]},
    "an unknown trigger": {"id": "a", "messages": [user("hi")], "trigger": "explode"},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
async def test_a_request_that_makes_no_sense_is_refused_and_opens_nothing(edge: Edge, ada: Guest, body: Any) -> None:
    answer = await ada.http.post("/chat/v1/aisdk", content=json.dumps(body))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert await edge.chat.log.redis.keys("*:c:*") == []


async def test_other_requests_that_make_no_sense_are_refused(edge: Edge, ada: Guest) -> None:
    assert (await ada.http.post("/chat/v1/aisdk", content=b"[1]")).status_code == 422
    assert (await ada.http.post("/chat/v1/aisdk", content=b"{")).status_code == 400
    assert (await ada.http.post("/chat/v1/aisdk", content=b" " * (2 << 20) + b"{}")).status_code == 413
    assert (await ada.http.get("/chat/v1/aisdk/%ff/stream")).status_code == 422
    assert (await ada.http.get("/chat/v1/aisdk/%00/messages")).status_code == 422
    stranger = {"Authorization": "Bearer junk"}
    assert (await ada.http.post("/chat/v1/aisdk", json={}, headers=stranger)).status_code == 401
    assert (await ada.http.get("/chat/v1/aisdk/a/stream", headers=stranger)).status_code == 401


async def test_a_page_of_another_site_may_ask_if_it_is_named(edge: Edge, ada: Guest) -> None:
    for path in ("/chat/v1/aisdk", "/chat/v1/aisdk/a/stream"):
        answer = await ada.http.options(path, headers={"Origin": "https://shop.example"})
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert "Content-Type" in answer.headers["access-control-allow-headers"]
        evil = await ada.http.options(path, headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in evil.headers


@both
async def test_the_documentations_snippet_holds_a_conversation(edge: Edge, bot: ScriptedBot, major: str) -> None:
    bot.answers["ada@example.com"] = lambda turn: stream(turn, "It is ", "on its way. 📦")
    snippet = DOCUMENT.read_text(encoding="utf-8").split("```js\n")[1].split("```")[0]
    code = snippet.replace("http://localhost:5005", edge.url).replace('from "ai"', f'from "{major}"')
    node = await asyncio.to_thread(installed_node)
    arguments = ("--input-type=module", "--eval", code)
    async with bounded():
        running = await asyncio.create_subprocess_exec(
            str(node), *arguments, cwd=CLIENTS, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await running.communicate()
    assert output.decode() == "You said Where is my order?.You said 1001.It is on its way. 📦"


async def test_a_long_turn_is_found_again_when_its_beginning_is_far_back(
    edge: Edge, ada: Guest, bot: ScriptedBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "LOOK_BACK", 2)
    bot.answers["hello"] = lambda turn: stream(turn, *TEXT, pause=bot.wait)
    async with page(edge, ada.token, "ai-7") as chat:
        await chat.tell({"send": {"text": "hello"}})
        await until_chunk(chat, "text-delta")
    async with page(edge, ada.token, "ai-7") as chat:
        await chat.tell({"resume": True})
        await until_chunk(chat, "text-delta")
        bot.gate.set()
        _, done = await outcome(chat)
    assert texts(done["messages"][-1]) == ["".join(TEXT)]


async def test_a_message_that_no_worker_has_taken_yet_is_waited_for(edge: Edge, ada: Guest) -> None:
    async with page(edge, ada.token, "ai-7") as chat:
        await chat.tell({"send": {"text": "hello"}})
        await until_chunk(chat, "start")
    async with page(edge, ada.token, "ai-7") as chat:
        await chat.tell({"resume": True})
        await until_chunk(chat, "start")
        async with answering(edge, ScriptedBot()):
            _, done = await outcome(chat)
    assert texts(done["messages"][-1]) == ["You said hello."]


async def test_a_client_that_reads_nothing_is_cut_off(
    edge: Edge, ada: Guest, bot: ScriptedBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "WRITE_SECONDS", 0.2)

    async def much(turn: Turn) -> None:
        for number in range(200):  # 12 MB: more than all buffers between the server and a client that does not read
            await turn.say(MessageSent(f"m{number}", BOT, "x" * 60_000, turn_id=turn.id))

    bot.answers["much"] = much
    host, port = edge.url.removeprefix("http://").split(":")
    body = json.dumps({"id": "a", "messages": [user("much")]})
    head = f"POST /chat/v1/aisdk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ada.token}\r\n"
    async with bounded():
        reader, writer = await asyncio.open_connection(host, int(port), limit=1_024)
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        while not edge.chat.streams:
            await reader.read(1)

        async def over() -> bool:
            return not edge.chat.streams

        await until(over)
    writer.close()
