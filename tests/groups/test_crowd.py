"""Twenty people, two operators and a bot, on two servers: one order for all, and a bot that speaks when spoken to."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from switchboard.addressed import addresses
from switchboard.settings import Settings
from switchboard.turns.turn import Turn
from tests.support.edge import Edge, Guest
from tests.support.group import join, signed_in
from tests.support.resuming import Frames, over_sse, over_websocket
from tests.support.scripted_bot import ScriptedBot, say, working
from tests.support.waiting import bounded

CUSTOMERS, OPERATORS = 20, 2
EVERY = 20  # after all that is labelled was said once, one message in so many is for the bot
LEAST = 0.95  # of precision and of recall
PAGE = 100  # messages, as many as there may be
LABELLED: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "addressed.yml").read_text(encoding="utf-8"))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The bot is called what those call it who wrote the labelled messages."""
    return settings.copy(update={"bot_names": ",".join(LABELLED["names"])})


@dataclass
class Crowd:
    """Everybody but the bot, every other one on the other server."""

    customers: list[Guest]
    operators: list[Guest]

    @property
    def everybody(self) -> list[Guest]:
        """Customers first."""
        return self.customers + self.operators


@contextlib.asynccontextmanager
async def crowd(edges: tuple[Edge, Edge]) -> AsyncIterator[Crowd]:
    async with contextlib.AsyncExitStack() as stack:
        customers = [await stack.enter_async_context(edges[at % 2].guest(f"Guest {at}")) for at in range(CUSTOMERS)]
        operators = [
            await stack.enter_async_context(signed_in(edges[at % 2], "operator", f"op_{at}")) for at in range(OPERATORS)
        ]
        yield Crowd(customers, operators)


class Noting(ScriptedBot):
    """Answers nothing that invites more: no question, no button."""

    async def answer(self, turn: Turn) -> None:
        self.asked.append(turn.message)
        await say(turn, f"Noted {turn.message.message_id}.")


@dataclass
class Speaker:
    """Somebody with something to say, and the names of the messages that came of it, in their order."""

    guest: Guest
    texts: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    async def talk(self, conversation: str) -> None:
        """Say all of it. What is one too many for now is said again, as the protocol has it."""
        for at, text in enumerate(self.texts):
            while True:
                answer = await self.guest.send(conversation, text=text, clientMessageId=f"{at}")
                if answer.status_code != 429:
                    break
                await asyncio.sleep(int(answer.headers["Retry-After"]))
            assert answer.status_code == 202, answer.text
            self.messages.append(answer.json()["messageId"])


def speakers(people: list[Guest], count: int, dice: random.Random) -> list[Speaker]:
    """Who says what: everything that is labelled, in some order, and then more of the same."""
    meant, others = LABELLED["addressed"], LABELLED["not addressed"]
    texts = dice.sample([*meant, *others], len(meant) + len(others))
    texts += [dice.choice(others if dice.randrange(EVERY) else meant) for _ in range(count - len(texts))]
    talking = [Speaker(person) for person in people]
    for text in texts:
        dice.choice(talking).texts.append(text)
    return talking


@dataclass
class Reading:
    """Somebody who reads along."""

    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    entries: list[dict[str, Any]] = field(default_factory=list)

    async def run(self, frames: Frames, count: int) -> None:
        """Until so many messages have been said, the bot's too, and turns ended."""
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
    async with bounded(90):
        await hold((edge, other_edge), messages=1_000, readers=6)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_the_same_for_five_thousand_messages_that_everybody_reads(edge: Edge, other_edge: Edge) -> None:
    async with bounded(800):
        await hold((edge, other_edge), messages=5_000, readers=CUSTOMERS + OPERATORS)


async def hold(edges: tuple[Edge, Edge], messages: int, readers: int) -> None:
    """All of them talk at once, and so many of them read, by streams of both kinds at both servers."""
    bot = Noting()
    async with crowd(edges) as people, working(edges[0].chat.log, bot):
        host, *others = people.everybody
        conversation = await host.open()
        await join(host, conversation, *others)
        end = (await edges[0].chat.log.describe(conversation)).offset
        talking = speakers(people.everybody, messages, random.Random(3))
        names = edges[0].chat.bot_names
        answers = sum(addresses(text, names) for speaker in talking for text in speaker.texts)
        reading = [Reading() for _ in range(readers)]
        ways = [
            (over_sse, over_websocket)[at // 2 % 2](edges[at % 2].url, person, conversation)
            for at, person in enumerate(people.everybody[-readers:])
        ]
        async with asyncio.TaskGroup() as tasks:
            for reader, way in zip(reading, ways, strict=True):
                tasks.create_task(reader.run(way, messages + 2 * answers))
            for reader in reading:
                await reader.is_open.wait()
            for speaker in talking:
                tasks.create_task(speaker.talk(conversation))
        first, *more = (reader.entries for reader in reading)
        assert [entry["offset"] for entry in first] == list(range(end + 1, end + 1 + len(first)))
        assert all(entries == first for entries in more)
        for person in people.customers[:2]:  # one at each server
            assert await looked_up(person, conversation) == messages_in(first)
        check_authors(first, talking)
        check_answers(first)
        check_addressed([message.message_id for message in bot.asked], talking)


def messages_in(entries: list[dict[str, Any]]) -> list[tuple[int, str, str, str]]:
    """Place, name, author and text."""
    said = (entry for entry in entries if entry["type"] == "message.sent")
    return [(entry["offset"], entry["messageId"], entry["author"]["id"], entry["text"]) for entry in said]


async def looked_up(person: Guest, conversation: str) -> list[tuple[int, str, str, str]]:
    """The same from the pages of the history."""
    pages: list[list[tuple[int, str, str, str]]] = []
    query = {"limit": str(PAGE)}
    while True:
        answer = await person.http.get(f"/chat/v1/conversations/{conversation}/messages", params=query)
        page = answer.json()
        assert page["missing"] == []
        pages.append([(m["offset"], m["messageId"], m["author"]["id"], m["text"]) for m in page["messages"]])
        if page["before"] is None:
            return [message for page in reversed(pages) for message in page]
        query["before"] = page["before"]


def check_authors(entries: list[dict[str, Any]], talking: list[Speaker]) -> None:
    """Each said what they said, in their order, and nothing else."""
    heard: dict[str, list[tuple[str, str]]] = {speaker.guest.participant: [] for speaker in talking}
    for entry in entries:
        if entry["type"] == "message.sent" and entry["author"]["role"] != "bot":
            heard[entry["author"]["id"]].append((entry["messageId"], entry["text"]))
            assert entry["author"]["role"] == ("operator" if entry["author"]["id"].startswith("op_") else "customer")
    said = {each.guest.participant: list(zip(each.messages, each.texts, strict=True)) for each in talking}
    assert heard == said


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
                assert entry["text"] == f"Noted {said[int(under_way[1:])]['messageId']}."
    assert under_way is None


def check_addressed(asked: list[str], talking: list[Speaker]) -> None:
    """Each message that the bot took for its own got one answer; and of what is labelled it was right about enough."""
    answered = set(asked)
    assert len(answered) == len(asked)
    texts = {name: text for speaker in talking for name, text in zip(speaker.messages, speaker.texts, strict=True)}
    taken = {texts[name] for name in asked}
    assert all((text in taken) == (name in answered) for name, text in texts.items()), "a text is always taken alike"
    right = taken & set(LABELLED["addressed"])
    assert len(right) / len(taken) >= LEAST
    assert len(right) / len(LABELLED["addressed"]) >= LEAST
