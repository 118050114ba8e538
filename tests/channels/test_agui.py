"""AG-UI's own clients, both majors, hold conversations over the real edge, log and worker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from channels.agui import handler
from switchboard.log.events import (
    Button,
    MessageSent,
    Participant,
    SlotsChanged,
    TaskCompleted,
    TaskProgressed,
    TaskStarted,
    TurnCompleted,
)
from switchboard.log.log import Draft
from switchboard.turns.turn import Turn
from tests.channels.agui_stream import check
from tests.support.clients import CLIENTS, Client, client, installed_node
from tests.support.edge import Edge, Guest
from tests.support.redis_server import RedisServer
from tests.support.scripted_bot import ScriptedBot, answering, fail, say, stream
from tests.support.waiting import bounded

DOCUMENT = Path(__file__).parents[2] / "docs" / "agui.md"
MAJORS = ["ag-ui-client-1", "ag-ui-client-0"]
both = pytest.mark.parametrize("major", MAJORS)
YES, NO = Button("Yes, please", "/affirm"), Button("No", "/deny")

Run = tuple[list[dict[str, Any]], dict[str, Any]]


@pytest.fixture
async def bot(edge: Edge) -> AsyncIterator[ScriptedBot]:
    async with answering(edge, ScriptedBot()) as scripted:
        yield scripted


@contextlib.asynccontextmanager
async def agent(edge: Edge, guest: Guest, major: str, thread: str = "my chat", **more: Any) -> AsyncIterator[Client]:
    """An application's agent."""
    url = f"{edge.url}/chat/v1/agui"
    async with client("agui.mjs", client=major, url=url, token=guest.token, threadId=thread, **more) as running:
        yield running


async def run(asked: Client, text: str | None = None, message: str | None = None, **more: Any) -> Run:
    """One run: its events, and what the client is left with. The stream must be well-formed and the client content."""
    said = {"say": {"id": message or f"u-{text}"[:60], "content": text}} if text is not None else {}
    await asked.tell({**said, **more})
    return await outcome(asked)


async def outcome(asked: Client) -> Run:
    """The rest of a run that was begun."""
    events: list[dict[str, Any]] = []
    while "event" in (line := await asked.says()):
        events.append(line["event"])
    done = line["done"]
    assert done["failed"] is None, done["failed"]
    assert done["complaints"] == []
    check(events)
    return events, done


async def until_event(asked: Client, kind: str) -> list[dict[str, Any]]:
    """Events up to the first of that kind."""
    events: list[dict[str, Any]] = []
    while not events or events[-1]["type"] != kind:
        line = await asked.says()
        assert "event" in line, line
        events.append(line["event"])
    return events


def texts(done: dict[str, Any], role: str = "assistant") -> list[str]:
    return [message["content"] for message in done["messages"] if message["role"] == role and message.get("content")]


