"""`POST /agui`: one run of an AG-UI client, as a stream of events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from typing import Any, cast

from sanic import Request

from channels import farewell
from channels.agui import events
from channels.agui.events import Event
from channels.agui.input import INPUT_LIMIT, RunInput
from channels.agui.plan import Plan, prepare
from channels.agui.run import Run
from channels.services import Chat, Stream, chat_of, json_body
from channels.stream import HEADERS, WRITE_SECONDS
from channels.validation import parse
from switchboard.cancellation import absorb_cancellation
from switchboard.log.errors import LogError, TakesNoPart
from switchboard.log.reader import Reader
from switchboard.log.subscription import SlowReader
from switchboard.people.identity import Session

logger = logging.getLogger(__name__)

SILENCE_SECONDS = 15.0  # half of the shortest proxy time-out that is common, 30 s
AWAY_SECONDS = 10.0  # how long a run waits for a Redis that is away; its client may ask again, nothing is lost

SHUTDOWN = ("shutdown", "The server restarts. Run again to go on.")
SLOW = ("slow", "The events were read too slowly. Run again to go on.")
UNAVAILABLE = ("unavailable", "The conversation cannot be read right now. Run again in a moment.")
EXPIRED = ("expired", "The token has expired. Start a session.")
LEFT = ("left", "You are no longer in this conversation.")
REVOKED = ("revoked", "Signed out. Start a session.")
BLOCKED = ("blocked", "Blocked here.")
ENDS = {farewell.SHUTDOWN: SHUTDOWN, farewell.REVOKED: REVOKED, farewell.BLOCKED: BLOCKED, farewell.LEFT: LEFT}
DEFECT = ("error", "Something went wrong here. It has been logged.")


async def run_agent(request: Request) -> None:
    """`POST /agui`: 200 and the run's events. What is wrong with the request is a problem body before any event."""
    chat = chat_of(request)
    session = chat.session(request)
    body = await json_body(request, INPUT_LIMIT)
    plan = await prepare(chat, session, parse(RunInput, body), body.get("messages", []))
    response = await request.respond(content_type="text/event-stream; charset=utf-8", headers=HEADERS)
    out = _Out(response)
    with chat.streaming(session) as stream:
        ending = await _follow(chat, session, plan, out, stream)
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            if ending and not plan.run.over:
                await out.send(_last(plan.run, out, ending))
            await response.eof()
    except TimeoutError:
        cast(asyncio.WriteTransport, request.transport).abort()  # it takes nothing any more, not even a goodbye


class _Out:
    """The way to the client. `torn` while it is unknown whether the last events went out."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self._sent_at = 0.0
        self.torn = False

    async def send(self, batch: list[Event]) -> None:
        """Events, all at once. Raises `TimeoutError` for a client that does not take them."""
        self.torn = True
        await self._write(events.encode(batch))
        self.torn = False

    async def rest(self, *, now: bool = False) -> None:
        """A comment that keeps the connection alive, if nothing else has for a while."""
        if now or asyncio.get_running_loop().time() - self._sent_at >= SILENCE_SECONDS:
            await self._write(events.HEARTBEAT)

    async def _write(self, data: bytes) -> None:
        async with asyncio.timeout(WRITE_SECONDS):
            await self._response.send(data)
        self._sent_at = asyncio.get_running_loop().time()


async def _follow(chat: Chat, session: Session, plan: Plan, out: _Out, stream: Stream) -> tuple[str, str] | None:
    """Send until the run is over; else what ended it. A client that left cancels this, and never the turn."""
    limit = asyncio.timeout(session.expires_at - time.time())
    try:
        if stream.end:
            return ENDS[stream.end]
        async with limit:
            await _pump(chat, session, plan, out, limit)
    except asyncio.CancelledError:
        if stream.end is None:
            raise
        absorb_cancellation()
        return ENDS[stream.end]
    except SlowReader:
        return SLOW
    except TimeoutError:
        if not limit.expired():
            return SLOW
        return EXPIRED if session.expires_at <= time.time() else UNAVAILABLE
    except TakesNoPart as error:
        return ENDS[farewell.after(error)]
    except LogError:
        return UNAVAILABLE
    except Exception:  # whatever it is, the client must not take the end of the stream for success
        logger.exception("A run of %s failed", plan.conversation.id)
        return DEFECT
    return None


async def _pump(chat: Chat, session: Session, plan: Plan, out: _Out, limit: asyncio.Timeout) -> None:
    run = plan.run
    await out.send(run.begin(plan.snapshot, plan.behind))
    if run.over:
        return
    reader = Reader(chat.log, chat.follower, plan.conversation.id, session.participant.id)
    expiry = limit.when()
    async with contextlib.aclosing(reader.frames(plan.start)) as batches:
        async for batch in batches:
            frames = [json.loads(frame.json) for frame in batch]
            told = [event for frame in frames for event in run.apply(frame)]
            if told:
                await out.send(told)
            else:
                await out.rest(now=any(frame["type"] == "ping" for frame in frames))
            if run.over:
                return
            for live in (frame["live"] for frame in frames if frame["type"] == "status"):
                away = asyncio.get_running_loop().time() + AWAY_SECONDS
                limit.reschedule(expiry if live else min(away, expiry or away))


def _last(run: Run, out: _Out, ending: tuple[str, str]) -> list[Event]:
    """The end of a run that was cut. If it is unknown what the client has, only the error: it may stand anywhere."""
    last = run.fail(*ending)
    return last[-1:] if out.torn else last
