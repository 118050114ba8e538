"""Reading a conversation as Server-Sent Events."""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

from sanic import Request

from channels.services import Chat, chat_of
from channels.validation import parse_position
from switchboard.identity import Session
from switchboard.log.codec import dumps
from switchboard.log.errors import LogError
from switchboard.log.follower import SlowReader
from switchboard.log.log import Conversation
from switchboard.log.reader import Frame, Reader

WRITE_SECONDS = 5.0  # a client that does not take a frame for so long is cut off; it resumes from its position
HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}

SHUTDOWN = (3001, "the server restarts", True)
SLOW = (3008, "read too slowly", True)
UNAVAILABLE = (3010, "the log is not available", True)
EXPIRED = (3500, "the token has expired", False)


def disconnect(code: int, reason: str, reconnect: bool) -> Frame:
    """What a client reads before the server closes."""
    return Frame(
        dumps(
            {
                "type": "disconnect",
                "code": code,
                "reason": reason,
                "reconnect": reconnect,
            }
        )
    )


def sse(frame: Frame) -> str:
    """A frame in the format of the HTML standard, section 9.2. Our JSON has no line breaks."""
    head = f"id: {frame.position}\n" if frame.position else ""
    return f"{head}data: {frame.json}\n\n"


async def read_stream(request: Request, conversation_id: str) -> None:
    """`GET /conversations/{id}/stream`: every entry after `Last-Event-ID`, for as long as the client stays."""
    chat = chat_of(request)
    session = chat.session(request)
    conversation = await chat.conversation(session, conversation_id)
    start = parse_position(request.headers.get("last-event-id") or request.args.get("lastEventId"))
    response = await request.respond(content_type="text/event-stream; charset=utf-8", headers=HEADERS)
    async with chat.streaming():
        end = await _pump(
            chat,
            session,
            conversation,
            Reader(chat.log, chat.follower, conversation.id).frames(start),
            response,
        )
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            if end is not None:
                await response.send(sse(disconnect(*end)))
            await response.eof()
    except TimeoutError:
        cast(asyncio.WriteTransport, request.transport).abort()  # it takes nothing any more, not even a goodbye


async def _pump(
    chat: Chat, session: Session, conversation: Conversation, frames: Any, response: Any
) -> tuple[int, str, bool] | None:
    """Send until something ends the stream; says what. A client that left cancels this, and that is all."""
    try:
        async with asyncio.timeout(session.expires_at - time.time()):
            async for batch in frames:
                async with asyncio.timeout(WRITE_SECONDS):
                    await response.send("".join(map(sse, batch)))
    except asyncio.CancelledError:
        if not chat.stopping:
            raise
        return SHUTDOWN
    except SlowReader:
        return SLOW
    except TimeoutError:
        return EXPIRED if session.expires_at <= time.time() else None
    except LogError:
        return UNAVAILABLE
    return None
