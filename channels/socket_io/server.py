"""The routes of Socket.IO, and who may connect."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import socketio
from sanic import Request, Sanic
from sanic.blueprints import Blueprint
from sanic.response import HTTPResponse
from socketio.exceptions import ConnectionRefusedError as Refused

from channels import cors
from channels.problems import PREFIX, Problem, problem_of
from channels.services import BODY_LIMIT, chat_of, read_body
from channels.socket_io.connection import Connection, failure
from channels.socket_io.engine import bound, check_payload, cut
from channels.socket_io.handshake import admit

PING_SECONDS = 15  # half of the shortest proxy time-out that is common, 30 s
CONNECT_SECONDS = 10.0  # from the transport's handshake to a token that is good
MAX_NEWCOMERS = 1_000  # transports without a token, some 10 KB each

logger = logging.getLogger(__name__)


async def open_socket_io(request: Request) -> HTTPResponse | None:
    """`GET /socket.io`: a handshake, a poll, or the WebSocket, which has no response."""
    return await _server_of(request).serve(request)


async def post_socket_io(request: Request) -> HTTPResponse | None:
    """`POST /socket.io`: packets of a client that polls."""
    request.body = await read_body(request)
    check_payload(request.body)
    return await _server_of(request).serve(request)


open_socket_io.is_websocket = True  # type: ignore[attr-defined]  # Sanic then takes it that there is no response


def add_routes(blueprint: Blueprint) -> None:
    """Serve Socket.IO in the blueprint's app."""
    path = f"{PREFIX}/socket.io/"  # clients put the slash there
    exact = {"strict_slashes": True}
    blueprint.route(path, ["GET"], ignore_body=True, **exact)(open_socket_io)
    blueprint.route(path, ["POST"], stream=True, **exact)(post_socket_io)
    blueprint.route(path, ["OPTIONS"], name="preflight_socket_io", ignore_body=True, **exact)(cors.preflight)
    blueprint.listener("before_server_start")(_start)
    blueprint.listener("before_server_stop")(_stop)


async def _start(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
    app.ctx.socket_io = SocketIo()


async def _stop(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
    await app.ctx.socket_io.stop()


def _server_of(request: Request) -> SocketIo:
    server: SocketIo = request.app.ctx.socket_io
    return server


class SocketIo:
    """All Socket.IO clients of one server, at `app.ctx.socket_io`."""

    def __init__(self) -> None:
        quiet = logger.getChild("engine")
        quiet.setLevel(logging.ERROR)  # below that it tells what people write
        self._sio: Any = socketio.AsyncServer(
            async_mode="sanic",
            async_handlers=False,  # one after the other: who floods waits in their own connection
            cors_allowed_origins=[],  # ours, as on every route
            ping_interval=PING_SECONDS,
            max_http_buffer_size=BODY_LIMIT,
            http_compression=False,
            logger=quiet,
            engineio_logger=quiet,
        )
        self._engine: Any = self._sio.eio
        bound(self._engine)
        self._connections: dict[str, Connection] = {}
        self._newcomers: dict[str, asyncio.TimerHandle] = {}
        self._cuts: set[asyncio.Task[None]] = set()
        self._add_handlers()

    def _add_handlers(self) -> None:
        opened, closed = self._engine.handlers["connect"], self._engine.handlers["disconnect"]

        async def on_open(transport: str, environ: dict[str, Any]) -> None:
            await opened(transport, environ)
            self._expect_token(transport)

        async def on_close(transport: str, reason: str) -> None:
            await closed(transport, reason)
            self._expect_nothing(transport)

        self._engine.on("connect", on_open)
        self._engine.on("disconnect", on_close)
        self._sio.on("connect", self._connect)
        self._sio.on("disconnect", self._disconnect)
        self._sio.on("*", self._event)

    async def serve(self, request: Request) -> HTTPResponse | None:
        """Any request of a client. Raises `Problem`."""
        chat = chat_of(request)
        if not cors.may_call(request, chat.settings.origins):
            raise Problem(403, "forbidden", "Pages of this origin may not call. See ALLOWED_ORIGINS.")
        if "j" in request.args:
            raise Problem(400, "no_jsonp", "JSONP is not served: it would take the answer past the browser's checks.")
        if "sid" not in request.args and (chat.stopping or len(self._newcomers) >= MAX_NEWCOMERS):
            raise Problem(503, "unavailable", "Too many connections wait here. Try again in a moment.")
        response: HTTPResponse | None = await self._engine.handle_request(request)
        return response

    async def stop(self) -> None:
        """End what watches the transports; the streams end with those of the chat."""
        for timer in self._newcomers.values():
            timer.cancel()
        await self._engine.shutdown()

    def _expect_token(self, transport: str) -> None:
        loop = asyncio.get_running_loop()
        self._newcomers[transport] = loop.call_later(CONNECT_SECONDS, self._cut, transport)

    def _expect_nothing(self, transport: str) -> None:
        if timer := self._newcomers.pop(transport, None):
            timer.cancel()

    def _cut(self, transport: str) -> None:
        self._newcomers.pop(transport, None)
        if socket := self._engine.sockets.get(transport):
            task = asyncio.create_task(cut(socket))
            self._cuts.add(task)
            task.add_done_callback(self._cuts.discard)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        request = environ["sanic.request"]
        chat = chat_of(request)
        transport = self._sio.manager.eio_sid_from_sid(sid, "/")
        try:
            chat.check_room()
            wanted, session, conversation = await admit(chat, auth, chat.address(request))
        except Exception as error:  # the edge: a defect of ours is logged there, and the client learns of it
            problem = problem_of(error)
            raise Refused(problem.detail, {"code": problem.code, "temporary": problem.temporary}) from error
        socket = self._engine.sockets.get(transport)
        if socket is None or socket.closing or socket.closed or chat.stopping:
            raise Refused("The connection is closed.", {"code": "unavailable", "temporary": True})
        self._expect_nothing(transport)
        self._connections[sid] = Connection(chat, socket, wanted, session, conversation)
        self._connections[sid].start()  # it begins after the package has confirmed the connection: that does not wait

    async def _disconnect(self, sid: str, reason: str) -> None:
        if connection := self._connections.pop(sid, None):
            connection.left()
        transport = self._sio.manager.eio_sid_from_sid(sid, "/")
        socket = self._engine.sockets.get(transport)
        if socket and not socket.closing and not socket.closed:
            self._expect_token(transport)  # it may connect again, in the time that a new one has

    async def _event(self, event: str, sid: str, *data: Any) -> dict[str, Any]:
        """Any event of a client; the answer is its acknowledgement."""
        connection = self._connections.get(sid)
        if connection is None:  # it is being closed
            return failure(Problem(503, "unavailable", "The connection is closed."))
        return await connection.obey(event, data[0] if data else {})
