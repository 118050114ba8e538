"""A bot that does what a test says: its answers are entries, published as actions publish them."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from switchboard.log.events import (
    Button,
    MessageCompleted,
    MessageDelta,
    MessageSent,
    MessageStarted,
)
from switchboard.log.follower import Follower
from switchboard.log.inbox import Inbox
from switchboard.log.log import Log
from switchboard.turns.turn import BOT, Apology, Turn, TurnError
from switchboard.turns.worker import Worker
from tests.support.edge import Edge
from tests.support.waiting import running

Answer = Callable[[Turn], Awaitable[None]]


@dataclass
class ScriptedBot:
    """Answers each text as it was told to, any other with an echo. `gate` holds back an answer that waits for it."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[MessageSent] = field(default_factory=list)
    begun: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, turn: Turn) -> None:
        """See `Engine`."""
        self.asked.append(turn.message)
        answer = self.answers.get(turn.message.payload or turn.message.text)
        if answer:
            await answer(turn)
        else:
            await say(turn, f"You said {turn.message.text}.")

    async def cut(self, turn: Turn) -> None:
        """See `Engine`."""
        await turn.keep_what_was_said()

    def apology(self) -> Apology:
        """See `Engine`."""
        return Apology("Sorry, that went wrong.")

    async def wait(self, turn: Turn) -> None:
        """For use in an answer: says that it has begun, and goes on once the test opens the gate."""
        self.begun[turn.message.text].set()
        await self.gate.wait()


async def say(turn: Turn, text: str, *buttons: Button, image: str | None = None) -> None:
    """A whole message."""
    await turn.say(MessageSent(f"m_{uuid.uuid4().hex}", BOT, text, buttons, turn_id=turn.id, image=image))


async def stream(turn: Turn, *deltas: str, text: str | None = None, pause: Answer | None = None) -> None:
    """A streamed message; `pause` comes after its first piece."""
    message = f"m_{turn.id}_s"
    await turn.say(MessageStarted(message, BOT, turn.id))
    for at, delta in enumerate(deltas):
        await turn.say(MessageDelta(message, delta))
        if at == 0 and pause:
            await pause(turn)
    await turn.say(MessageCompleted(message, BOT, "".join(deltas) if text is None else text, turn.id))


async def fail(turn: Turn) -> None:
    """What an action does that cannot go on."""
    await stream(turn, "So far ", "so good")
    raise TurnError("action_failed", "the shop is closed")


@contextlib.asynccontextmanager
async def working(log: Log, bot: ScriptedBot) -> AsyncIterator[None]:
    """The real worker in this process, which follows the log by itself: the edges may be anywhere."""
    follower = Follower(log.redis)
    worker = Worker(log, Inbox(log.redis), follower, bot, drain_seconds=0.0)
    async with running(follower.run()), running(worker.run()):
        yield


@contextlib.asynccontextmanager
async def answering(edge: Edge, bot: ScriptedBot) -> AsyncIterator[ScriptedBot]:
    """The real worker, with this bot as its engine."""
    worker = Worker(edge.chat.log, Inbox(edge.chat.log.redis), edge.chat.follower, bot, drain_seconds=0.0)
    async with running(worker.run()):
        yield bot
