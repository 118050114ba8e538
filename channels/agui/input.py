"""`RunAgentInput` as clients of 0.0.59 and of 1.0 send it, cut down to what a conversation needs."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Literal

from pydantic import BaseModel, Field, StrictStr, validator

from channels.problems import Problem
from channels.validation import Send, parse

INPUT_LIMIT = 2 << 20  # bytes: AG-UI sends the whole history with every run
MESSAGES_LIMIT = 2_000
ID_LIMIT = 256  # characters
RESUME_LIMIT = 16
SAID_LIMIT = 8  # messages since the last answer that one run sends
CLIENT_MESSAGE_ID = re.compile(r"^[A-Za-z0-9_.:-]{1,64}\Z")

Role = Literal["developer", "system", "assistant", "user", "tool", "activity", "reasoning"]


class _Open(BaseModel):
    """Fields that we do not know are for others: tools, context, state, and what later versions add."""

    class Config:
        extra = "ignore"


class Message(_Open):
    """One message of the client's history."""

    id: StrictStr = Field(..., min_length=1, max_length=ID_LIMIT)
    role: Role
    content: Any = None

    @validator("content")
    def _kind(cls, value: Any) -> Any:
        if value is not None and not isinstance(value, (str, list, dict)):
            raise ValueError("is a string or a list of parts")
        return value

    def text(self) -> str:
        """What was said: the text, or the text parts; images, sound and documents are left out."""
        if isinstance(self.content, str):
            return self.content
        parts = self.content if isinstance(self.content, list) else []
        texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
        return "\n".join(text for text in texts if isinstance(text, str))

    def client_message_id(self) -> str:
        """Its id, in the characters that the log takes."""
        if CLIENT_MESSAGE_ID.match(self.id):
            return self.id
        return "agui." + hashlib.sha256(self.id.encode("utf-8", "surrogatepass")).hexdigest()[:40]


class ResumeEntry(_Open):
    """An answer to an interrupt."""

    interrupt_id: StrictStr = Field(..., alias="interruptId", min_length=1, max_length=ID_LIMIT)
    status: Literal["resolved", "cancelled"]
    payload: Any = None

    def answer(self) -> str | None:
        """What was answered: a text, or an object with `payload`, `value` or `text`."""
        given = self.payload
        if isinstance(given, dict):
            given = next((given[name] for name in ("payload", "value", "text") if name in given), None)
        return given if isinstance(given, str) and given.strip() else None


class RunInput(_Open):
    """The body of a run. `forwardedProps: {"interrupts": true | false}` overrides whether buttons end it."""

    thread_id: StrictStr = Field(..., alias="threadId", min_length=1, max_length=ID_LIMIT)
    run_id: StrictStr = Field(..., alias="runId", min_length=1, max_length=ID_LIMIT)
    protocol_version: StrictStr | None = Field(None, alias="protocolVersion", max_length=ID_LIMIT)
    messages: list[Message] = Field(..., max_items=MESSAGES_LIMIT)
    resume: list[ResumeEntry] | None = Field(None, max_items=RESUME_LIMIT)
    forwarded_props: Any = Field(None, alias="forwardedProps")

    @property
    def interrupts(self) -> bool:
        """Whether buttons end a run with an interrupt: by default for clients that say that they speak 1.0.

        Both majors refuse to run while an interrupt is open, so a client that cannot answer one must not get one.
        """
        wish = self.forwarded_props.get("interrupts") if isinstance(self.forwarded_props, dict) else None
        return wish if isinstance(wish, bool) else self.protocol_version is not None

    def resolved(self) -> ResumeEntry | None:
        """The answer to an interrupt. Raises `Problem` 422 for more than one, or one that says nothing."""
        resolved = [entry for entry in self.resume or () if entry.status == "resolved"]
        if len(resolved) > 1:
            raise Problem(422, "invalid", "resume: a run has one interrupt, so it takes one answer.")
        if resolved and resolved[0].answer() is None:
            raise Problem(422, "invalid", "resume: payload is the payload of a button, or a text.")
        return resolved[0] if resolved else None

    def said(self) -> list[Send]:
        """What the user has said since the last answer, oldest first; if nothing, what was said last, to follow it.

        Which of it is on the log, the log knows. Raises `Problem` 422 if the last one has no text, or cannot be sent.
        """
        last = next((n for n, m in enumerate(reversed(self.messages)) if m.role in ("assistant", "tool")), None)
        unanswered = self.messages if last is None else self.messages[len(self.messages) - last :]
        said = [message for message in unanswered if message.role == "user"]
        if not said:
            said = [message for message in self.messages if message.role == "user"][-1:]
        if said and not said[-1].text().strip():
            raise Problem(422, "invalid", "messages: the last one of the user has no text.")
        spoken = [message for message in said if message.text().strip()][-SAID_LIMIT:]
        return [_send(message.client_message_id(), message.text()) for message in spoken]


def _send(client_message_id: str, text: str) -> Send:
    """Text that begins with a slash may be a button's payload: the log decides, it is one only if it was offered."""
    kind = "payload" if text.lstrip().startswith("/") else "text"
    return parse(Send, {"clientMessageId": client_message_id, kind: text})


def answer_to(question: dict[str, Any], entry: ResumeEntry) -> Send:
    """The answer to a message that offers buttons: its payload for a payload or a title, else text."""
    given = (entry.answer() or "").strip()
    named = (b["payload"] for b in question["buttons"] if given in (b["payload"], b["title"]))
    payload = next(named, None)
    kind = "text" if payload is None else "payload"
    return parse(Send, {"clientMessageId": f"resume.{question['messageId']}"[:64], kind: payload or given})
