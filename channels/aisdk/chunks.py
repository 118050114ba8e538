"""Chunks of a UI message stream, as `uiMessageChunkSchema` of `ai` 6 and 7 takes them."""

from __future__ import annotations

import mimetypes
from typing import Any

from switchboard.log.codec import dumps

Chunk = dict[str, Any]

DONE = b"data: [DONE]\n\n"
HEARTBEAT = b": ping\n\n"
OURS = "switchboard"  # what we add to parts of theirs stands under this name
SOME_IMAGE = "image/*"  # of an address that does not say which kind it is


def encode(chunks: list[Chunk]) -> bytes:
    """The chunks as server-sent events."""
    return "".join(f"data: {dumps(chunk)}\n\n" for chunk in chunks).encode()


def start(message_id: str, metadata: dict[str, Any]) -> list[Chunk]:
    """The assistant's message begins."""
    return [{"type": "start", "messageId": message_id, "messageMetadata": metadata}, {"type": "start-step"}]


def text_start(part_id: str, about: dict[str, Any]) -> Chunk:
    """A text part begins."""
    return {"type": "text-start", "id": part_id, "providerMetadata": {OURS: about}}


def text_delta(part_id: str, delta: str) -> Chunk:
    """More of it."""
    return {"type": "text-delta", "id": part_id, "delta": delta}


def text_end(part_id: str, about: dict[str, Any] | None = None) -> Chunk:
    """It is whole; `about` replaces what its start said."""
    chunk: Chunk = {"type": "text-end", "id": part_id}
    return chunk | {"providerMetadata": {OURS: about}} if about else chunk


def image(url: str) -> Chunk:
    """A picture, by its address."""
    kind = mimetypes.guess_type(url.partition("?")[0])[0] or SOME_IMAGE
    return {"type": "file", "url": url, "mediaType": kind}


def data(name: str, part_id: str, value: Any) -> Chunk:
    """A part of our own; one with the same name and id takes its place."""
    return {"type": f"data-{name}", "id": part_id, "data": value}


def call(task: dict[str, Any]) -> Chunk:
    """A task began: a tool that runs here, so no client is asked to."""
    return {
        "type": "tool-input-available",
        "toolCallId": task["taskId"],
        "toolName": task["name"],
        "title": task["title"],
        "input": {},
        "dynamic": True,
        "providerExecuted": True,
    }


def result(task_id: str) -> Chunk:
    """It is done."""
    output = {"status": "completed"}
    return {
        "type": "tool-output-available",
        "toolCallId": task_id,
        "output": output,
        "dynamic": True,
        "providerExecuted": True,
    }


def failure(task_id: str, reason: str) -> Chunk:
    """It was not done."""
    return {
        "type": "tool-output-error",
        "toolCallId": task_id,
        "errorText": reason,
        "dynamic": True,
        "providerExecuted": True,
    }


def finish() -> list[Chunk]:
    """The bot has answered."""
    return [{"type": "finish-step"}, {"type": "finish", "finishReason": "stop"}]


def stopped() -> list[Chunk]:
    """Somebody stopped the answer."""
    metadata = {"stopped": True}
    return [
        {"type": "finish-step"},
        {"type": "message-metadata", "messageMetadata": metadata},
        {"type": "abort", "reason": "stopped"},
    ]


def error(text: str) -> list[Chunk]:
    """There is no answer, or not all of it; `text` is for people."""
    return [{"type": "error", "errorText": text}]
