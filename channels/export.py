"""Everything about the caller, to take away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from sanic import Request

from channels.me import shown
from channels.memory import remembered
from channels.services import chat_of
from channels.wire import BUFFERED_BYTES
from switchboard.cancellation import absorb_cancellation
from switchboard.log.codec import dumps
from switchboard.log.errors import LogError
from switchboard.records.export import Export

WRITE_SECONDS = 30.0  # a client that takes nothing of it for so long is cut off
HEADERS = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="export.json"'}


async def export_me(request: Request) -> None:
    """`GET /me/export`: one JSON document as it is read; one that cannot be read to its end breaks off."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    chat.check_room()
    who = session.participant.id
    profile, _ = shown(session, await chat.profiles.find(who))
    email, memory = await chat.person.email(who), await remembered(chat, who)
    export = Export(chat.log, chat.archive, chat.conversations, chat.tasks, chat.looking)
    pieces = export.pieces(who, profile=profile, email=dumps(email), memory=dumps(memory))
    response = await request.respond(content_type="application/json", headers=HEADERS)
    assert response
    with chat.streaming(session) as stream:
        try:
            async for portion in _portions(pieces):
                async with asyncio.timeout(WRITE_SECONDS):
                    await response.send(portion)
            await response.eof()
        except (LogError, TimeoutError):
            _break_off(request)
        except asyncio.CancelledError:
            if stream.end is None:
                raise
            absorb_cancellation()
            _break_off(request)


async def _portions(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    """The same in larger ones."""
    portion: list[str] = []
    size = 0
    async for piece in pieces:
        portion.append(piece)
        size += len(piece)
        if size >= BUFFERED_BYTES:
            yield "".join(portion)
            portion, size = [], 0
    yield "".join(portion)


def _break_off(request: Request) -> None:
    """Without the end of the chunked body (RFC 9112, 7.1), so that nobody takes it for whole."""
    transport: Any = request.transport
    transport.abort()
