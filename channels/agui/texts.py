"""Messages of a conversation as AG-UI's text messages: only what the client lacks, each started once and ended once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from channels.agui import events
from channels.agui.events import Event
from channels.agui.transcript import Transcript
from switchboard.log.snapshot import Wire

EXTRAS = ("buttons", "image", "custom", "stopped")  # what a message may have besides its text


class Texts:
    """The messages of one run. `question` is what the bot said last, if it offers buttons."""

    def __init__(self, emit: Callable[[Event], None], transcript: Transcript) -> None:
        self._emit = emit
        self._transcript = transcript
        self._texts: dict[str, str] = {}  # of streamed messages: what the log has of them so far
        self._authors: dict[str, Wire] = {}
        self._open: set[str] = set()
        self.question: Wire | None = None

    def start(self, message: Wire) -> None:
        """A streamed message begins, perhaps anew. One that the client has in part begins there once there is more."""
        self._texts[message["messageId"]] = ""
        self._authors[message["messageId"]] = message["author"]
        if message["messageId"] not in self._transcript:
            self._begin(message)

    def delta(self, entry: Wire) -> None:
        """More of a message; of one that did not begin here, nothing is shown."""
        message_id = entry["messageId"]
        if message_id in self._texts:
            self._texts[message_id] += entry["delta"]
            self._show(entry, self._texts[message_id])

    def whole(self, message: Wire) -> None:
        """A message with its final text, streamed before or not."""
        message_id, text = message["messageId"], message["text"]
        self._texts.pop(message_id, None)
        self._authors[message_id] = message["author"]
        if message["author"]["role"] == "bot":
            self.question = message if message.get("buttons") else None
        shown = self._transcript.text(message_id)
        if message_id in self._transcript and message_id not in self._open and shown == text:
            return  # the client has it
        if text.startswith(shown):
            self._show(message, text)
            if message_id not in self._open:
                self._begin(message)
        extras = {name: message[name] for name in EXTRAS if message.get(name)}
        self._end(message_id, message.get("timestamp"), {"author": message["author"], **extras})
        if not text.startswith(shown):
            self._replace(message)
        if extras:
            about = {"messageId": message_id, "author": message["author"], **extras}
            self._emit(events.custom("message", about, message.get("timestamp")))

    def so_far(self, message: Wire) -> None:
        """A message that is still being streamed, as a snapshot has it."""
        self.start(message)
        self._texts[message["messageId"]] = message["text"]
        self._show(message, message["text"])

    def end_all(self, at: int | None = None) -> None:
        """Nothing more comes of what is open: its text stays as it is."""
        for message_id in sorted(self._open):
            self._end(message_id, at)
        self._texts.clear()

    def _begin(self, message: Wire) -> None:
        message_id = message["messageId"]
        self._open.add(message_id)
        self._emit(events.text_start(message_id, self._authors[message_id], message.get("timestamp")))

    def _show(self, message: Wire, text: str) -> None:
        """Bring the client to `text`, if that only takes more of it."""
        message_id = message["messageId"]
        shown = self._transcript.text(message_id)
        if len(text) > len(shown) and text.startswith(shown):
            if message_id not in self._open:
                self._begin(message)
            self._emit(events.text_content(message_id, text[len(shown) :], message.get("timestamp")))

    def _end(self, message_id: str, at: int | None, about: dict[str, Any] | None = None) -> None:
        if message_id in self._open:
            self._open.discard(message_id)
            self._emit(events.text_end(message_id, at, about))

    def _replace(self, message: Wire) -> None:
        """The final text is not what was streamed: AG-UI's way to say so is to restate the list of messages."""
        self._transcript.replace(message["messageId"], message["text"])
        self._emit(events.event("MESSAGES_SNAPSHOT", message.get("timestamp"), messages=self._transcript.messages))
