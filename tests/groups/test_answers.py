"""When the bot answers in a group, and when it stays out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from channels.messages import LOOKED_AT
from switchboard.log.events import Button, MessageRead
from switchboard.log.log import Draft
from tests.support.edge import Edge, Guest
from tests.support.group import do, join
from tests.support.scripted_bot import ScriptedBot, answering, say, stream
from tests.support.waiting import until

ASKS = "@assistant where is my order?"


@pytest.fixture
async def bot(edge: Edge) -> AsyncIterator[ScriptedBot]:
    async def ask(turn: Any) -> None:
        await say(turn, "Which number is on the label?")

    async def offer(turn: Any) -> None:
        await say(turn, "Shall I cancel it.", Button("Yes", "/affirm"))

    async def ask_streaming(turn: Any) -> None:
        await stream(turn, "Which ", "one?")

    answers = {ASKS: ask, "@assistant cancel": offer, "@assistant stream": ask_streaming}
    async with answering(edge, ScriptedBot(answers)) as scripted:
        yield scripted


async def said(person: Guest, conversation: str, text: str, **more: Any) -> dict[str, Any]:
    """The receipt."""
    answer = await person.send(conversation, **({} if "payload" in more else {"text": text}), **more)
    assert answer.status_code == 202, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def is_quiet(edge: Edge, conversation: str) -> None:
    """Nothing waits for an answer, and none is under way."""

    async def nothing_waits() -> bool:
        log = edge.chat.log
        described = await log.describe(conversation)
        waits = [await log.waits(conversation, offset) for offset in range(1, described.offset + 1)]
        return not any(waits)

    await until(nothing_waits)


async def asked(edge: Edge, bot: ScriptedBot, conversation: str) -> list[str]:
    """What the bot was asked so far."""
    await is_quiet(edge, conversation)
    return [message.text for message in bot.asked]


async def test_the_only_human_is_always_answered(
    edge: Edge, bot: ScriptedBot, conversation: str, ada: Guest, bob: Guest
) -> None:
    await said(ada, conversation, "hello")
    assert await asked(edge, bot, conversation) == ["hello"]
    await join(ada, conversation, bob)
    await said(ada, conversation, "hello Bob")
    await said(bob, conversation, "hello Ada")
    assert await asked(edge, bot, conversation) == ["hello"]
    await do(bob, conversation, "leave")
    await said(ada, conversation, "he has left")
    assert await asked(edge, bot, conversation) == ["hello", "he has left"]


async def test_an_operator_makes_it_a_group_too(
    edge: Edge, bot: ScriptedBot, conversation: str, ada: Guest, mia: Guest
) -> None:
    await join(ada, conversation, mia)
    await said(ada, conversation, "hello")
    await said(mia, conversation, "Hello, this is Mia.")
    await said(mia, conversation, "@assistant hello")
    assert await asked(edge, bot, conversation) == ["@assistant hello"]


async def test_what_is_addressed_is_answered_once_however_often_it_is_sent(
    edge: Edge, bot: ScriptedBot, conversation: str, ada: Guest, bob: Guest
) -> None:
    await join(ada, conversation, bob)
    for status in (202, 200, 200):
        answer = await bob.send(conversation, text=ASKS, clientMessageId="1")
        assert answer.status_code == status
        assert await asked(edge, bot, conversation) == [ASKS]


async def test_a_button_is_for_the_bot_whoever_presses_it(
    edge: Edge, bot: ScriptedBot, conversation: str, ada: Guest, bob: Guest
) -> None:
    await join(ada, conversation, bob)
    await said(ada, conversation, "@assistant cancel")
    await is_quiet(edge, conversation)
    await said(bob, conversation, "", payload="/affirm")
    await said(bob, conversation, "", payload="/never_offered")
    assert [message.payload for message in bot.asked] == [None, "/affirm"]
    assert await asked(edge, bot, conversation) == ["@assistant cancel", "Yes"]


async def test_a_reply_is_for_whoever_said_it(
    edge: Edge, bot: ScriptedBot, conversation: str, ada: Guest, bob: Guest
) -> None:
    await join(ada, conversation, bob)
    await said(ada, conversation, ASKS)
    await is_quiet(edge, conversation)
    state = await ada.snapshot(conversation)
    hers, its = (message["messageId"] for message in state["messages"])
    await said(bob, conversation, "to Ada", replyTo=hers)
    await said(bob, conversation, "to the bot", replyTo=its)
    assert await asked(edge, bot, conversation) == [ASKS, "to the bot"]
    replies = {each["text"]: each.get("replyTo") for each in (await ada.snapshot(conversation))["messages"]}
    assert (replies["to Ada"], replies["to the bot"], replies[ASKS]) == (hers, its, None)


async def test_a_reply_to_nothing_is_refused_unless_it_was_sent_before(
    edge: Edge, conversation: str, ada: Guest
) -> None:
    first = (await said(ada, conversation, "hello"))["messageId"]
    for nothing in ("m_nothing", conversation, ada.participant):
        answer = await ada.send(conversation, text="what?", replyTo=nothing)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    reply = {"text": "again", "replyTo": first, "clientMessageId": "1"}
    assert (await ada.send(conversation, **reply)).status_code == 202
    await edge.chat.log.publish(conversation, *[Draft(MessageRead(ada.participant, 1))] * LOOKED_AT)
    assert (await ada.send(conversation, text="too late", replyTo=first)).status_code == 422
    assert (await ada.send(conversation, **reply)).status_code == 200
    assert (await ada.send(conversation, **reply | {"replyTo": "m_other"})).status_code == 409


@pytest.mark.parametrize("question", [ASKS, "@assistant cancel", "@assistant stream"])
async def test_whom_the_bot_has_asked_answers_it(
    edge: Edge, bot: ScriptedBot, conversation: str, ada: Guest, bob: Guest, question: str
) -> None:
    await join(ada, conversation, bob)
    await said(ada, conversation, question)
    await is_quiet(edge, conversation)
    await do(bob, conversation, "read", upTo=5)
    await said(ada, conversation, "1001")  # an echo, which asks nothing
    await is_quiet(edge, conversation)
    await said(ada, conversation, "thanks, and you, Bob?")
    assert await asked(edge, bot, conversation) == [question, "1001"]


async def test_nobody_else_answers_it_and_not_after_somebody_else_has_spoken(
    edge: Edge, bot: ScriptedBot, conversation: str, ada: Guest, bob: Guest
) -> None:
    await join(ada, conversation, bob)
    await said(ada, conversation, ASKS)
    await is_quiet(edge, conversation)
    await said(bob, conversation, "it is 1001")
    await said(ada, conversation, "no, 1002")
    assert await asked(edge, bot, conversation) == [ASKS]


async def test_a_run_of_an_agent_asks_the_bot_whatever_it_says(
    edge: Edge, bot: ScriptedBot, conversation: str, ada: Guest, bob: Guest
) -> None:
    await join(ada, conversation, bob)
    run = {
        "threadId": conversation,
        "runId": "r",
        "messages": [{"id": "u1", "role": "user", "content": "by AG-UI"}],
    }
    part = {"type": "text", "text": "by the AI SDK"}
    chat = {
        "id": conversation,
        "messages": [{"id": "u2", "role": "user", "parts": [part]}],
        "trigger": "submit-message",
    }
    for path, body, text in (("agui", run, "by AG-UI"), ("aisdk", chat, "by the AI SDK")):
        answer = await bob.http.post(f"/chat/v1/{path}", json=body)
        assert f"You said {text}." in answer.text


async def test_there_is_no_answer_to_go_on_with_where_none_comes(
    edge: Edge, bot: ScriptedBot, conversation: str, ada: Guest, bob: Guest
) -> None:
    await join(ada, conversation, bob)
    await said(bob, conversation, "hello Ada")
    assert (await bob.http.get(f"/chat/v1/aisdk/{conversation}/stream")).status_code == 204
