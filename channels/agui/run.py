"""One run of an AG-UI client as a fold of the log: entries in, events out. No clock, no network, no surprise.

However the entries come, the events are what AG-UI calls a run: `RUN_STARTED` first, whatever is started is ended, and
last, once, `RUN_FINISHED` or `RUN_ERROR`. After that nothing comes out any more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from channels.agui import events
from channels.agui.events import Event
from channels.agui.tasks import Tasks
from channels.agui.texts import Texts
from channels.agui.transcript import Transcript
from switchboard.log.snapshot import Wire

TURN_ID = re.compile(r"^t([0-9]{1,15})$")
FAILED = "The bot could not answer."
LOST = "The conversation's log was lost or restored. Start again without messages."
HISTORY = 200  # messages that a client without any is given


@dataclass(frozen=True)
class Client:
    """Who asks, and what its AG-UI knows."""

    participant: str
    version: str | None = None  # of the protocol, if it told us: 1.0 does, 0.x does not
    interrupts: bool = False


@dataclass
class Run:
    """What the client is told. It ends with the last of the `turns` that it follows; without any it ends at once."""

    thread: str
    run: str
    client: Client
    transcript: Transcript = field(default_factory=Transcript)
    turns: tuple[str, ...] = ()
    asks: bool = True  # buttons may end it with an interrupt: nobody has answered them yet
    over: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._out: list[Event] = []
        self._texts = Texts(self._emit, self.transcript)
        self._tasks = Tasks(self._emit, self.transcript)
        self._slots: Wire = {}
        self._slots_at = 0
        self._epoch = ""
        self._owner = ""
        self._caught_up_at = 0
        self._begun = False  # the last turn

    def begin(self, snapshot: Wire, behind: list[Wire]) -> list[Event]:
        """The first events: the state as of the snapshot, and the messages that the client is behind with."""
        about = {"conversationId": snapshot["conversationId"], "owner": snapshot["owner"]}
        self._emit(events.run_started(self.thread, self.run, self.client.version and events.PROTOCOL_VERSION, about))
        self._take_state(snapshot)
        self._begun = snapshot["turn"] in self.turns
        if not self.transcript.messages and (self._begun or not self.turns):
            self._recall(snapshot["messages"][-HISTORY:])
        self._take_messages(snapshot, behind)
        self._texts.question = None
        if not self.turns:
            last = snapshot["messages"][-1:]
            self._texts.question = next((m for m in last if m["author"]["role"] == "bot" and m.get("buttons")), None)
            self._finish()
        return self._taken()

    def apply(self, frame: Wire) -> list[Event]:
        """The events of one entry, or of a `connected` or `snapshot` frame. Types that are not known here have none."""
        handler = _HANDLERS.get(frame["type"])
        if handler:
            handler(self, frame)
        self._end_if_nobody_answers(frame)
        return self._taken()

    def fail(self, code: str, message: str, at: int | None = None) -> list[Event]:
        """The end of a run that cannot go on."""
        self._fail(code, message, at)
        return self._taken()

    def _fail(self, code: str, message: str, at: int | None = None) -> None:
        self._end_all(at)
        self._emit(events.run_error(code, message, at))
        self.over = True

    def _emit(self, event: Event) -> None:
        if not self.over:
            self.transcript.apply(event)
            self._out.append(event)

    def _taken(self) -> list[Event]:
        out, self._out = self._out, []
        return out

    def _take_state(self, snapshot: Wire) -> None:
        self._slots = {name: value for name, value in snapshot["slots"].items() if value is not None}
        self._slots_at = snapshot["offset"]
        self._epoch = snapshot["epoch"]
        self._owner = snapshot["owner"]
        self._emit(events.event("STATE_SNAPSHOT", snapshot=dict(self._slots)))

    def _recall(self, messages: list[Wire]) -> None:
        """The conversation so far, for a client that starts with nothing: a page that was loaded anew."""
        before = len(self._out)
        for message in messages:
            if message["author"]["id"] == self.client.participant:
                own_id: str = message.get("clientMessageId") or message["messageId"]
                self.transcript.add(own_id, "user", message["text"])
            elif message["status"] != "streaming":
                self._texts.whole(message)
        del self._out[before:]
        if self.transcript.messages:
            self._emit(events.event("MESSAGES_SNAPSHOT", messages=self.transcript.messages))

    def _take_messages(self, snapshot: Wire, messages: list[Wire]) -> None:
        """Messages as the snapshot has them, and the tasks of our turns. Another turn's stream is another run's."""
        for message in messages:
            if message["author"]["id"] == self.client.participant:
                continue
            if message["status"] != "streaming":
                self._texts.whole(message)
            elif message.get("turnId") in self.turns:
                self._texts.so_far(message)
        for task in snapshot["tasks"]:
            if task.get("turnId") in self.turns:
                self._tasks.as_of(task)

    def _concerns(self, entry: Wire) -> bool:
        """Whether it is for this run: what belongs to another turn is told by another run, or to the next one."""
        return entry.get("turnId") is None or entry["turnId"] in self.turns

    def _sent(self, entry: Wire) -> None:
        if entry["author"]["role"] == "customer":
            self._texts.question = None  # whatever it says, it is the answer
        if entry["author"]["id"] != self.client.participant and self._concerns(entry):
            self._texts.whole(entry)

    def _started(self, entry: Wire) -> None:
        if self._concerns(entry):
            self._texts.start(entry)

    def _completed(self, entry: Wire) -> None:
        if self._concerns(entry):
            self._texts.whole(entry)

    def _delta(self, entry: Wire) -> None:
        self._texts.delta(entry)

    def _task_started(self, entry: Wire) -> None:
        if self._concerns(entry):
            self._tasks.start(entry)

    def _task_progressed(self, entry: Wire) -> None:
        self._tasks.progress(entry)

    def _task_ended(self, entry: Wire) -> None:
        _, _, status = entry["type"].partition(".")
        self._tasks.end(entry["taskId"], status, entry.get("reason"), entry.get("timestamp"))

    def _slots_changed(self, entry: Wire) -> None:
        if entry["offset"] <= self._slots_at:
            return  # the snapshot had it, and what came after
        patch = events.patch_of(entry["slots"], set(self._slots))
        merged = self._slots | entry["slots"]
        self._slots = {name: value for name, value in merged.items() if value is not None}
        if patch:
            self._emit(events.event("STATE_DELTA", entry.get("timestamp"), delta=patch))

    def _owner_changed(self, entry: Wire) -> None:
        self._owner = entry["owner"]
        self._emit(events.custom("owner", {"owner": entry["owner"], "term": entry["term"]}, entry.get("timestamp")))

    def _turn_started(self, entry: Wire) -> None:
        if self.turns and entry["turnId"] == self.turns[-1]:
            self._begun = True
        elif self._is_later(entry):
            self._finish(entry)

    def _turn_ended(self, entry: Wire) -> None:
        if self._is_later(entry):
            self._finish(entry)
        elif entry["turnId"] in self.turns:
            self._end_all(entry.get("timestamp"))
            if entry["turnId"] == self.turns[-1]:
                self._conclude(entry)

    def _conclude(self, entry: Wire) -> None:
        if entry["type"] == "turn.failed":
            self._fail(entry["reason"], FAILED, entry.get("timestamp"))
        elif entry.get("stopped"):
            self._emit(events.custom("stopped", {"turnId": entry["turnId"]}, entry.get("timestamp")))
            self._finish(entry, {"type": "cancelled"} if self.client.version else None)
        else:
            self._finish(entry)

    def _is_later(self, entry: Wire) -> bool:
        """Turns go in the order of their messages: ours has been, or never comes."""
        theirs, ours = TURN_ID.match(entry["turnId"]), TURN_ID.match(self.turns[-1]) if self.turns else None
        return bool(theirs and ours and int(theirs[1]) > int(ours[1]))

    def _end_if_nobody_answers(self, frame: Wire) -> None:
        """While a person holds the conversation there is no turn: the message is on the log, the answer comes with
        a later run."""
        ours = TURN_ID.match(self.turns[-1]) if self.turns else None
        seen = frame.get("offset", 0) if frame["type"] != "connected" else 0
        waits_for_nobody = bool(self._owner) and not self._owner.startswith("bot:") and not self._begun
        if ours and waits_for_nobody and seen >= max(int(ours[1]), self._caught_up_at):
            self._finish(frame)

    def _connected(self, frame: Wire) -> None:
        self._caught_up_at = frame["offset"]

    def _gap(self, snapshot: Wire) -> None:
        """The log no longer goes back to where we are. Unanswered messages are never trimmed: our turn has ended."""
        if snapshot["epoch"] != self._epoch:
            self._fail("lost", LOST)
            return
        self._take_state(snapshot)
        self._take_messages(snapshot, [m for m in snapshot["messages"] if m.get("turnId") in self.turns])
        if snapshot["turn"] not in self.turns:
            self._finish()

    def _end_all(self, at: int | None) -> None:
        self._texts.end_all(at)
        self._tasks.end_all(at)

    def _finish(self, entry: Wire | None = None, outcome: Wire | None = None) -> None:
        if self.over:
            return
        at = entry.get("timestamp") if entry else None
        self._end_all(at)
        if outcome is None and self._texts.question and self.asks and self.client.interrupts:
            outcome = {"type": "interrupt", "interrupts": [events.interrupt(self._texts.question)]}
        self._emit(events.run_finished(self.thread, self.run, outcome, at))
        self.over = True


_HANDLERS: dict[str, Callable[[Run, Wire], None]] = {
    "connected": Run._connected,
    "snapshot": Run._gap,
    "message.sent": Run._sent,
    "message.started": Run._started,
    "message.delta": Run._delta,
    "message.completed": Run._completed,
    "task.started": Run._task_started,
    "task.progressed": Run._task_progressed,
    "task.completed": Run._task_ended,
    "task.failed": Run._task_ended,
    "slots.changed": Run._slots_changed,
    "owner.changed": Run._owner_changed,
    "turn.started": Run._turn_started,
    "turn.completed": Run._turn_ended,
    "turn.failed": Run._turn_ended,
}
