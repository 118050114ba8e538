"""All routes of the chat as one Sanic blueprint, which runs in Rasa's server or in any other Sanic app."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

from sanic import Request, Sanic
from sanic.blueprints import Blueprint
from sanic.response import HTTPResponse

from channels import cors, health, messages, page, sessions, socket, stream
from channels.problems import PREFIX, Problem, answer
from channels.sanic_compat import mend_websockets
from channels.services import BODY_LIMIT, Chat
from switchboard.settings import Settings

STREAM_TIMEOUT_SECONDS = 3600  # Sanic's is an idle timer, 60 s; pings come every 15 s
CLOSE_SECONDS = 0.5  # how long streams may take to say goodbye


class ChatBlueprint(Blueprint):
    """The chat's routes, services and limits."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("switchboard")
        self.ctx.settings = settings
        self.ctx.folder = page.page_folder(settings.page_dir)
        self._add_routes()
        self.listener("before_server_start")(self._start)
        self.listener("before_server_stop")(self._stop)

    def _add_routes(self) -> None:
        one = f"{PREFIX}/conversations/<conversation_id:str>"
        self.add_route(sessions.open_session, f"{PREFIX}/sessions", ["POST"], stream=True)
        self.add_route(messages.open_conversation, f"{PREFIX}/conversations", ["POST"], stream=True)
        self.add_route(messages.show_conversation, one, ["GET"])
        self.add_route(messages.send_message, f"{one}/messages", ["POST"], stream=True)
        self.add_route(stream.read_stream, f"{one}/stream", ["GET"])
        self.add_websocket_route(socket.open_socket, f"{one}/socket")
        self.add_route(health.health, f"{PREFIX}/health", ["GET"])
        self.add_route(health.openapi, f"{PREFIX}/openapi.json", ["GET"])
        self.add_route(cors.preflight, f"{PREFIX}/<path:path>", ["OPTIONS"], name="preflight")
        self.add_route(nothing, f"{PREFIX}/<path:path>", ["GET", "POST"], name="nothing")
        page.add_page(self, self.ctx.folder)
        self.middleware("response")(cors.allow_origin)

    def register(self, app: Sanic, options: dict[str, Any]) -> None:
        """Add the chat to an app, with what only an app can hold: its limits, the error handler and the page at `/`."""
        mend_websockets()
        app.config.RESPONSE_TIMEOUT = STREAM_TIMEOUT_SECONDS
        app.config.WEBSOCKET_MAX_SIZE = BODY_LIMIT
        app.config.GRACEFUL_SHUTDOWN_TIMEOUT = CLOSE_SECONDS
        app.error_handler.add(Exception, answer)
        app.register_middleware(functools.partial(page.front_page, self.ctx.folder), "request")
        super().register(app, options)

    async def _start(self, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        app.ctx.chat = Chat.create(self.ctx.settings)
        self.ctx.following = loop.create_task(app.ctx.chat.follower.run(), name="follower")

    async def _stop(self, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        await app.ctx.chat.stop(CLOSE_SECONDS)
        self.ctx.following.cancel()
        await asyncio.gather(self.ctx.following, return_exceptions=True)
        await app.ctx.chat.log.redis.close()


async def nothing(request: Request, path: str) -> HTTPResponse:
    """Any other path under the prefix."""
    raise Problem(404, "not_found", f"There is nothing at /{path}. See {PREFIX}/openapi.json.")
