"""One turn: a customer's message, or the bot's return, and the only way in which its answer reaches the log."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

from switchboard.handoff.case import Wish, request
from switchboard.log.authority import Authority
from switchboard.log.clock import now_ms
from switchboard.log.codec import decode
from switchboard.log.dialogue import NOTHING, DialogueUpdate, Stretch
from switchboard.log.errors import DecodeError
from switchboard.log.events import (
    Button,
    Event,
    HandoffEnded,
    MessageCompleted,
    MessageDelta,
    MessageSent,
    MessageStarted,
    Participant,
    TurnCompleted,
    TurnFailed,
)
from switchboard.log.inbox import Lease
from switchboard.log.log import Draft, Log
from switchboard.log.ownership import OwnerChange

AGAIN = "{message}"
BOT = Participant("bot:main", "bot", "Assistant")


class TurnError(Exception):
    """Raised when a message cannot be answered. `reason` is a code that clients may see; `detail` is for operators."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Apology:
    """What the customer reads when a message could not be answered, with a way on.

    A button whose payload is `{message}` says again what was said.
    """

    text: str
    buttons: tuple[Button, ...] = ()

    def of(self, turn_id: str, failed: MessageSent | None) -> MessageSent:
        """The apology for a message; text that looks like an intent is not offered again, as it would become one."""
        said = failed and (failed.payload or (failed.text if not failed.text.lstrip().startswith("/") else None))
        filled = (replace(button, payload=button.payload.replace(AGAIN, said or "")) for button in self.buttons)
        buttons = tuple(button for button in filled if button.payload)
        return MessageSent(f"m_{uuid.uuid4().hex}", BOT, self.text, buttons, turn_id=turn_id)


class Engine(Protocol):
    """What answers messages."""

    async def answer(self, turn: Turn) -> None:
        """Append the answer with `turn.say`. Raises `TurnError` with a reason; else it is a defect."""

    async def cut(self, turn: Turn) -> None:
        """`answer` was cancelled because somebody stopped the turn: keep what was said. Raises as `answer` does."""

    def apology(self) -> Apology:
        """What the customer reads when `answer` has failed."""


@dataclass
class Turn:
    """Everything that is appended here stands under the worker's lease, and is refused once the lease has passed."""

    log: Log
    conversation: str
    offset: int
    message: MessageSent
    authority: Authority
    before: Stretch  # what the engine remembers of the turns before
    tries: int = 1  # which try this is
    kept: str = ""  # by an earlier try, see `keep`
    unheard: str = ""  # what the bot has missed while people had the conversation, see `owner.lua`
    ended: HandoffEnded | None = None  # the turn is the bot's return from people; then nobody has written the message
    over: bool = field(default=False, init=False)
    stopped: bool = field(default=False, init=False)  # somebody asked for it
    remembers: DialogueUpdate = field(default=NOTHING, init=False)  # see `remember`
    _then: OwnerChange | None = field(default=None, init=False)
    _to_keep: str = field(default="", init=False)
    _said: Counter[str] = field(default_factory=Counter, init=False)

    @classmethod
    def of(cls, log: Log, lease: Lease) -> Turn:
        """The turn that a lease is for. Raises `DecodeError` if what waits can not be answered."""
        event = decode(lease.entry).event
        ended = event if isinstance(event, HandoffEnded) else None
        if ended:
            event = MessageSent(ended.handoff_id, BOT, "")
        if not isinstance(event, MessageSent):
            raise DecodeError(f"{event.type} cannot be answered")
        return cls(
            log,
            lease.conversation,
            lease.offset,
            event,
            Authority(lease.term, lease.fence, lease.worker),
            lease.before,
            lease.tries,
            lease.kept,
            lease.unheard,
            ended,
        )

    @property
    def id(self) -> str:
        """Unique in the conversation, and the same when the turn is tried again."""
        return f"t{self.offset}"

    def context(self, step: str) -> dict[str, Any]:
        """What an action needs to write into this turn from another process; see `TurnContext`."""
        return {
            "id": self.id,
            "term": self.authority.term,
            "fence": self.authority.fence,
            "step": step,
            "again": self.again,
        }

    @property
    def again(self) -> bool:
        """Whether it was tried before."""
        return self.tries > 1

    def keep(self, value: str) -> None:
        """Keep something that every later try of this turn finds in `kept`, as this one does; the first value stays.

        It goes with what is appended next. Before anything else is done that a later try must know of: `secure`.
        """
        if not self.kept:
            self.kept = self._to_keep = value

    async def secure(self) -> None:
        """Have on record what is kept. Raises `StalePublish` if the turn is another worker's by now."""
        if self._to_keep:
            await self.log.keep(self.conversation, self._to_keep, self.authority)
            self._to_keep = ""

    def remember(self, update: DialogueUpdate) -> None:
        """What the engine is to know in later turns: on record at once with the end of this one, or not at all."""
        checkpoint = update.checkpoint or self.remembers.checkpoint
        self.remembers = replace(update, events=(*self.remembers.events, *update.events), checkpoint=checkpoint)

    def hand_over(self, wish: Wish) -> None:
        """At the end of this turn, and at once with it, the conversation begins to wait for a person.

        Only the first wish counts. If the turn fails or is stopped nobody is called: what it has said is not true then.
        """
        if self._then is None and self.authority.term is not None:
            self._then = request(self.conversation, self.authority.term, BOT.id, now_ms(), wish).change

    async def say(self, event: Event, what: str = "") -> None:
        """Append a piece of the answer; the n-th of its kind, `what`, only once, however often the turn is tried."""
        self._said[what] += 1
        await self._append(Draft(event, key=piece_key(self.id, what, self._said[what])))

    async def complete(self) -> None:
        """The message is answered."""
        self.over = True
        end = Draft(TurnCompleted(self.id, stopped=self.stopped or None), key=f"{self.id}:end")
        then = None if self.stopped else self._then
        await self._append(end, answers=self.offset, remembers=self.remembers, then=then)

    async def keep_what_was_said(self) -> str:
        """End the messages that still stream, with the text that they have; all of it."""
        open_messages: dict[str, str] = {}
        at = self.offset
        while lines := await self.log.read(self.conversation, at):
            at = lines[-1].offset
            for line in lines:
                _follow(open_messages, decode(line.json).event, self.id)
        for message_id, text in open_messages.items():
            await self.say(MessageCompleted(message_id, BOT, text, self.id, stopped=True), message_id)
        return "".join(open_messages.values())

    async def fail(self, reason: str, apology: Apology) -> None:
        """The message cannot be answered; the customer is told so, at once with the end of the turn."""
        self.over = True
        await self._append(*_farewell(self.id, reason, apology.of(self.id, self.message)), answers=self.offset)

    async def _append(
        self,
        *drafts: Draft,
        answers: int | None = None,
        remembers: DialogueUpdate = NOTHING,
        then: OwnerChange | None = None,
    ) -> None:
        keeps, self._to_keep = self._to_keep, ""
        right = self.authority
        await self.log.publish(
            self.conversation, *drafts, authority=right, answers=answers, keeps=keeps, remembers=remembers, then=then
        )


