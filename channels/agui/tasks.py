"""Tasks of a conversation, each as a tool call with its result, and as an activity that shows progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from channels.agui import events
from channels.agui.events import Event
from channels.agui.transcript import Transcript
from switchboard.log.snapshot import Wire

SHOWN = ("taskId", "name", "title", "done", "total", "note")  # of a task's state, with its status


class Tasks:
    """The tasks of one run. Every call gets its result: one without would wait for the application to give it."""

    def __init__(self, emit: Callable[[Event], None], transcript: Transcript) -> None:
        self._emit = emit
        self._transcript = transcript
        self._running: set[str] = set()

    def start(self, task: Wire) -> None:
        """Work began, or was begun when we came."""
        at = task.get("timestamp")
        if not self._transcript.has_call(task["taskId"]):
            for event in events.call_started(task, at):
                self._emit(event)
        self._running.add(task["taskId"])
        shown = {name: task[name] for name in SHOWN if name in task}
        self._emit(events.activity({**shown, "status": "running"}, at))

    def progress(self, entry: Wire) -> None:
        """Steps are behind."""
        if entry["taskId"] in self._running:
            changes = {name: entry[name] for name in ("done", "total", "note")}
            self._emit(events.activity_delta(entry["taskId"], changes, entry.get("timestamp")))

    def end(self, task_id: str, status: str, reason: str | None = None, at: int | None = None) -> None:
        """The work is done, or was not done."""
        if task_id not in self._running:
            return
        self._running.discard(task_id)
        result: dict[str, Any] = {"status": status}
        if reason is not None:
            result["reason"] = reason
        self._emit(events.activity_delta(task_id, result, at))
        if events.result_id(task_id) not in self._transcript:
            self._emit(events.call_result(task_id, result, at))

    def end_all(self, at: int | None = None) -> None:
        """What still runs at the end of its turn was cut off with it."""
        for task_id in sorted(self._running):
            self.end(task_id, "failed", at=at)

    def as_of(self, task: Wire) -> None:
        """A task as a snapshot has it."""
        if task["taskId"] not in self._running:
            self.start(task)
        if task["status"] != "running":
            self.end(task["taskId"], task["status"], task.get("reason"))
