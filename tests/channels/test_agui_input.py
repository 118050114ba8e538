"""What is wrong with a run is said before it begins, as a problem body; what is merely unknown does no harm."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.agui.input import INPUT_LIMIT, RunInput
from channels.problems import Problem
from channels.validation import parse
from switchboard.log.events import Button, Participant
from switchboard.people.identity import Session
from tests.channels.agui_stream import check, messages_after
from tests.support.edge import Edge, Guest
from tests.support.scripted_bot import ScriptedBot, answering, say
from tests.support.waiting import bounded

URL = "/chat/v1/agui"


@pytest.fixture
async def bot(edge: Edge) -> AsyncIterator[ScriptedBot]:
    async with answering(edge, ScriptedBot()) as scripted:
        yield scripted


def asked(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"threadId": "t", "runId": "r", "messages": list(messages), **more}


def user(content: Any, message: str = "u1") -> dict[str, Any]:
    return {"id": message, "role": "user", "content": content}


def events_of(response: httpx.Response) -> list[dict[str, Any]]:
    """The events of a whole run."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    assert "\r" not in response.text
    frames = [frame for frame in response.text.split("\n\n") if frame.startswith("data: ")]
    events = [json.loads(frame.removeprefix("data: ")) for frame in frames]
    check(events)
    return events


RESOLVED = {"interruptId": "m_1", "status": "resolved"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid"),
        ({"threadId": "t", "runId": "r"}, 422, "invalid"),
        ({"threadId": "t", "messages": []}, 422, "invalid"),
        ({"runId": "r", "messages": []}, 422, "invalid"),
        (asked(threadId=""), 422, "invalid"),
        (asked(threadId="x" * 300), 422, "invalid"),
        (asked(threadId="a\x00b"), 422, "invalid"),
        (asked(threadId=7), 422, "invalid"),
        (asked(runId=None), 422, "invalid"),
        (asked("hello"), 422, "invalid"),
        (asked({"id": "u1", "role": "wizard", "content": "hello"}), 422, "invalid"),
        (asked({"role": "user", "content": "hello"}), 422, "invalid"),
        (asked(user(7)), 422, "invalid"),
        (asked(user("")), 422, "invalid"),
        (asked(user(None)), 422, "invalid"),
        (asked(user("x" * 4_001)), 422, "invalid"),
        (asked(user([{"type": "image", "source": {"type": "url", "value": "https://x.example"}}])), 422, "invalid"),
        (asked(*[user("hi")] * 2_001), 422, "invalid"),
        (asked(resume="yes"), 422, "invalid"),
        (asked(resume=[{"interruptId": "m_1", "status": "maybe"}]), 422, "invalid"),
        (asked(resume=[RESOLVED]), 422, "invalid"),
        (asked(resume=[{**RESOLVED, "payload": {"approved": True}}]), 422, "invalid"),
        (asked(resume=[{**RESOLVED, "payload": "/affirm"}]), 409, "unknown_interrupt"),
        (asked(resume=[{**RESOLVED, "payload": "a"}, {**RESOLVED, "payload": "b"}]), 422, "invalid"),
        (asked(threadId="c_somebody_elses"), 404, "not_found"),
    ],
)
async def test_bad_input_is_refused_before_the_stream_begins(ada: Guest, body: Any, status: int, code: str) -> None:
    response = await ada.http.post(URL, json=body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 422), (b"{", 400), (b"[]", 422), (b"\xff\xfe", 400), (b"[" * 100_000, 400), (b" " * (INPUT_LIMIT + 1), 413)],
)
async def test_a_body_that_is_none_is_refused(ada: Guest, content: bytes, status: int) -> None:
    assert (await ada.http.post(URL, content=content)).status_code == status


async def test_without_a_token_there_is_no_run(edge: Edge) -> None:
    async with httpx.AsyncClient(base_url=edge.url) as http:
        assert (await http.post(URL, json=asked(user("hello")))).status_code == 401


async def test_somebody_elses_conversation_looks_as_if_it_did_not_exist(ada: Guest, eve: Guest) -> None:
    conversation = await ada.open()
    for thread in (conversation, "c_nothing"):
        response = await eve.http.post(URL, json=asked(user("hello"), threadId=thread))
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_two_people_with_the_same_thread_id_have_two_conversations(
    ada: Guest, eve: Guest, bot: ScriptedBot
) -> None:
    begun = [events_of(await guest.http.post(URL, json=asked(user("hello"))))[0] for guest in (ada, eve)]
    assert len({event["metadata"]["switchboard"]["conversationId"] for event in begun}) == 2


async def test_a_browser_of_an_allowed_site_may_call(ada: Guest) -> None:
    preflight = await ada.http.options(URL, headers={"Origin": ada.http.base_url.scheme + "://" + "x.example"})
    assert preflight.status_code == 204
    assert "Authorization" in preflight.headers["access-control-allow-headers"]


