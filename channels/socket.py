"""A conversation over one WebSocket: the same entries as on SSE, and commands with replies."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from typing import Any

from sanic import Request
from sanic.exceptions import WebsocketClosed

from channels import access, commands
from channels.cors import may_call
from channels.farewell import (
    BLOCKED,
    EXPIRED,
    FLOODING,
    NOT_CONNECTED,
    OVERLOADED,
    REFUSED,
    SLOW,
    UNAVAILABLE,
    Farewell,
    after,
)
from channels.pace import Flooded, Pace
from channels.problems import PREFIX, Problem, problem_of
from channels.sanic_compat import receive
from channels.services import Chat, Stream, chat_of
from channels.stream import WRITE_SECONDS, let_go, part_of
from channels.validation import Connect, parse
from channels.wire import Once, Wire, close_frame, pieces, text_frame
from switchboard.cancellation import absorb_cancellation
from switchboard.log.errors import LogError, TakesNoPart
from switchboard.log.log import Position
from switchboard.log.reader import Reader
from switchboard.log.subscription import SlowReader
from switchboard.people.client_addresses import Address
from switchboard.people.identity import Session

CONNECT_SECONDS = 10.0
KEY = re.compile(r"[A-Za-z0-9+/]{22}==")  # 16 bytes in base 64

_message = Once(lambda line: text_frame(line.json))


async def check_handshake(request: Request) -> None:
    """Request middleware: raises `Problem` 426 for a socket's path without the handshake of RFC 6455, section 4.2.1."""
    if request.path.startswith(f"{PREFIX}/conversations/") and request.path.endswith("/socket"):
        headers = request.headers
        asked = headers.get("upgrade", "").lower() == "websocket" and headers.get("sec-websocket-version") == "13"
        if request.method == "GET" and not (asked and KEY.fullmatch(headers.get("sec-websocket-key", ""))):
            raise Problem(426, "upgrade_required", "This path speaks WebSocket, version 13.")


class Closed(Exception):
    """Raised to end the socket, with what its client is told."""

    def __init__(self, farewell: Farewell) -> None:
        super().__init__(farewell)
        self.farewell = farewell


async def open_socket(request: Request, ws: Any, conversation_id: str) -> None:
    """`GET /conversations/{id}/socket`."""
    chat = chat_of(request)
    socket = Socket(chat, ws, conversation_id, Wire.of(request, _message), chat.address(request))
    try:
        if not may_call(request, chat.settings.origins):
            raise Closed(REFUSED)
        let_go(request)
        await _serve(chat, socket)
    except Closed as end:
        await socket.close(end.farewell)


def _goodbye(refusal: Problem) -> Farewell:
    """After a `connect` that was refused."""
    if refusal.temporary:
        return UNAVAILABLE
    return BLOCKED if refusal.code == BLOCKED.reason else REFUSED


async def _serve(chat: Chat, socket: Socket) -> None:
    try:
        chat.check_room()
    except Problem as problem:
        raise Closed(OVERLOADED) from problem
    with chat.streaming() as stream:
        try:
            await socket.run(stream)
        except asyncio.CancelledError:
            if stream.end is None:
                raise  # the client left
            absorb_cancellation()
            await socket.close(stream.end)


class Socket:
    """One client's connection."""

    def __init__(self, chat: Chat, ws: Any, conversation_id: str, wire: Wire, address: Address | None) -> None:
        self._chat = chat
        self._ws = ws
        self._conversation_id = conversation_id
        self._wire = wire
        self._address = address
        self._part = ""  # as whom its client reads, see `part_of`

    async def run(self, stream: Stream) -> None:
        """Serve until the client leaves (cancelled by Sanic). Raises `Closed` when we end it."""
        session, start = await self._connected(stream)
        if stream.end:
            raise Closed(stream.end)
        reading = asyncio.create_task(self._obey(session))
        try:
            async with asyncio.timeout(session.expires_at - time.time()) as life:
                await self._write(session, start, reading, stream)
        except TimeoutError as error:
            raise Closed(EXPIRED if life.expired() else SLOW) from error
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def close(self, farewell: Farewell) -> None:
        """Say goodbye; a slow client finds it behind what it has not read yet, and nobody waits for that."""
        goodbye = text_frame(farewell.json)
        if farewell is SLOW:
            self._wire.part(goodbye + close_frame(farewell.code, farewell.reason))
            return
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._ws.send(farewell.json)
                await self._ws.close(farewell.code, farewell.reason)
        except TimeoutError:
            self._wire.part(close_frame(farewell.code, farewell.reason))
        except WebsocketClosed:
            return  # it was faster

    async def _connected(self, stream: Stream) -> tuple[Session, Position | None]:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                command = commands.parse_command(await receive(self._ws))
        except (TimeoutError, Problem) as error:
            raise Closed(NOT_CONNECTED) from error
        if command.name != "connect":
            raise Closed(NOT_CONNECTED)
        try:
            connect = parse(Connect, command.body)
            session = stream.session = self._chat.authenticate(connect.token, self._address)
            access.COMMANDS["connect"].check(session)
            right = access.COMMANDS["connect"]
            self._part = part_of(await self._chat.conversation(session, self._conversation_id, right), session)
        except (Problem, LogError) as error:
            refusal = problem_of(error)
            await self._send(commands.failed(command.id, refusal))
            raise Closed(_goodbye(refusal)) from error
        await self._send(commands.done(command.id, {"participant": session.participant.id}))
        return session, connect.position

    async def _write(
        self, session: Session, start: Position | None, reading: asyncio.Task[None], stream: Stream
    ) -> None:
        """Everything that happens, until the client leaves or its commands end."""
        stays = session.role in access.OPERATORS
        reader = Reader(self._chat.log, self._chat.follower, self._conversation_id, self._part, stays=stays)
        writing = asyncio.current_task()
        assert writing
        reading.add_done_callback(lambda task: writing.cancel() if not task.cancelled() else None)
        try:
            async with contextlib.aclosing(reader.frames(start, self._wire.offer)) as frames:
                async for batch in frames:
                    for portion in pieces(batch, lambda frame: text_frame(frame.json)):
                        await self._send_bytes(b"".join(portion))
        except asyncio.CancelledError:
            if reading.done() and not stream.end:
                absorb_cancellation()
                reading.result()  # why it ended
            raise
        except SlowReader as error:
            raise Closed(SLOW) from error
        except TakesNoPart as error:
            raise Closed(after(error)) from error
        except LogError as error:
            raise Closed(UNAVAILABLE) from error

    async def _obey(self, session: Session) -> None:
        """Commands, one after the other; each gets its reply. Raises `Closed` for a flood of them."""
        pace = Pace()
        while True:
            frame = await receive(self._ws)
            command_id: int | str | None = None
            try:
                pace.check()
                command = commands.parse_command(frame)
                command_id = command.id
                result = await commands.run(self._chat, session, self._conversation_id, command)
                await self._send(commands.done(command_id, result))
            except Flooded as error:
                raise Closed(FLOODING) from error
            except (Problem, LogError) as error:
                await self._send(commands.failed(command_id, problem_of(error)))

    async def _send(self, text: str) -> None:
        await self._send_bytes(text_frame(text))

    async def _send_bytes(self, data: bytes) -> None:
        """Raises `Closed` if the client takes nothing for long."""
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._ws.io_proto.send(data)
        except TimeoutError as error:
            raise Closed(SLOW) from error
