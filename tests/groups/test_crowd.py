"""Twenty people, two operators and a bot, on two servers: one order for all, and a bot that speaks when spoken to."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.edge import Edge, Guest
from tests.support.group import join, signed_in
from tests.support.resuming import Frames, over_sse, over_websocket
from tests.support.scripted_bot import ScriptedBot, working
from tests.support.waiting import bounded

CUSTOMERS, OPERATORS = 20, 2
MESSAGES = 1_000
EVERY = 20  # one message in so many is for the bot: each has it answer, one after the other
READERS = 6  # who read all of it while it is said
TALK = ("I'll pay you back", "did the assistant answer?", "no, the blue one", "who is Bob's assistant?", "lol")


@contextlib.asynccontextmanager
async def crowd(edges: tuple[Edge, Edge]) -> AsyncIterator[tuple[list[Guest], list[Guest]]]:
    """Customers and operators, every other one on the other server."""
    async with contextlib.AsyncExitStack() as stack:
        customers = [await stack.enter_async_context(edges[at % 2].guest(f"Guest {at}")) for at in range(CUSTOMERS)]
        operators = [
            await stack.enter_async_context(signed_in(edges[at % 2], "operator", f"op_{at}")) for at in range(OPERATORS)
        ]
        yield customers, operators


async def talk(person: Guest, conversation: str, texts: list[str]) -> None:
    for at, text in enumerate(texts):
        answer = await person.send(conversation, text=text, clientMessageId=f"{at}")
        assert answer.status_code == 202, answer.text


def scripts(people: list[Guest], dice: random.Random) -> dict[str, list[str]]:
    """What each of them says, every text once."""
    said: dict[str, list[str]] = {person.participant: [] for person in people}
    for number in range(MESSAGES):
        words = "@assistant, what about" if number % EVERY == 0 else dice.choice(TALK)
        said[dice.choice(people).participant].append(f"{words} {number}")
    return said


@dataclass
class Reading:
    """Somebody who reads along."""

    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    entries: list[dict[str, Any]] = field(default_factory=list)

    async def run(self, frames: Frames, count: int) -> None:
        """Until so many messages have been said, and turns ended."""
        async for frame in frames:
            if frame.get("type") == "snapshot":
                self.is_open.set()
            elif "offset" in frame and frame["type"] != "connected":
                self.entries.append(frame)
                count -= frame["type"] in ("message.sent", "turn.completed")
            if count == 0:
                return


async def test_everybody_sees_the_same_and_the_bot_answers_what_was_addressed_to_it(
    edge: Edge, other_edge: Edge
) -> None:
    bot = ScriptedBot()
    async with bounded(90), crowd((edge, other_edge)) as (customers, operators), working(edge.chat.log, bot):
        people = customers + operators
        host, *others = customers
        conversation = await host.open()
        await join(host, conversation, *others, *operators)
        end = (await edge.chat.log.describe(conversation)).offset
        texts = scripts(people, random.Random(3))
        to_bot = [text for said in texts.values() for text in said if text.startswith("@")]
        count = MESSAGES + 2 * len(to_bot)
        readers = [Reading() for _ in range(READERS)]
        ways = [
            (over_sse, over_websocket)[at % 2]((edge, other_edge)[at // 2 % 2].url, people[-at], conversation)
            for at in range(READERS)
        ]
        async with asyncio.TaskGroup() as tasks:
            for reader, way in zip(readers, ways, strict=True):
                tasks.create_task(reader.run(way, count))
            for reader in readers:
                await reader.is_open.wait()
            for person in people:
                tasks.create_task(talk(person, conversation, texts[person.participant]))
        first, *more = (reader.entries for reader in readers)
        assert [entry["offset"] for entry in first] == list(range(end + 1, end + 1 + len(first)))
        assert all(entries == first for entries in more)
        check_authors(first, texts)
        assert sorted(message.text for message in bot.asked) == sorted(to_bot)
        check_answers(first)


def check_authors(entries: list[dict[str, Any]], texts: dict[str, list[str]]) -> None:
    """Each said what they said, in their order."""
    heard: dict[str, list[str]] = {person: [] for person in texts}
    for entry in entries:
        if entry["type"] == "message.sent" and entry["author"]["role"] != "bot":
            heard[entry["author"]["id"]].append(entry["text"])
            assert entry["author"]["role"] == ("operator" if entry["author"]["id"].startswith("op_") else "customer")
    assert heard == texts


def check_answers(entries: list[dict[str, Any]]) -> None:
    """Each turn answers the message that it is named after, and one turn comes after the other."""
    said = {entry["offset"]: entry for entry in entries if entry["type"] == "message.sent"}
    under_way = None
    for entry in entries:
        match entry["type"]:
            case "turn.started":
                assert under_way is None
                under_way = entry["turnId"]
            case "turn.completed":
                assert entry["turnId"] == under_way
                under_way = None
            case "message.sent" if entry["author"]["role"] == "bot":
                assert entry["turnId"] == under_way
                assert entry["text"] == f"You said {said[int(under_way[1:])]['text']}."
    assert under_way is None