def piece_key(turn_id: str, what: str, number: int = 1) -> str:
    """The key under which a piece of an answer stands on the log."""
    return f"{turn_id}:{what}:{number}"


def _follow(open_messages: dict[str, str], event: Event, turn_id: str) -> None:
    """Keep the text of each message of the turn that has begun and has not ended."""
    match event:
        case MessageStarted(message_id=message_id, turn_id=of) if of == turn_id:
            open_messages[message_id] = ""
        case MessageDelta(message_id=message_id, delta=delta) if message_id in open_messages:
            open_messages[message_id] += delta
        case MessageCompleted(message_id=message_id):
            open_messages.pop(message_id, None)


def _farewell(turn_id: str, reason: str, sorry: MessageSent) -> tuple[Draft, Draft]:
    end = TurnFailed(turn_id, reason)
    return Draft(sorry, key=f"{turn_id}:sorry"), Draft(end, key=f"{turn_id}:end")


async def give_up(log: Log, lease: Lease, apology: Apology) -> None:
    """End the turn of a message that cannot even be read, so that the next one is answered."""
    authority = Authority(lease.term, lease.fence, lease.worker)
    turn_id = f"t{lease.offset}"
    drafts = _farewell(turn_id, "error", apology.of(turn_id, None))
    await log.publish(lease.conversation, *drafts, authority=authority, answers=lease.offset)


class CallAgain(Exception):
    """Raised in an action that cannot reach the log: it is to be called again.

    Rasa's action server answers 500 with the text of whatever an action raises; `MARK` tells this one from others.
    """

    MARK: ClassVar[str] = "call again: "

    def __init__(self, why: object) -> None:
        super().__init__(f"{self.MARK}{why}")


@dataclass(frozen=True)
class TurnContext:
    """A turn as seen from an action: it came with the call, in the message's metadata."""

    id: str
    authority: Authority
    step: str = ""  # which action it is, and which of the turn: the same on every try
    again: bool = False  # the turn was tried before

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any] | None) -> TurnContext | None:
        """The turn that is running, or `None` outside one: `rasa shell`, `rasa test`, another channel."""
        turn = (metadata or {}).get("turn")
        if not isinstance(turn, Mapping):
            return None
        authority = Authority(turn["term"], turn["fence"])
        return cls(turn["id"], authority, turn.get("step", ""), bool(turn.get("again")))

    def name(self, prefix: str, conversation: str, *what: Any) -> str:
        """A name for something that the action does: the same on every try of the turn, and never that of another."""
        text = json.dumps([conversation, self.id, self.step, *what], sort_keys=True, default=str)
        return f"{prefix}_{hashlib.sha256(text.encode()).hexdigest()[:32]}"
