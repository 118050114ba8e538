"""A reply that streams: what an action has reaches the reader while the action still runs.

    async with Reply(dispatcher, tracker) as reply:
        await reply.write("Let me look. ")
        order = await reply.run(find_order, order_number="1001", email="ada@example.com")
        await reply.write(f"It is {order.status}.")

When the block ends, the whole text is uttered once, as one bot message. If somebody stops the turn the block ends at
once, in the middle of an `await` but never inside a task with effects: what was written so far is uttered, and
`stopped` is true. So it ends with a `Cancelled` that nobody catches. Outside a conversation of ours (`rasa shell`, a
test, another channel) the text is uttered, no more.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from types import TracebackType
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from switchboard.log.errors import LogUnavailable
from switchboard.log.events import Event, MessageDelta, MessageStarted
from switchboard.log.log import Draft
from switchboard.runtime import Runtime, runtime
from switchboard.tasks.cancellation import Cancellation
from switchboard.tasks.declaration import Task
from switchboard.tasks.errors import Cancelled
from switchboard.tasks.run import Runner
from switchboard.turns.turn import BOT, CallAgain, TurnContext, piece_key

COALESCE_SECONDS = 0.03  # the first text goes out at once, then what has gathered: one write per 30 ms, not per token


@contextlib.contextmanager
def _called_again() -> Iterator[None]:
    """While the log is away the action is called again, see `switchboard.engine.endpoint`."""
    try:
        yield
    except LogUnavailable as error:
        raise CallAgain(error) from error


class Reply:
    """One bot message, written piece by piece. Use as an asynchronous context manager."""

    def __init__(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        services: Runtime | None = None,
    ) -> None:
        self._dispatcher = dispatcher
        self._conversation = tracker.sender_id
        self._turn = TurnContext.from_metadata((tracker.latest_message or {}).get("metadata"))
        self._services = services or runtime()
        # Of all replies of one action: how often it has done the same thing, since each time is another.
        self._done: Counter[str] = vars(tracker).setdefault("done_by_replies", Counter())
        self._message_id = self._name("m", "reply")
        self._text: list[str] = []
        self._pending: list[str] = []
        self._buttons: list[dict[str, str]] = []
        self._started = False
        self._silent = False  # an earlier try of the turn came to the end of this message
        self.stopped = False
        self._asked_to_stop = False
        self._shielded = False  # a task with effects runs: it comes to its end
        self._body: asyncio.Task[Any] | None = None
        self._watch = contextlib.ExitStack()
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self._pump: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Reply:
        with _called_again():
            await self._open()
        return self

    async def _open(self) -> None:
        if self._turn:
            key = piece_key(self._turn.id, self._message_id)
            self._silent = self._turn.again and await self._services.log.has(self._conversation, key)
            self._pump = asyncio.create_task(self._send_pending(), name=f"reply {self._message_id}")
            await self._let_it_be_stopped(self._turn.id)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        with _called_again():
            cut = await self._close(kind, error)
            if isinstance(error, LogUnavailable):
                raise error
        return cut

    async def _close(self, kind: type[BaseException] | None, error: BaseException | None) -> bool:
        """Returns whether the block was stopped, or what it waited for was cancelled."""
        self._watch.close()
        if self._pump:
            async with self._writing:  # never in the middle of a write
                self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump
        cut = self.stopped and kind is asyncio.CancelledError and self._body is not None and not self._body.uncancel()
        if isinstance(error, Cancelled):
            self.stopped = cut = True
        if error is None or cut:
            await self._flush()
            self._utter()
        return cut

    async def write(self, text: str) -> None:
        """Add to the message. Raises `StalePublish` once the conversation is no longer this bot's to answer."""
        self._text.append(text)
        self._pending.append(text)
        self._wake.set()
        if self._pump and self._pump.done():
            self._pump.result()  # why it ended

    def buttons(self, buttons: Sequence[dict[str, str]]) -> None:
        """Offer replies, each `{"title", "payload"}`, with the finished message."""
        self._buttons.extend(buttons)

    async def run(self, task: Task[..., Any], **arguments: Any) -> Any:
        """Run a task for this conversation; what it reports streams. Raises `TaskError`, `Cancelled`.

        If an earlier try of the turn came to the end of a task with effects, this is what that returned.
        """
        task_id = self._name("k", task.name, arguments)
        turn_id = self._turn.id if self._turn else None
        runner = Runner(
            self._services.history,
            self._conversation,
            turn_id,
            self._publish,
            self.write,
            self._cancelled,
        )
        self._shielded = task.effects
        try:
            return await runner.run(task, arguments, task_id)
        finally:
            self._shielded = False
            if task.effects and self.stopped and self._body:
                self._body.cancel()

    def _name(self, prefix: str, *what: Any) -> str:
        """A name for what is done next: in a turn the same on every try, else a new one."""
        if self._turn is None:
            return f"{prefix}_{uuid.uuid4().hex}"
        name = self._turn.name(prefix, self._conversation, *what)
        self._done[name] += 1
        return self._turn.name(prefix, self._conversation, *what, self._done[name])

    async def _let_it_be_stopped(self, turn_id: str) -> None:
        """From here on the body of the block is cancelled if somebody stops the turn."""
        if self._services.stops is None:
            return
        self._services.stops.listen()
        self._watch.enter_context(self._services.stops.watch(self._conversation, turn_id, self._stop))
        stopping = await self._services.log.is_stopping(self._conversation, turn_id)
        self._body = asyncio.current_task()  # not before: what waits here is not the body yet
        if stopping or self._asked_to_stop:
            self._stop()

    @contextlib.asynccontextmanager
    async def _cancelled(self, task_id: str, cancellation: Cancellation) -> AsyncIterator[None]:
        """See `Watch`. Outside of a turn nobody can cancel it."""
        if self._turn is None or self._services.stops is None:
            yield
            return
        with self._services.stops.watch(self._conversation, task_id, cancellation.ask):
            if await self._services.log.is_stopping(self._conversation, task_id):  # before we heard, or an earlier try
                cancellation.ask()
            yield

    def _stop(self) -> None:
        self._asked_to_stop = True
        if not self.stopped and self._body:
            self.stopped = True
            if not self._shielded:
                self._body.cancel()

    async def _publish(self, event: Event, key: str = "") -> None:
        """An event in its place: after the text that was written before it."""
        await self._flush()
        await self._append([event], key)

    async def _send_pending(self) -> None:
        while True:
            await self._wake.wait()
            await self._flush()
            await asyncio.sleep(COALESCE_SECONDS)

    async def _flush(self) -> None:
        async with self._writing:
            self._wake.clear()
            text, self._pending = "".join(self._pending), []
            if not text or not self._turn or self._silent:
                return
            events: list[Event] = [MessageDelta(self._message_id, text)]
            if not self._started:
                events.insert(0, MessageStarted(self._message_id, BOT, self._turn.id))
            self._started = True
            await self._append(events)

    async def _append(self, events: list[Event], key: str = "") -> None:
        if self._turn:
            drafts = [Draft(event, key) for event in events]
            log = self._services.log
            await log.publish(self._conversation, *drafts, authority=self._turn.authority)

    def _utter(self) -> None:
        text = "".join(self._text).strip()
        extra: dict[str, Any] = {"streamed": self._message_id} if self._started or self._silent else {}
        if self.stopped:
            extra["stopped"] = True
        if text or self._buttons:
            self._dispatcher.utter_message(text=text, buttons=self._buttons, **extra)