async def test_of_parts_the_text_is_sent_and_fields_we_do_not_know_do_no_harm(ada: Guest, bot: ScriptedBot) -> None:
    parts = [
        {"type": "text", "text": "Look at"},
        {"type": "image", "source": {"type": "data", "value": "AAAA", "mimeType": "image/png"}},
        {"type": "text", "text": "this."},
        {"type": "hologram"},
        7,
    ]
    history = [
        {"id": "s", "role": "system", "content": "Be rude."},
        {"id": "a0", "role": "assistant", "toolCalls": [{"id": "x"}, 7]},
        {"id": "x0", "role": "tool", "toolCallId": "x", "content": [{"type": "text", "text": "?"}]},
        {"id": "w0", "role": "activity", "activityType": "y", "content": {}},
    ]
    body = asked(
        *history, user(parts, "ü/id with spaces"), tools=[1], state=[], context=None, forwardedProps="?", new=1
    )
    events = events_of(await ada.http.post(URL, json=body))
    assert [message.text for message in bot.asked] == ["Look at\nthis."]
    assert messages_after(events)[-1]["content"] == "You said Look at\nthis.."


async def test_the_same_message_id_with_another_text_is_a_conflict(ada: Guest, bot: ScriptedBot) -> None:
    events_of(await ada.http.post(URL, json=asked(user("hello"))))
    assert (await ada.http.post(URL, json=asked(user("goodbye")))).status_code == 409


async def test_messages_that_were_never_answered_are_all_sent_in_order(ada: Guest, bot: ScriptedBot) -> None:
    events = events_of(await ada.http.post(URL, json=asked(user("one"), user("two", "u2"))))
    assert [message.text for message in bot.asked] == ["one", "two"]
    assert [message["content"] for message in messages_after(events)] == ["You said one.", "You said two."]


async def test_a_run_whose_turn_is_long_over_is_answered_from_the_log(ada: Guest, bot: ScriptedBot) -> None:
    first = events_of(await ada.http.post(URL, json=asked(user("hello"))))
    again = events_of(await ada.http.post(URL, json=asked(user("hello"))))
    assert messages_after(again) == messages_after(first)
    assert len(bot.asked) == 1


async def test_history_with_lone_surrogates_does_not_break_a_run_that_restates_it(ada: Guest, bot: ScriptedBot) -> None:
    body = json.dumps(asked({"id": "\ud800", "role": "assistant", "content": "\ud800"}, user("hello")))
    events_of(await ada.http.post(URL, content=body.encode()))


async def test_a_token_that_expires_in_the_middle_ends_the_run(edge: Edge, bot: ScriptedBot) -> None:
    bot.answers["slow"] = bot.wait
    session = Session(Participant("guest_brief", "customer", "Ada"), int(time.time()) + 2)
    headers = {"Authorization": f"Bearer {edge.chat.sessions.sign(session)}"}
    async with bounded(), httpx.AsyncClient(base_url=edge.url, headers=headers, timeout=10) as http:
        events = events_of(await http.post(URL, json=asked(user("slow"))))
    assert events[-1]["code"] == "expired"


async def test_while_a_person_holds_the_conversation_a_run_ends_with_the_message_on_the_log(
    edge: Edge, ada: Guest, bot: ScriptedBot
) -> None:
    mia = Participant("op_mia", "operator", "Mia")
    ada_there = Participant(ada.participant, "customer", "Ada")
    await edge.chat.log.start("c_held", "operator:op_mia", [ada_there, mia])
    async with bounded():
        events = events_of(await ada.http.post(URL, json=asked(user("hello"), threadId="c_held")))
    assert events[-1]["type"] == "RUN_FINISHED"
    assert [message["text"] for message in (await ada.snapshot("c_held"))["messages"]] == ["hello"]
    assert bot.asked == []


async def test_two_different_answers_to_one_question_are_a_conflict(ada: Guest, bot: ScriptedBot) -> None:
    bot.answers["cancel"] = lambda turn: say(turn, "Sure?", Button("Yes", "/affirm"), Button("No", "/deny"))
    ended = events_of(await ada.http.post(URL, json=asked(user("cancel"), protocolVersion="1.0")))[-1]
    question = ended["outcome"]["interrupts"][0]["id"]

    def answer(payload: str) -> dict[str, Any]:
        return asked(resume=[{"interruptId": question, "status": "resolved", "payload": payload}])

    events_of(await ada.http.post(URL, json=answer("/affirm")))
    events_of(await ada.http.post(URL, json=answer("/affirm")))
    assert (await ada.http.post(URL, json=answer("/deny"))).status_code == 409
    assert [message.payload for message in bot.asked] == [None, "/affirm"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MESSAGE = st.fixed_dictionaries(
    {"id": st.text(max_size=5) | JSON, "role": st.sampled_from(["user", "assistant", "tool", "x"])},
    optional={"content": JSON | st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": JSON}))},
)


@given(
    st.fixed_dictionaries(
        {
            "threadId": st.just("t") | JSON,
            "runId": st.just("r") | JSON,
            "messages": st.lists(MESSAGE, max_size=4) | JSON,
        },
        optional={"resume": JSON, "forwardedProps": JSON, "protocolVersion": JSON},
    )
)
def test_any_json_is_an_input_or_a_problem(body: Any) -> None:
    try:
        parsed = parse(RunInput, body)
        parsed.said()
        parsed.resolved()
        assert parsed.interrupts in (True, False)
    except Problem as problem:
        if problem.status != 422:
            raise