@both
async def test_a_streamed_answer_arrives_byte_for_byte(edge: Edge, ada: Guest, bot: ScriptedBot, major: str) -> None:
    pieces = ["Grüße ", "👩‍👩‍👧 ", "日本語\n\n", "data: x\r\n ", "\u2028\u0301e", " Ende"]
    bot.answers["hello"] = lambda turn: stream(turn, *pieces)
    async with agent(edge, ada, major) as ag:
        events, done = await run(ag, "hello")
    assert texts(done) == ["".join(pieces)]
    assert [event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT"] == pieces
    assert [message.text for message in bot.asked] == ["hello"]
    assert bot.asked[0].client_message_id == "u-hello"


@both
async def test_a_conversation_goes_on_in_one_thread_and_in_the_page(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    async with agent(edge, ada, major) as ag:
        await run(ag, "one")
        events, done = await run(ag, "two")
    assert texts(done) == ["You said one.", "You said two."]
    conversation = events[0]["metadata"]["switchboard"]["conversationId"]
    shown = [message["text"] for message in (await ada.snapshot(conversation))["messages"]]
    assert shown == ["one", "You said one.", "two", "You said two."]
    async with agent(edge, ada, major, thread=conversation) as again:
        events, done = await run(again)
    assert [message["content"] for message in done["messages"]] == shown, "a page that starts anew recalls it"
    assert len(bot.asked) == 2


@both
async def test_a_task_is_a_tool_call_with_its_result_and_progress(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    async def refund(turn: Turn) -> None:
        await turn.say(TaskStarted("k_1", "refund", "Refund order A1", turn.id))
        await turn.say(TaskProgressed("k_1", 1, 2, "Asking the bank"))
        await turn.say(TaskCompleted("k_1"))
        await say(turn, "Done.")

    bot.answers["refund"] = refund
    async with agent(edge, ada, major) as ag:
        _, done = await run(ag, "refund")
        await run(ag, "thanks")
    by_role = {message["role"]: message for message in done["messages"] if message.get("content") != "Done."}
    [call] = by_role["assistant"]["toolCalls"]
    assert call["function"] == {"name": "refund", "arguments": '{"title":"Refund order A1"}'}
    assert (by_role["tool"]["toolCallId"], by_role["tool"]["content"]) == (call["id"], '{"status":"completed"}')
    assert by_role["activity"]["content"] == {
        "taskId": "k_1", "name": "refund", "title": "Refund order A1", "status": "completed",
        "done": 1, "total": 2, "note": "Asking the bank",
    }  # fmt: skip


@both
async def test_shared_slots_are_the_agents_state(edge: Edge, ada: Guest, bot: ScriptedBot, major: str) -> None:
    async def choose(turn: Turn) -> None:
        await turn.say(SlotsChanged({"size": "L", "a/b~c": [1]}, turn.id))

    async def forget(turn: Turn) -> None:
        await turn.say(SlotsChanged({"size": None, "never": None}, turn.id))

    bot.answers |= {"choose": choose, "forget": forget}
    async with agent(edge, ada, major) as ag:
        _, done = await run(ag, "choose")
        assert done["state"] == {"size": "L", "a/b~c": [1]}
        events, done = await run(ag, "forget")
        assert done["state"] == {"a/b~c": [1]}
    assert events[1]["snapshot"] == {"size": "L", "a/b~c": [1]}


async def ask(turn: Turn) -> None:
    await say(turn, "Cancel it?", YES, NO)


async def test_buttons_interrupt_a_1_0_client_and_its_answer_is_the_button(
    edge: Edge, ada: Guest, bot: ScriptedBot
) -> None:
    bot.answers["cancel"] = ask
    async with agent(edge, ada, "ag-ui-client-1") as ag:
        _, done = await run(ag, "cancel")
        [pending] = done["pendingInterrupts"]
        assert pending["message"] == "Cancel it?"
        answer = {"interruptId": pending["id"], "status": "resolved", "payload": "/affirm"}
        _, done = await run(ag, resume=[answer])
        assert done["pendingInterrupts"] == []
    assert (bot.asked[1].payload, bot.asked[1].text) == ("/affirm", "Yes, please")
    assert texts(done)[-1] == "You said Yes, please."


async def test_an_answer_may_be_a_title_or_any_text_and_an_interrupt_may_be_declined(
    edge: Edge, ada: Guest, bot: ScriptedBot
) -> None:
    bot.answers["cancel"] = ask
    async with agent(edge, ada, "ag-ui-client-1") as ag:
        for number, (payload, expected) in enumerate([("No", "/deny"), ({"text": "why?"}, None)]):
            _, done = await run(ag, "cancel", f"u{number}")
            answer = {"interruptId": done["pendingInterrupts"][0]["id"], "status": "resolved", "payload": payload}
            await run(ag, resume=[answer])
            assert bot.asked[-1].payload == expected
        _, done = await run(ag, "cancel", "u3")
        declined = {"interruptId": done["pendingInterrupts"][0]["id"], "status": "cancelled"}
        _, done = await run(ag, "something else", resume=[declined])
        assert texts(done)[-1] == "You said something else."
        _, done = await run(ag, "cancel", "u4")
        before = len(bot.asked)
        declined = {"interruptId": done["pendingInterrupts"][0]["id"], "status": "cancelled"}
        _, done = await run(ag, resume=[declined])
        assert done["pendingInterrupts"] == []
        assert len(bot.asked) == before, "to decline is to say nothing"


@both
async def test_a_client_that_takes_no_interrupts_sends_the_text(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    bot.answers["cancel"] = ask
    async with agent(edge, ada, major) as ag:
        _, done = await run(ag, "cancel", forwardedProps={"interrupts": False})
        assert done["pendingInterrupts"] == []
        assert done["messages"][-1]["metadata"]["switchboard"]["buttons"][0]["payload"] == "/affirm"
        await run(ag, "/affirm", "u2", forwardedProps={"interrupts": False})
        await run(ag, "/restart", "u3", forwardedProps={"interrupts": False})
    assert [message.payload for message in bot.asked[1:]] == ["/affirm", None], "only what was offered is a payload"


async def test_an_0_x_client_gets_an_interrupt_if_it_asks_for_one(edge: Edge, ada: Guest, bot: ScriptedBot) -> None:
    bot.answers["cancel"] = ask
    async with agent(edge, ada, "ag-ui-client-0") as ag:
        _, done = await run(ag, "cancel")
        assert done["pendingInterrupts"] == []
        _, done = await run(ag, "cancel", "u2", forwardedProps={"interrupts": True})
        answer = {"interruptId": done["pendingInterrupts"][0]["id"], "status": "resolved", "payload": "/deny"}
        await run(ag, resume=[answer])
    assert bot.asked[-1].payload == "/deny"


@both
async def test_images_come_with_the_message_and_as_a_custom_event(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    bot.answers["show"] = lambda turn: say(turn, "", image="https://shop.example/a.png")
    async with agent(edge, ada, major) as ag:
        events, done = await run(ag, "show")
    assert done["messages"][-1]["metadata"]["switchboard"]["image"] == "https://shop.example/a.png"
    [custom] = [event for event in events if event["type"] == "CUSTOM"]
    assert (custom["name"], custom["value"]["image"]) == ("switchboard.message", "https://shop.example/a.png")


@both
async def test_a_text_that_is_replaced_at_its_end_is_replaced_in_the_client(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    bot.answers["hello"] = lambda turn: stream(turn, "Helo ", "yu", text="Hello you")
    async with agent(edge, ada, major) as ag:
        await run(ag, "first")
        _, done = await run(ag, "hello")
    assert [message["content"] for message in done["messages"]] == ["first", "You said first.", "hello", "Hello you"]


@both
async def test_a_failed_turn_ends_in_the_apology_and_an_error_and_the_next_run_works(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    bot.answers["bad"] = fail
    async with agent(edge, ada, major) as ag:
        events, done = await run(ag, "bad")
        assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", "action_failed")
        assert texts(done) == ["So far so good", "Sorry, that went wrong."]
        events, done = await run(ag, "good")
        assert events[-1]["type"] == "RUN_FINISHED"


@pytest.mark.parametrize(("major", "result"), [("ag-ui-client-1", {"type": "cancelled"}), ("ag-ui-client-0", None)])
async def test_a_stopped_turn_keeps_its_text_and_is_cancelled(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str, result: Any
) -> None:
    async def stopped(turn: Turn) -> None:
        await stream(turn, "One, ", "two")
        await turn.say(TurnCompleted(turn.id, stopped=True))

    bot.answers["count"] = stopped
    async with agent(edge, ada, major) as ag:
        events, done = await run(ag, "count")
    assert events[-1].get("outcome") == result
    assert texts(done) == ["One, two"]


@pytest.mark.parametrize(("major", "result"), [("ag-ui-client-1", {"type": "cancelled"}), ("ag-ui-client-0", None)])
async def test_who_stops_the_turn_ends_the_run_with_what_was_said(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str, result: Any
) -> None:
    bot.answers["count"] = lambda turn: stream(turn, "One, ", "two", pause=bot.wait)
    async with agent(edge, ada, major) as ag:
        await ag.tell({"say": {"id": "u1", "content": "count"}})
        events = await until_event(ag, "TEXT_MESSAGE_CONTENT")
        conversation = events[0]["metadata"]["switchboard"]["conversationId"]
        stopped = await ada.http.post(f"/chat/v1/conversations/{conversation}/stop", json={})
        assert (stopped.status_code, bool(stopped.json()["turnId"])) == (202, True)
        events, done = await outcome_after(ag, events)
    assert (events[-1]["type"], events[-1].get("outcome")) == ("RUN_FINISHED", result)
    assert events[-2]["name"] == "switchboard.stopped"
    assert (texts(done), done["failed"]) == (["One, "], None)


@both
async def test_a_server_that_shuts_down_ends_the_run_with_an_error_and_nothing_is_lost(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    bot.answers["long"] = lambda turn: stream(turn, "Once ", "upon a time", pause=bot.wait)
    async with agent(edge, ada, major) as ag:
        await ag.tell({"say": {"id": "u1", "content": "long"}})
        events = await until_event(ag, "TEXT_MESSAGE_CONTENT")
        await edge.chat.stop(0.5)
        rest, done = await outcome_after(ag, events)
        assert (rest[-1]["type"], rest[-1]["code"]) == ("RUN_ERROR", "shutdown")
        assert texts(done) == ["Once "]
        edge.chat.stopping = False  # another edge, as it were
        bot.gate.set()
        _, done = await run(ag)
    assert texts(done) == ["Once upon a time"], "the same message is not sent again, and its answer goes on"
    assert len(bot.asked) == 1


async def outcome_after(asked: Client, events: list[dict[str, Any]]) -> Run:
    """The rest of a run of which some events were read; the whole of it must be well-formed."""
    while "event" in (line := await asked.says()):
        events.append(line["event"])
    check(events)
    return events, line["done"]


@both
async def test_a_client_that_aborts_never_stops_the_turn(edge: Edge, ada: Guest, bot: ScriptedBot, major: str) -> None:
    bot.answers["long"] = lambda turn: stream(turn, "Once ", "upon a time", pause=bot.wait)
    async with agent(edge, ada, major) as ag:
        await ag.tell({"say": {"id": "u1", "content": "long"}})
        await until_event(ag, "TEXT_MESSAGE_CONTENT")
        await ag.tell({"abort": True})
        while "done" not in await ag.says():
            pass
        bot.gate.set()
        _, done = await run(ag, "next")
    assert texts(done) == ["Once upon a time", "You said next."]
    assert [message.text for message in bot.asked] == ["long", "next"]


@both
async def test_the_same_run_twice_at_once_sends_once_and_both_get_the_answer(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    bot.answers["hello"] = lambda turn: stream(turn, "Hel", "lo", pause=bot.wait)
    async with agent(edge, ada, major) as one, agent(edge, ada, major) as two:
        for ag in (one, two):
            await ag.tell({"say": {"id": "u1", "content": "hello"}})
        seen = [await until_event(ag, "TEXT_MESSAGE_CONTENT") for ag in (one, two)]
        bot.gate.set()
        for ag, events in zip((one, two), seen, strict=True):
            _, done = await outcome_after(ag, events)
            assert texts(done) == ["Hello"]
        _, done = await run(one)
        assert texts(done) == ["Hello"], "run again, it doubles nothing"
    assert len(bot.asked) == 1


async def test_runs_of_one_thread_wait_for_each_other_and_each_gets_its_own_answer(
    edge: Edge, ada: Guest, bot: ScriptedBot
) -> None:
    async def slow(turn: Turn) -> None:
        await bot.wait(turn)
        await say(turn, "Slowly.")

    bot.answers["slow"] = slow
    async with agent(edge, ada, MAJORS[0]) as one, agent(edge, ada, MAJORS[1]) as two:
        await one.tell({"say": {"id": "u1", "content": "slow"}})
        async with bounded():
            await bot.begun["slow"].wait()
        await two.tell({"say": {"id": "u2", "content": "quick"}})
        await until_event(two, "STATE_SNAPSHOT")
        bot.gate.set()
        _, done = await outcome_after(one, await until_event(one, "STATE_SNAPSHOT"))
        assert texts(done) == ["Slowly."]
        while "done" not in (line := await two.says()):
            pass
        assert texts(line["done"]) == ["You said quick."]


@both
async def test_what_a_person_said_in_between_comes_with_the_next_run(
    edge: Edge, ada: Guest, bot: ScriptedBot, major: str
) -> None:
    mia = Participant("op_mia", "operator", "Mia")
    async with agent(edge, ada, major) as ag:
        events, _ = await run(ag, "one")
        conversation = events[0]["metadata"]["switchboard"]["conversationId"]
        await edge.chat.log.publish(conversation, Draft(MessageSent("m_mia", mia, "Mia here.")))
        _, done = await run(ag, "two")
    assert texts(done) == ["You said one.", "Mia here.", "You said two."]
    [hers] = [message for message in done["messages"] if message["id"] == "m_mia"]
    assert (hers["name"], hers["metadata"]["switchboard"]["author"]["role"]) == ("Mia", "operator")


async def test_silence_is_filled_with_comments_that_clients_do_not_see(
    edge: Edge, ada: Guest, bot: ScriptedBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge.chat.follower.pulse.ping_seconds = 0.1
    monkeypatch.setattr(handler, "SILENCE_SECONDS", 0.1)
    bot.answers["slow"] = bot.wait
    body = {"threadId": "t", "runId": "r", "messages": [{"id": "u1", "role": "user", "content": "slow"}]}
    async with bounded(), ada.http.stream("POST", "/chat/v1/agui", json=body) as response:
        lines = response.aiter_lines()
        while await anext(lines) != ": ping":
            pass
        bot.gate.set()
        rest = [line async for line in lines]
    assert rest[-2].startswith('data: {"type":"RUN_FINISHED"')


async def test_a_redis_that_goes_away_for_long_ends_the_run_with_an_error(
    edge: Edge, ada: Guest, bot: ScriptedBot, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "AWAY_SECONDS", 0.2)
    bot.answers["slow"] = bot.wait
    async with agent(edge, ada, MAJORS[0]) as ag:
        await ag.tell({"say": {"id": "u1", "content": "slow"}})
        events = await until_event(ag, "STATE_SNAPSHOT")
        async with bounded():
            await bot.begun["slow"].wait()
        await asyncio.to_thread(redis_server.stop)
        try:
            events, _ = await outcome_after(ag, events)
        finally:
            await asyncio.to_thread(redis_server.start)
    assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", "unavailable")


@both
async def test_the_documentations_snippet_holds_a_conversation(edge: Edge, bot: ScriptedBot, major: str) -> None:
    bot.answers["ada@example.com"] = lambda turn: stream(turn, "It is ", "on its way. 📦")
    snippet = DOCUMENT.read_text(encoding="utf-8").split("```js\n")[1].split("```")[0]
    code = snippet.replace("http://localhost:5005", edge.url).replace("@ag-ui/client", major)
    assert edge.url in code
    assert major in code
    node = await asyncio.to_thread(installed_node)
    arguments = ("--input-type=module", "--eval", code)
    async with bounded():
        running = await asyncio.create_subprocess_exec(
            str(node), *arguments, cwd=CLIENTS, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await running.communicate()
    assert output.decode() == "You said Where is my order?.You said 1001.It is on its way. 📦"


async def test_a_defect_in_the_middle_of_a_run_ends_it_with_an_error(
    edge: Edge, ada: Guest, bot: ScriptedBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(run: Any, frame: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(handler.Run, "apply", broken)
    async with agent(edge, ada, MAJORS[0]) as ag:
        events, _ = await run(ag, "hello")
    assert (events[-1]["type"], events[-1]["code"]) == ("RUN_ERROR", "error")
