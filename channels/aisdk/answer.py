"""The answer to one message as a fold of the log: entries in, chunks out. No clock, no network.

However the entries come, the chunks are one assistant's message: what is begun is ended, and nothing follows the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from channels.aisdk import chunks
from channels.aisdk.chunks import Chunk
from switchboard.log.snapshot import Wire

TURN_ID = re.compile(r"^t([0-9]{1,15})$")
FAILED = "The bot could not answer."
LOST = "The conversation was lost or restored. Load it again."
CUT_OFF = "interrupted"  # why a task failed that its turn left behind


class Answer:
    """What the client of `participant` is told of the answer to the message at `offset`."""

    def __init__(self, conversation_id: str, participant: str, epoch: str, offset: int, owner: str) -> None:
        self.turn = f"t{offset}"
        self.over = False
        self._conversation_id = conversation_id
        self._participant = participant
        self._epoch = epoch
        self._offset = offset
        self._owner = owner
        self._begun = False
        self._caught_up_at = 0
        self._out: list[Chunk] = []
        self._texts: dict[str, str] = {}  # parts that are open, with what the client has of them
        self._messages: set[str] = set()  # of the turn, streamed; those that are whole are not open any more
        self._tasks: dict[str, bool] = {}  # and whether they run

    @property
    def message_id(self) -> str:
        """The same at every try, so that a resumed answer replaces what there was of it."""
        return answer_id(self._conversation_id, self.turn)

    def begin(self) -> list[Chunk]:
        """The first chunks."""
        about = {"conversationId": self._conversation_id, "turnId": self.turn}
        self._out += chunks.start(self.message_id, about)
        return self._taken()

    def apply(self, frame: Wire) -> list[Chunk]:
        """The chunks of an entry, or of a `connected` or `snapshot` frame. Types that are not known here have none."""
        handler = _HANDLERS.get(frame["type"])
        if handler and not self.over:
            handler(self, frame)
        self._end_if_nobody_answers(frame)
        return self._taken()

    def fail(self, text: str) -> list[Chunk]:
        """The end of an answer that cannot be told any further."""
        self._end(chunks.error(text))
        return self._taken()

    def _taken(self) -> list[Chunk]:
        out, self._out = self._out, []
        return out

    def _concerns(self, entry: Wire) -> bool:
        """What belongs to another turn answers another message; what belongs to none is said by a person."""
        if "turnId" in entry:
            return bool(entry["turnId"] == self.turn)
        return bool(entry["author"]["id"] != self._participant)

    def _sent(self, entry: Wire) -> None:
        if self._concerns(entry):
            self._whole(entry)

    def _started(self, entry: Wire) -> None:
        if entry["turnId"] != self.turn:
            return
        message_id = entry["messageId"]
        if message_id in self._texts:  # a crash cut it off, and it begins anew
            self._close(message_id, {"messageId": message_id, "author": entry["author"], "replaced": True})
        elif message_id in self._messages:
            return  # a snapshot told it before
        self._messages.add(message_id)
        self._open(entry)

    def _delta(self, entry: Wire) -> None:
        if entry["messageId"] in self._texts:
            self._say(entry["messageId"], entry["delta"])

    def _open(self, message: Wire) -> None:
        about = {"messageId": message["messageId"], "author": message["author"]}
        self._texts[message["messageId"]] = ""
        self._out.append(chunks.text_start(message["messageId"], about))

    def _say(self, part_id: str, delta: str) -> None:
        if delta:
            self._texts[part_id] += delta
            self._out.append(chunks.text_delta(part_id, delta))

    def _whole(self, message: Wire) -> None:
        """A message with its final text, streamed before or not."""
        message_id, text = message["messageId"], message["text"]
        shown = self._texts.get(message_id)
        if shown is None and message_id in self._messages:
            return  # a snapshot told it before
        self._messages.add(message_id)
        if shown is not None and not text.startswith(shown):
            self._replace(message)
        elif text:
            if shown is None:
                self._open(message)
            self._say(message_id, text[len(shown or "") :])
        if message_id in self._texts:
            self._close(message_id)
        self._extras(message)

    def _replace(self, message: Wire) -> None:
        """What was streamed is not what counts. No chunk takes a text back: it is marked, and the other one follows."""
        message_id, again = message["messageId"], f"{message['messageId']}.whole"
        about = {"messageId": message_id, "author": message["author"]}
        self._close(message_id, {**about, "replaced": True})
        self._texts[again] = ""
        self._out.append(chunks.text_start(again, about))
        self._say(again, message["text"])
        self._close(again)

    def _close(self, part_id: str, about: Wire | None = None) -> None:
        del self._texts[part_id]
        self._out.append(chunks.text_end(part_id, about))

    def _extras(self, message: Wire) -> None:
        message_id = message["messageId"]
        if message.get("image"):
            self._out.append(chunks.image(message["image"]))
        if message.get("custom"):
            self._out.append(chunks.data("custom", message_id, message["custom"]))
        if message.get("buttons"):
            self._out.append(chunks.data("buttons", message_id, message["buttons"]))

    def _task_started(self, entry: Wire) -> None:
        if entry.get("turnId") == self.turn and entry["taskId"] not in self._tasks:
            self._tasks[entry["taskId"]] = True
            self._out.append(chunks.call(entry))

    def _task_progressed(self, entry: Wire) -> None:
        if self._tasks.get(entry["taskId"]):
            progress = {name: entry[name] for name in ("taskId", "done", "total", "note")}
            self._out.append(chunks.data("progress", entry["taskId"], progress))

    def _task_ended(self, entry: Wire) -> None:
        if self._tasks.get(entry["taskId"]):
            failed = entry["type"] == "task.failed"
            self._end_task(entry["taskId"], entry.get("reason", "error") if failed else None)

    def _end_task(self, task_id: str, failed: str | None) -> None:
        self._tasks[task_id] = False
        self._out.append(chunks.failure(task_id, failed) if failed else chunks.result(task_id))

    def _slots_changed(self, entry: Wire) -> None:
        if entry["turnId"] == self.turn:
            self._out.append(chunks.data("slots", "slots", entry["slots"]))

    def _owner_changed(self, entry: Wire) -> None:
        self._owner = entry["owner"]
        self._tell_owner()

    def _tell_owner(self) -> None:
        self._out.append(chunks.data("owner", "owner", {"owner": self._owner}))

    def _turn_started(self, entry: Wire) -> None:
        if entry["turnId"] == self.turn:
            self._leave_nothing_open()  # it is tried again; what was streamed before stays as it is
            self._begun = True
        elif self._is_later(entry):
            self._end(chunks.finish())

    def _turn_ended(self, entry: Wire) -> None:
        if entry["turnId"] != self.turn:
            if self._is_later(entry):
                self._end(chunks.finish())
        elif entry["type"] == "turn.failed":
            self._end(chunks.error(FAILED))
        else:
            self._end(chunks.stopped() if entry.get("stopped") else chunks.finish())

    def _is_later(self, entry: Wire) -> bool:
        """Turns go in the order of their messages: ours has been, or never comes."""
        theirs = TURN_ID.match(entry["turnId"])
        return bool(theirs and int(theirs[1]) > self._offset)

    def _connected(self, frame: Wire) -> None:
        self._caught_up_at = frame["offset"]

    def _gap(self, snapshot: Wire) -> None:
        """The log no longer goes back to where we are. Unanswered messages are never trimmed: ours has been answered,
        or is being answered."""
        if snapshot["epoch"] != self._epoch:
            self._end(chunks.error(LOST))
            return
        self._owner = snapshot["owner"]
        for task in snapshot["tasks"]:
            self._task_as_of(task)
        for message in snapshot["messages"]:
            if message.get("turnId") == self.turn:
                self._message_as_of(message)
        if snapshot["turn"] == self.turn:
            self._begun = True
        else:
            self._end(chunks.finish())

    def _task_as_of(self, task: Wire) -> None:
        self._task_started(task)
        if self._tasks.get(task["taskId"]) and task["status"] != "running":
            self._end_task(task["taskId"], task.get("reason", CUT_OFF) if task["status"] == "failed" else None)

    def _message_as_of(self, message: Wire) -> None:
        if message["status"] != "streaming":
            self._whole(message)
            return
        shown = self._texts.get(message["messageId"])
        if shown is None or not message["text"].startswith(shown):
            self._started(message)
            shown = ""
        if message["messageId"] in self._texts:
            self._say(message["messageId"], message["text"][len(shown) :])

    def _end_if_nobody_answers(self, frame: Wire) -> None:
        """While a person holds the conversation there is no turn: the message is on the log, and that is all."""
        bot_answers = self._begun or self._owner.startswith("bot:")
        seen = frame.get("offset", 0) if frame["type"] != "connected" else self._offset
        if not self.over and not bot_answers and seen >= max(self._offset, self._caught_up_at):
            self._tell_owner()
            self._end(chunks.finish())

    def _leave_nothing_open(self) -> None:
        for part_id in list(self._texts):
            self._close(part_id)
        for task_id in [task_id for task_id, runs in self._tasks.items() if runs]:
            self._end_task(task_id, CUT_OFF)

    def _end(self, last: list[Chunk]) -> None:
        if not self.over:
            self._leave_nothing_open()
            self._out += last
            self.over = True


def answer_id(conversation_id: str, turn: str) -> str:
    """The id of the assistant's message that answers a turn."""
    return f"{conversation_id}.{turn}"


_HANDLERS: dict[str, Callable[[Answer, Wire], None]] = {
    "connected": Answer._connected,
    "snapshot": Answer._gap,
    "message.sent": Answer._sent,
    "message.started": Answer._started,
    "message.delta": Answer._delta,
    "message.completed": Answer._sent,
    "task.started": Answer._task_started,
    "task.progressed": Answer._task_progressed,
    "task.completed": Answer._task_ended,
    "task.failed": Answer._task_ended,
    "slots.changed": Answer._slots_changed,
    "owner.changed": Answer._owner_changed,
    "turn.started": Answer._turn_started,
    "turn.completed": Answer._turn_ended,
    "turn.failed": Answer._turn_ended,
}
