"""The desk: who waits, who has whom, and which operators are there; as it is, and as it changes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse, empty

from channels.farewell import EXPIRED, SLOW, UNAVAILABLE, Farewell
from channels.handoff_validation import Presence
from channels.paging import query_of
from channels.problems import Problem
from channels.services import Chat, Stream, access_of, chat_of, json_body
from channels.stream import HEADERS, WRITE_SECONDS
from channels.validation import parse
from switchboard.cancellation import absorb_cancellation
from switchboard.handoff.operators import SEEN_EVERY_SECONDS
from switchboard.handoff.why import explain
from switchboard.log.clock import now_ms
from switchboard.log.codec import dumps
from switchboard.log.errors import LogUnavailable
from switchboard.people.identity import Session

MOST_HOURS = 24 * 366
PING = 'data: {"type":"ping"}\n\n'


async def show_desk(request: Request) -> HTTPResponse:
    """`GET /desk`: 200 with all that waits, in order, all that somebody has, and the operators."""
    chat = chat_of(request)
    chat.session(request)
    body = dumps(await chat.board.view())
    return HTTPResponse(body, content_type="application/json", headers={"Cache-Control": "no-store"})


async def explain_bot(request: Request, conversation_id: str) -> HTTPResponse:
    """`GET /conversations/{id}/why`: 200 with what the bot made of the last messages, and where it stands."""
    chat = chat_of(request)
    session = chat.session(request)
    await chat.conversation(session, conversation_id, access_of(request))
    body = dumps(explain(await chat.dialogues.read(conversation_id)))
    return HTTPResponse(body, content_type="application/json", headers={"Cache-Control": "no-store"})


async def show_figures(request: Request) -> HTTPResponse:
    """`GET /desk/figures?hours=`: 200 with what people did in the last hours, 24 if none are given. Raises 422."""
    chat = chat_of(request)
    chat.session(request)
    hours = _hours(query_of(request).get("hours"))
    since = now_ms() - hours * 3_600_000
    figures = {"since": since, **await chat.handoffs.figures(since)}
    return HTTPResponse(dumps(figures), content_type="application/json", headers={"Cache-Control": "no-store"})


def _hours(text: str | None) -> int:
    if text is None:
        return 24
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MOST_HOURS and len(text) < 6):
        raise Problem(422, "invalid", f"hours: a number from 1 to {MOST_HOURS}")
    return int(text)


async def say_presence(request: Request) -> HTTPResponse:
    """`POST /desk/presence`: 204. Whoever says so is there for half a minute, and longer while they read the desk."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    wanted = parse(Presence, await json_body(request))
    who = session.participant
    await chat.operators.say(who.id, who.name, wanted.status, wanted.teams, wanted.capacity)
    return empty(204)


async def read_desk(request: Request) -> HTTPResponse | None:
    """`GET /desk/stream`: the desk as Server-Sent Events, whole at every change. Who reads it is there."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.check_room()
    await chat.operators.see(session.participant.id, session.participant.name)
    response = await request.respond(content_type="text/event-stream; charset=utf-8", headers=HEADERS)
    assert response
    with chat.streaming(session) as stream:
        end = await _show(chat, session, response, stream)
    if end is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WRITE_SECONDS):
                await response.send(f"data: {end.json}\n\n")
                await response.eof()
    return None


async def _show(chat: Chat, session: Session, response: Any, stream: Stream) -> Farewell | None:
    """Until something ends the stream; says what."""
    if stream.end:
        return stream.end
    who = session.participant
    try:
        async with asyncio.timeout(session.expires_at - time.time()) as life:
            with chat.board.screen() as screen:
                while True:
                    view = await screen.news(SEEN_EVERY_SECONDS)
                    await chat.operators.see(who.id, who.name)
                    async with asyncio.timeout(WRITE_SECONDS):
                        await response.send(f'data: {{"type":"desk",{view[1:]}\n\n' if view else PING)
    except asyncio.CancelledError:
        if stream.end is None:
            raise
        absorb_cancellation()
        return stream.end
    except TimeoutError:
        return EXPIRED if life.expired() else SLOW
    except LogUnavailable:
        return UNAVAILABLE
