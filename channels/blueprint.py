"""All routes of the chat as one Sanic blueprint, which runs in Rasa's server or in any other Sanic app."""

from __future__ import annotations

import asyncio
import functools
import re
from typing import Any

from sanic import Request, Sanic
from sanic.blueprints import Blueprint
from sanic.exceptions import NotFound
from sanic.response import HTTPResponse

from channels import (
    accounts,
    backstage,
    blocks,
    conversations,
    cors,
    desk,
    erase,
    export,
    groups,
    handoff,
    health,
    history,
    me,
    memory,
    messages,
    page,
    sessions,
    signals,
    socket,
    stream,
    tasks,
    tickets,
)
from channels.access import Handler, guarded
from channels.agui import handler as agui
from channels.aisdk import handler as aisdk
from channels.problems import CATCH_ALL, PREFIX, answer
from channels.sanic_compat import mend_leaving, mend_requests, mend_timeouts, mend_websockets, quiet_strangers
from channels.services import BODY_LIMIT, Chat
from channels.socket_io import server as socket_io
from switchboard.log.codec import snake
from switchboard.people.sign_ins import REFRESH_SECONDS
from switchboard.settings import Settings

STREAM_TIMEOUT_SECONDS = REFRESH_SECONDS  # Sanic's is an idle timer, 60 s, which does not see what goes by it (`wire`)
REQUEST_SECONDS = 30  # to send the head and the body of a request; Sanic's is 60
KEEP_ALIVE_SECONDS = 75  # between requests. Sanic looks after each connection at half of the shortest of these times
CLOSE_SECONDS = 0.5  # how long streams may take to say goodbye


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
        one = "/conversations/{conversationId}"
        self._add("POST", "/sessions", sessions.open_session)
        self._add("POST", "/sessions/end", sessions.end_session)
        self._add("GET", "/me/export", export.export_me)
        self._add("POST", "/me/erase", erase.erase_me)
        self._add("POST", "/people/erase", erase.erase_person)
        self._add("GET", "/tasks", tasks.list_tasks)
        self._add("GET", "/tasks/{taskId}", tasks.show_task)
        self._add("POST", "/tasks/{taskId}/cancel", tasks.cancel_task)
        self._add("POST", "/tasks/{taskId}/retry", tasks.retry_task)
        self._add("GET", "/me", me.show_me)
        self._add("POST", "/me", me.change_me, preflight=False)
        self._add("POST", "/accounts", accounts.ask_for_letter)
        self._add("POST", "/accounts/password", accounts.choose_password)
        self._add("POST", "/accounts/session", accounts.sign_in)
        self._add("GET", "/me/memory", memory.show_memory, preflight=False)
        self._add("POST", "/me/memory", memory.correct_memory)
        self._add("POST", "/me/memory/forget", memory.forget_memory)
        self._add("POST", "/conversations", messages.open_conversation)
        self._add("GET", "/conversations", conversations.list_conversations, preflight=False)
        self._add("GET", one, messages.show_conversation)
        self._add("POST", f"{one}/messages", messages.send_message)
        self._add("GET", f"{one}/messages", history.list_messages, preflight=False)  # the one of `POST` is for both
        self._add("POST", f"{one}/title", conversations.rename_conversation)
        self._add("POST", f"{one}/close", conversations.close_conversation)
        self._add("POST", f"{one}/typing", signals.tell_typing)
        self._add("POST", f"{one}/read", signals.mark_read)
        self._add("POST", f"{one}/stop", signals.stop_turn)
        self._add("POST", f"{one}/leave", groups.leave)
        self._add("POST", f"{one}/remove", groups.remove)
        self._add("POST", f"{one}/mute", groups.mute)
        self._add("POST", f"{one}/participants", groups.add_participant)
        self._add("POST", f"{one}/invitations", groups.invite)
        self._add("POST", f"{one}/invitations/revoke", groups.revoke_invitations)
        self._add("POST", "/invitations/accept", groups.accept_invitation)
        self._add("POST", f"{one}/handoff", handoff.ask_for_person)
        self._add("POST", f"{one}/handoff/cancel", handoff.stop_waiting)
        self._add("POST", f"{one}/rating", handoff.rate)
        self._add("POST", f"{one}/claim", handoff.claim)
        self._add("POST", f"{one}/release", handoff.release)
        self._add("POST", f"{one}/transfer", handoff.transfer)
        self._add("POST", f"{one}/resolve", handoff.resolve)
        self._add("GET", f"{one}/notes", backstage.list_notes, preflight=False)  # the one of `POST` is for both
        self._add("POST", f"{one}/notes", backstage.add_note)
        self._add("POST", f"{one}/notes/typing", backstage.tell_note_typing)
        self._add("GET", f"{one}/why", desk.explain_bot)
        self._add("GET", f"{one}/backstage", backstage.read_backstage)
        self._add("GET", "/desk", desk.show_desk)
        self._add("GET", "/desk/conversations", conversations.search_conversations)
        self._add("GET", "/desk/figures", desk.show_figures)
        self._add("GET", "/desk/stream", desk.read_desk)
        self._add("POST", "/desk/presence", desk.say_presence)
        self._add("POST", "/tickets", tickets.issue_ticket)
        self._add("GET", "/blocks", blocks.list_blocks, preflight=False)  # the one of `POST` is for both
        self._add("POST", "/blocks", blocks.add_block)
        self._add("POST", "/blocks/remove", blocks.remove_block)
        self._add("GET", f"{one}/stream", stream.read_stream)
        self.add_websocket_route(socket.open_socket, _sanic_path(f"{one}/socket"))
        socket_io.add_routes(self)
        self._add("POST", "/agui", agui.run_agent)
        self._add("POST", "/aisdk", aisdk.answer_message)
        self._add("GET", "/aisdk/{chatId}/stream", aisdk.resume_answer)
        self._add("POST", "/aisdk/{chatId}/stop", aisdk.stop_answer)
        self._add("GET", "/aisdk/{chatId}/messages", aisdk.show_messages)
        self._add("GET", "/health", health.health)
        self._add("GET", "/openapi.json", health.openapi)
        methods = ["GET", "POST", "OPTIONS"]
        self.route(f"{PREFIX}/<path:path>", methods, name=CATCH_ALL, ignore_body=True)(nothing)
        page.add_page(self, self.ctx.folder)
        self.middleware("request")(socket.check_handshake)
        self.middleware("response")(cors.allow_origin)

    def _add(self, method: str, path: str, handler: Handler, *, preflight: bool = True) -> None:
        """A route, its path as in the table of `access`, with the preflight of browsers unless the path has one.

        What is posted is read by the handler, in bounds; any other body is not read: Sanic would keep up to 100 MB.
        """
        posted = method == "POST"
        # `answer` words all errors; without a format Sanic parses each handler's source at every start to guess one.
        add = functools.partial(self.route, _sanic_path(path), error_format="json")
        add(methods=[method], stream=posted, ignore_body=not posted)(guarded(f"{method} {path}", handler))
        if preflight:
            add(methods=["OPTIONS"], name=f"preflight_{handler.__name__}", ignore_body=True)(cors.preflight)

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
        chat = app.ctx.chat
        runs = {"follower of Redis": chat.follower, "revocations": chat.revocations, "blocks": chat.blocks}
        runs["board"] = chat.board
        self.ctx.running = [loop.create_task(each.run(), name=name) for name, each in runs.items()]
        for task in self.ctx.running:
            chat.vitals.watch(task)

    async def _stop(self, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        await app.ctx.chat.stop(CLOSE_SECONDS)
        for task in reversed(self.ctx.running):
            task.cancel()
        await asyncio.gather(*self.ctx.running, return_exceptions=True)
        await app.ctx.chat.log.redis.close()


def _sanic_path(path: str) -> str:
    """`/conversations/{conversationId}` → `/chat/v1/conversations/<conversation_id:str>`."""
    return PREFIX + re.sub(r"{(\w+)}", lambda name: f"<{snake(name[1])}:str>", path)


async def nothing(request: Request, path: str) -> HTTPResponse:
    """Any other path under the prefix."""
    raise NotFound(path)
