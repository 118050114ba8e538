"""What `DefaultChatTransport` posts, cut down to what a conversation needs."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Literal

from pydantic import BaseModel, Field, StrictStr, root_validator

from channels.problems import Problem
from channels.validation import Send, parse

INPUT_LIMIT = 2 << 20  # bytes: the SDK sends the whole history with every message
PARTS_LIMIT = 100  # of one message
ID_LIMIT = 256  # characters
CLIENT_MESSAGE_ID = re.compile(r"^[A-Za-z0-9_.:-]{1,56}\Z")  # with room for the number of a further try


class Part(BaseModel):
    """A piece of a message. Only texts are read; files, and what applications add, are left out."""

    type: StrictStr
    text: StrictStr = StrictStr("")


class Message(BaseModel):
    """One message of the client's list. `metadata.payload` is what the button carried whose title is its text."""

    id: StrictStr = Field(..., min_length=1, max_length=ID_LIMIT)
    role: Literal["system", "user", "assistant"]
    parts: list[Part] = Field(..., max_items=PARTS_LIMIT)
    metadata: Any = None

    def client_message_id(self) -> str:
        """Its id, in the characters that the log takes."""
        if CLIENT_MESSAGE_ID.match(self.id):
            return self.id
        return "aisdk." + hashlib.sha256(self.id.encode("utf-8", "surrogatepass")).hexdigest()[:40]


class Ask(BaseModel):
    """The body of a request: the chat, and its last message. What came before it is on the log."""

    id: StrictStr
    message: Message
    trigger: Literal["submit-message", "regenerate-message"] = "submit-message"

    @root_validator(pre=True)
    def _last(cls, values: dict[str, Any]) -> dict[str, Any]:
        messages = values.get("messages")
        if "message" in values or messages is None:
            return values  # applications that send only the last one (`prepareSendMessagesRequest`) name it so
        if not isinstance(messages, list) or not messages:
            raise ValueError("messages: is a list of at least one message")
        return {**values, "message": messages[-1]}

    def send(self, attempt: int = 1) -> Send:
        """What goes to the log. Raises `Problem` 422 if there is nothing to send."""
        if self.message.role != "user":
            raise Problem(422, "invalid", "messages: the last one is not the user's.")
        client_message_id = self.message.client_message_id()
        said = {"clientMessageId": client_message_id if attempt == 1 else f"{client_message_id}.{attempt}"}
        payload = self.message.metadata.get("payload") if isinstance(self.message.metadata, dict) else None
        if payload is not None:
            return parse(Send, {**said, "payload": payload})
        return parse(Send, {**said, "text": "\n".join(part.text for part in self.message.parts if part.type == "text")})
