"""A conversation over one WebSocket: the same entries as on SSE, and commands with replies."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, cast

from sanic import Request

from channels.cors import may_call
from channels.messages import accept
from channels.problems import Problem, problem_of
from channels.services import Chat, chat_of
from channels.stream import (
    EXPIRED,
    SHUTDOWN,
    SLOW,
    UNAVAILABLE,
    WRITE_SECONDS,
    disconnect,
)
from channels.validation import Send, parse, parse_position
from switchboard.identity import Session
from switchboard.log.codec import dumps
from switchboard.log.errors import LogError
from switchboard.log.follower import SlowReader
from switchboard.log.log import Conversation, Position
from switchboard.log.reader import Reader

CONNECT_SECONDS = 10.0
REFUSED = (3500, "bad token, or not your conversation", False)
NOT_CONNECTED = (3502, "no connect command in time", False)

Reason = tuple[int, str, bool]


class Closed(Exception):
    """Raised to end the socket, with the code that the client gets."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


async def open_socket(request: Request, ws: Any, conversation_id: str) -> None:
    """`GET /conversations/{id}/socket`."""
    chat = chat_of(request)
    try:
        if not may_call(request, chat.settings.origins):
            raise Closed(REFUSED)
        async with chat.streaming():
            await Socket(chat, ws, conversation_id).run()
    except asyncio.CancelledError:
        if not chat.stopping:
            raise  # the client left
        await _close(request, ws, SHUTDOWN)
    except Closed as end:
        await _close(request, ws, end.reason)


async def _close(request: Request, ws: Any, reason: Reason) -> None:
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            await ws.send(disconnect(*reason).json)
            await ws.close(reason[0], reason[1])
    except TimeoutError:
        cast(asyncio.WriteTransport, request.transport).abort()  # it takes nothing any more, not even a goodbye


class Socket:
    """One client's connection."""

    def __init__(self, chat: Chat, ws: Any, conversation_id: str) -> None:
        self._chat = chat
        self._ws = ws
        self._conversation_id = conversation_id

    async def run(self) -> None:
        """Serve until the client leaves (cancelled by Sanic). Raises `Closed` when we end it."""
        session, conversation, start = await self._connected()
        reading = asyncio.create_task(self._read(session, conversation))
        writing = asyncio.create_task(self._write(conversation, start))
        try:
            left = session.expires_at - time.time()
            done, _ = await asyncio.wait({reading, writing}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                raise Closed(EXPIRED)
            for task in done:
                task.result()
        finally:
            for task in (reading, writing):
                task.cancel()
            await asyncio.gather(reading, writing, return_exceptions=True)

    async def _connected(self) -> tuple[Session, Conversation, Position | None]:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                command = _command(await self._ws.recv())
        except TimeoutError as error:
            raise Closed(NOT_CONNECTED) from error
        except Problem as problem:
            raise Closed(NOT_CONNECTED) from problem
        connect = command.get("connect")
        try:
            if not isinstance(connect, dict):
                raise Closed(NOT_CONNECTED)
            session = self._chat.authenticate(str(connect.get("token", "")))
            conversation = await self._chat.conversation(session, self._conversation_id)
        except (Problem, LogError) as error:
            refusal = problem_of(error)
            await self._reply(command, error=refusal)
            raise Closed(UNAVAILABLE if refusal.temporary else REFUSED) from error
        await self._reply(command, result={"participant": session.participant.id})
        return (
            session,
            conversation,
            parse_position(f"{connect.get('epoch')}.{connect.get('offset')}"),
        )

    async def _write(self, conversation: Conversation, start: Position | None) -> None:
        try:
            async for batch in Reader(self._chat.log, self._chat.follower, conversation.id).frames(start):
                for frame in batch:
                    await self._send(frame.json)
        except SlowReader as error:
            raise Closed(SLOW) from error
        except LogError as error:
            raise Closed(UNAVAILABLE) from error

    async def _read(self, session: Session, conversation: Conversation) -> None:
        while True:
            command: dict[str, Any] = {"id": None}
            try:
                command = _command(await self._ws.recv())
                if "send" not in command:
                    raise Problem(
                        422,
                        "unknown_command",
                        "Commands are: connect (first and once), send.",
                    )
                result = await accept(self._chat, session, conversation.id, parse(Send, command["send"]))
                await self._reply(command, result=result)
            except (Problem, LogError) as error:
                await self._reply(command, error=problem_of(error))

    async def _reply(
        self,
        command: dict[str, Any],
        *,
        result: Any = None,
        error: Problem | None = None,
    ) -> None:
        reply: dict[str, Any] = {"id": command["id"]}
        if error is None:
            reply["result"] = result
        else:
            reply["error"] = {
                "code": error.code,
                "message": error.detail,
                "temporary": error.temporary,
            }
        await self._send(dumps(reply))

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._ws.send(text)
        except TimeoutError as error:
            raise Closed(SLOW) from error


def _command(data: Any) -> dict[str, Any]:
    """A frame as a command. Raises `Problem` 400 for what is none."""
    if data is None:
        raise asyncio.CancelledError  # Sanic's way to say that the client has closed
    try:
        command = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "bad_json", "A command is JSON in UTF-8.") from error
    if not isinstance(command, dict) or not isinstance(command.get("id"), (int, str)):
        raise Problem(422, "invalid", "A command is an object with an id, a number or a string.")
    return command
