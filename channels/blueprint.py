"""All routes of the chat as one Sanic blueprint, which runs in Rasa's server or in any other Sanic app."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

from sanic import Request, Sanic
from sanic.blueprints import Blueprint
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse

from channels import cors, health, history, messages, page, sessions, signals, socket, stream, tickets
from channels.agui import handler as agui
from channels.aisdk import handler as aisdk
from channels.problems import CATCH_ALL, PREFIX, answer
from channels.sanic_compat import mend_leaving, mend_requests, mend_timeouts, mend_websockets, quiet_strangers
from channels.services import BODY_LIMIT, Chat
from channels.socket_io import server as socket_io
from switchboard.identity import SESSION_SECONDS
from switchboard.settings import Settings

STREAM_TIMEOUT_SECONDS = SESSION_SECONDS  # Sanic's is an idle timer, 60 s, which does not see what goes by it (`wire`)
REQUEST_SECONDS = 30  # to send the head and the body of a request; Sanic's is 60
KEEP_ALIVE_SECONDS = 75  # between requests. Sanic looks after each connection at half of the shortest of these times
CLOSE_SECONDS = 0.5  # how long streams may take to say goodbye


Handler = Callable[..., Coroutine[Any, Any, HTTPResponse | None]]


class ChatBlueprint(Blueprint):
    """The chat's routes, services and limits."""

    def __init__(self, settings: Settings, *, standalone: bool = False) -> None:
        """`standalone`: no bot is expected in this process."""
        super().__init__("switchboard")
        self.ctx.settings = settings
        self.ctx.standalone = standalone
        self.ctx.folder = page.page_folder(settings.page_dir)
        self._add_routes()
        self.listener("before_server_start")(self._start)
        self.listener("before_server_stop")(self._stop)

    def _add_routes(self) -> None:
        one = f"{PREFIX}/conversations/<conversation_id:str>"
        self._add("POST", f"{PREFIX}/sessions", sessions.open_session)
        self._add("POST", f"{PREFIX}/conversations", messages.open_conversation)
        self._add("GET", one, messages.show_conversation)
        self._add("POST", f"{one}/messages", messages.send_message)
        self._add("GET", f"{one}/messages", history.list_messages, preflight=False)  # the one of `POST` is for both
        self._add("POST", f"{one}/typing", signals.tell_typing)
        self._add("POST", f"{one}/read", signals.mark_read)
        self._add("POST", f"{one}/stop", signals.stop_turn)
        self._add("POST", f"{PREFIX}/tickets", tickets.issue_ticket)
        self._add("GET", f"{one}/stream", stream.read_stream)
        self.add_websocket_route(socket.open_socket, f"{one}/socket")
        socket_io.add_routes(self)
        self._add("POST", f"{PREFIX}/agui", agui.run_agent)
        self._add("POST", f"{PREFIX}/aisdk", aisdk.answer_message)
        self._add("GET", f"{PREFIX}/aisdk/<chat_id:str>/stream", aisdk.resume_answer)
        self._add("POST", f"{PREFIX}/aisdk/<chat_id:str>/stop", aisdk.stop_answer)
        self._add("GET", f"{PREFIX}/aisdk/<chat_id:str>/messages", aisdk.show_messages)
        self._add("GET", f"{PREFIX}/health", health.health)
        self._add("GET", f"{PREFIX}/openapi.json", health.openapi)
        methods = ["GET", "POST", "OPTIONS"]
        self.route(f"{PREFIX}/<path:path>", methods, name=CATCH_ALL, ignore_body=True)(nothing)
        page.add_page(self, self.ctx.folder)
        self.middleware("request")(socket.check_handshake)
        self.middleware("response")(cors.allow_origin)

    def _add(self, method: str, path: str, handler: Handler, *, preflight: bool = True) -> None:
        """A route, with the preflight of browsers on another site unless the path has one.

        What is posted is read by the handler, in bounds; any other body is not read: Sanic would keep up to 100 MB.
        """
        posted = method == "POST"
        self.route(path, [method], stream=posted, ignore_body=not posted)(handler)
        if preflight:
            self.route(path, ["OPTIONS"], name=f"preflight_{handler.__name__}", ignore_body=True)(cors.preflight)

    def register(self, app: Sanic, options: dict[str, Any]) -> None:
        """Add the chat to an app, with what only an app can hold: its limits, the error handler and the page at `/`."""
        mend_websockets()
        mend_timeouts()
        mend_leaving()
        mend_requests(app)
        quiet_strangers()
        app.config.RESPONSE_TIMEOUT = STREAM_TIMEOUT_SECONDS
        app.config.REQUEST_TIMEOUT = REQUEST_SECONDS
        app.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE_SECONDS
        app.config.WEBSOCKET_MAX_SIZE = BODY_LIMIT
        app.config.GRACEFUL_SHUTDOWN_TIMEOUT = CLOSE_SECONDS
        app.error_handler.add(Exception, answer)
        app.register_middleware(functools.partial(page.front_page, self.ctx.folder), "request")
        super().register(app, options)

    async def _start(self, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        app.ctx.chat = Chat.create(self.ctx.settings, standalone=self.ctx.standalone)
        self.ctx.following = loop.create_task(app.ctx.chat.follower.run(), name="follower of Redis")
        app.ctx.chat.vitals.watch(self.ctx.following)

    async def _stop(self, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        await app.ctx.chat.stop(CLOSE_SECONDS)
        self.ctx.following.cancel()
        await asyncio.gather(self.ctx.following, return_exceptions=True)
        await app.ctx.chat.log.redis.close()


async def nothing(request: Request, path: str) -> HTTPResponse:
    """Any other path under the prefix."""
    raise NotFound(path)
