"""`POST /aisdk` and what goes with it: the answer to a message as a UI message stream."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from typing import Any, cast
from urllib.parse import unquote

from sanic import Request
from sanic.response import HTTPResponse, empty
from sanic.response import json as json_response

from channels import farewell
from channels.aisdk import chunks
from channels.aisdk.history import ui_messages
from channels.aisdk.input import INPUT_LIMIT, Ask
from channels.aisdk.plan import Plan, ask, resume
from channels.problems import Problem
from channels.services import Chat, Stream, chat_of, json_body
from channels.signals import stop
from channels.stream import HEADERS, WRITE_SECONDS
from channels.threads import known_conversation
from channels.validation import Stop, parse
from switchboard.cancellation import absorb_cancellation
from switchboard.log import snapshot
from switchboard.log.errors import LogError, TakesNoPart
from switchboard.log.reader import Reader
from switchboard.log.subscription import SlowReader
from switchboard.people.identity import Session

logger = logging.getLogger(__name__)

VERSION = {"x-vercel-ai-ui-message-stream": "v1"}
SILENCE_SECONDS = 15.0  # half of the shortest proxy time-out that is common, 30 s

SHUTDOWN = "The server restarts. Resume to go on."
SLOW = "The answer was read too slowly. Resume to go on."
UNAVAILABLE = "The conversation cannot be read right now. Resume in a moment."
EXPIRED = "The token has expired. Start a session."
LEFT = "You are no longer in this conversation."
REVOKED = "Signed out. Start a session."
BLOCKED = "Blocked here."
ENDS = {farewell.SHUTDOWN: SHUTDOWN, farewell.REVOKED: REVOKED, farewell.BLOCKED: BLOCKED, farewell.LEFT: LEFT}
DEFECT = "Something went wrong here. It has been logged."


async def answer_message(request: Request) -> None:
    """`POST /aisdk`: 200 and the answer. What is wrong with the request is a problem body before any chunk."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.check_room()
    plan = await ask(chat, session, parse(Ask, await json_body(request, INPUT_LIMIT)))
    await _stream(request, chat, session, plan)


async def resume_answer(request: Request, chat_id: str) -> HTTPResponse | None:
    """`GET /aisdk/{chatId}/stream`: the answer that is under way, from its beginning; 204 if there is none."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.check_room()
    plan = await resume(chat, session, _name(chat_id))
    if plan is None:
        return empty(204)
    await _stream(request, chat, session, plan)
    return None


async def stop_answer(request: Request, chat_id: str) -> HTTPResponse:
    """`POST /aisdk/{chatId}/stop`: 202 with the turn that will end, 200 with `null` if nothing was to stop."""
    chat = chat_of(request)
    session = chat.session(request)
    wanted = parse(Stop, await json_body(request))
    conversation = await known_conversation(chat, session, _name(chat_id))
    stopped = await stop(chat, session, conversation.id, wanted) if conversation else {"turnId": None}
    return json_response(stopped, 202 if stopped["turnId"] else 200)


async def show_messages(request: Request, chat_id: str) -> HTTPResponse:
    """`GET /aisdk/{chatId}/messages`: the chat so far, without an answer that is under way: `resume` brings it."""
    chat = chat_of(request)
    session = chat.session(request)
    conversation = await known_conversation(chat, session, _name(chat_id))
    messages: list[dict[str, Any]] = []
    if conversation:
        _, state = await snapshot.take(chat.log, conversation)
        messages = ui_messages(state, session.participant.id)
    return json_response({"messages": messages}, headers={"Cache-Control": "no-store"})


def _name(chat_id: str) -> str:
    """A chat's id as it stood before it was put into an address. Raises `Problem` 422."""
    try:
        return unquote(chat_id, errors="strict")
    except UnicodeDecodeError as error:
        raise Problem(422, "invalid", "A chat's id is text in UTF-8.") from error


class _Out:
    """The way to the client."""

    def __init__(self, response: Any) -> None:
        self._response = response

    async def send(self, data: bytes) -> None:
        """Raises `TimeoutError` for a client that does not take it."""
        async with asyncio.timeout(WRITE_SECONDS):
            await self._response.send(data)


async def _stream(request: Request, chat: Chat, session: Session, plan: Plan) -> None:
    headers = {**HEADERS, **VERSION}
    response = await request.respond(content_type="text/event-stream; charset=utf-8", headers=headers)
    assert response
    out = _Out(response)
    with chat.streaming(session) as stream:
        ending = await _follow(chat, session, plan, out, stream)
    try:
        if ending and not plan.answer.over:
            await out.send(chunks.encode(plan.answer.fail(ending)))
        await out.send(chunks.DONE)
        async with asyncio.timeout(WRITE_SECONDS):
            await response.eof()
    except TimeoutError:
        cast(asyncio.WriteTransport, request.transport).abort()  # it takes nothing any more, not even a goodbye


async def _follow(chat: Chat, session: Session, plan: Plan, out: _Out, stream: Stream) -> str | None:
    """Send until the answer is over; else what ended it. A client that left cancels this, and never the turn."""
    life = asyncio.timeout(session.expires_at - time.time())
    try:
        if stream.end:
            return ENDS[stream.end]
        async with life:
            await _pump(chat, session, plan, out)
    except asyncio.CancelledError:
        if stream.end is None:
            raise
        absorb_cancellation()
        return ENDS[stream.end]
    except SlowReader:
        return SLOW
    except TimeoutError:
        return EXPIRED if life.expired() else SLOW
    except TakesNoPart as error:
        return ENDS[farewell.after(error)]
    except LogError:
        return UNAVAILABLE
    except Exception:  # whatever it is, the client must not take the end of the stream for success
        logger.exception("An answer in %s failed", plan.conversation.id)
        return DEFECT
    return None


async def _pump(chat: Chat, session: Session, plan: Plan, out: _Out) -> None:
    answer = plan.answer
    clock = asyncio.get_running_loop().time
    await out.send(chunks.encode(answer.begin()))
    sent_at = clock()
    reader = Reader(chat.log, chat.follower, plan.conversation.id, session.participant.id)
    async with contextlib.aclosing(reader.frames(plan.start)) as batches:
        async for batch in batches:
            frames = [json.loads(frame.json) for frame in batch]
            told = [chunk for frame in frames for chunk in answer.apply(frame)]
            silent = clock() - sent_at >= SILENCE_SECONDS or any(frame["type"] == "ping" for frame in frames)
            if told or silent:
                await out.send(chunks.encode(told) if told else chunks.HEARTBEAT)
                sent_at = clock()
            if answer.over:
                return
