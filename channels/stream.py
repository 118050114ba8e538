"""Reading a conversation as Server-Sent Events."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sanic import Request
from sanic.compat import Header
from sanic.response import HTTPResponse, empty

from channels.access import OPERATORS
from channels.farewell import EXPIRED, OVERLOADED, SLOW, UNAVAILABLE, Farewell, after
from channels.problems import Problem, problem_of
from channels.services import Stream, access_of, chat_of
from channels.tickets import is_native, reading
from channels.validation import parse_position
from channels.wire import Once, Wire, chunk, pieces, sse
from switchboard.cancellation import absorb_cancellation
from switchboard.log.errors import LogError, LogUnavailable, TakesNoPart
from switchboard.log.line import Line
from switchboard.log.log import Conversation, Position
from switchboard.log.reader import Frame, Reader
from switchboard.log.subscription import SlowReader
from switchboard.people.identity import Session

WRITE_SECONDS = 5.0  # a client that does not take a frame for so long is cut off; it resumes from its position
RETRY_LATER_MS = 5_000  # what a client that cannot be served now waits before it comes again
HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}

NO_HEADERS = Header()
NO_COOKIE: Mapping[str, str] = MappingProxyType({})

_event = Once(lambda line: chunk(sse(line)))


async def read_stream(request: Request, conversation_id: str) -> HTTPResponse | None:
    """`GET /conversations/{id}/stream`: every entry after `Last-Event-ID`, for as long as the client stays.

    A native EventSource, which signs in by ticket or cookie, gives up for good at anything but 200: what is only
    temporary is a stream that ends at once. 204 tells it to stop.
    """
    chat = chat_of(request)
    cookie: dict[str, str] = {}
    try:
        who = await reading(chat, request, conversation_id)
        if who is None:
            return empty(204)
        cookie = who.cookie
        access_of(request).check(who.session)
        conversation = await chat.conversation(who.session, conversation_id, access_of(request))
        chat.check_room()
    except (Problem, LogError) as error:
        if not is_native(request) or not problem_of(error).temporary:
            raise
        await _come_back(request, UNAVAILABLE if isinstance(error, LogUnavailable) else OVERLOADED, cookie)
        return None
    await stream_of(request, who.session, conversation_id, part_of(conversation, who.session), cookie)
    return None


async def stream_of(
    request: Request, session: Session, log: str, part: str, cookie: Mapping[str, str] = NO_COOKIE
) -> None:
    """A log from where the client has left off, for as long as it stays. `part`: as whom it is seen to read."""
    chat = chat_of(request)
    start = parse_position(request.headers.get("last-event-id") or request.args.get("lastEventId"))
    response = await request.respond(content_type="text/event-stream; charset=utf-8", headers={**HEADERS, **cookie})
    assert response
    with chat.streaming(session) as stream:
        reader = Reader(chat.log, chat.follower, log, part, stays=session.role in OPERATORS)
        end = await _pump(reader, session, start, request, response, stream)
    if end is not None:
        await _say(request, response, end)


async def _pump(
    reader: Reader,
    session: Session,
    start: Position | None,
    request: Request,
    response: Any,
    stream: Stream,
) -> Farewell | None:
    """Send until something ends the stream; says what. A client that left cancels this, and that is all."""
    if stream.end:
        return stream.end
    wire = Wire.of(request, _event)
    try:
        async with (
            asyncio.timeout(session.expires_at - time.time()) as life,
            contextlib.aclosing(reader.frames(start, wire.offer)) as frames,
        ):
            async for batch in frames:
                for portion in pieces(batch, _text):
                    async with asyncio.timeout(WRITE_SECONDS):
                        await response.send("".join(portion))
                let_go(request)
                response.headers = NO_HEADERS
    except asyncio.CancelledError:
        if stream.end is None:
            raise
        absorb_cancellation()
        return stream.end
    except SlowReader:
        return SLOW
    except TimeoutError:
        return EXPIRED if life.expired() else SLOW
    except TakesNoPart as error:
        return after(error)
    except LogError:
        return UNAVAILABLE
    return None


def part_of(conversation: Conversation, session: Session) -> str:
    """As whom somebody reads: '' for who takes no part, and so is not seen to have it open."""
    who = session.participant.id
    return who if conversation.has(who) else ""


def let_go(request: Request) -> None:
    """Of what no stream needs once it has begun: the headers are a fifth of what an idle one holds in memory."""
    request.headers = NO_HEADERS
    request.head = b""


def _text(frame: Frame) -> str:
    head = f"id: {frame.position}\n" if frame.position else ""
    return f"{head}data: {frame.json}\n\n"


async def _say(request: Request, response: Any, end: Farewell) -> None:
    """The last frame. A slow client finds it behind what it has not read yet; nobody waits for that."""
    goodbye = sse(Line.of(end.json))
    if end is SLOW:
        Wire.of(request, _event).part(chunk(goodbye) + chunk(b""))
        return
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            await response.send(goodbye)
            await response.eof()
    except TimeoutError:
        Wire.of(request, _event).part(b"")


async def _come_back(request: Request, end: Farewell, cookie: dict[str, str]) -> None:
    """For a native EventSource, with the cookie that its ticket was used up for: it comes again by itself."""
    response = await request.respond(content_type="text/event-stream; charset=utf-8", headers={**HEADERS, **cookie})
    assert response
    await response.send(f"retry: {RETRY_LATER_MS}\ndata: {end.json}\n\n")
    await response.eof()
