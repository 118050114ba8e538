"""Who may do what: the one table that every route and every command is checked against."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse

from channels.problems import Problem
from switchboard.people.identity import ROLES, Role, Session

Handler = Callable[..., Coroutine[Any, Any, HTTPResponse | None]]

NOBODY: frozenset[Role] = frozenset()
EVERYBODY = frozenset(ROLES)
PEOPLE: frozenset[Role] = frozenset(("customer", "operator", "supervisor"))
CUSTOMERS: frozenset[Role] = frozenset(("customer",))
OPERATORS: frozenset[Role] = frozenset(("operator", "supervisor"))
SERVICES: frozenset[Role] = frozenset(("service",))
OVERSEERS: frozenset[Role] = frozenset(("supervisor", "service"))


@dataclass(frozen=True)
class Access:
    """`anywhere`: who may, whatever it is about. `taking_part`: who may in conversations that they take part in."""

    anywhere: frozenset[Role] = NOBODY
    taking_part: frozenset[Role] = NOBODY

    def check(self, session: Session) -> None:
        """Raises `Problem` 403 for a role that may not, wherever."""
        if session.role not in self.anywhere | self.taking_part:
            raise Problem(403, "forbidden", f"Nobody may do this as {session.role}.")


OPEN = None  # without a session
IN_CONVERSATION = Access(taking_part=PEOPLE)
OVERSEEING = Access(OVERSEERS)
RECORDS = Access(taking_part=PEOPLE, anywhere=OVERSEERS)
TALKS = Access(taking_part=PEOPLE, anywhere=OVERSEERS | OPERATORS)
READING = Access(taking_part=PEOPLE, anywhere=OPERATORS)  # an operator looks on unseen
WRITING = Access(taking_part=PEOPLE, anywhere=OPERATORS)  # an operator who takes no part is told who has it
DESK = Access(OPERATORS)
LISTS = Access(EVERYBODY)  # of one's own; those of others are `RECORDS`, conversations `TALKS`

TABLE: Mapping[str, Access | None] = {
    "GET /health": OPEN,
    "GET /openapi.json": OPEN,
    "POST /sessions": OPEN,
    "POST /sessions/end": Access(EVERYBODY),
    "POST /accounts": OPEN,
    "POST /accounts/password": OPEN,
    "POST /accounts/session": OPEN,
    "GET /me/memory": Access(PEOPLE),
    "POST /me/memory": Access(PEOPLE),
    "POST /me/memory/forget": Access(PEOPLE),
    "POST /tickets": Access(EVERYBODY),
    "GET /me": Access(EVERYBODY),
    "POST /me": Access(EVERYBODY),
    "GET /me/export": Access(EVERYBODY),
    "POST /me/erase": Access(PEOPLE),
    "POST /people/erase": OVERSEEING,
    "GET /tasks": LISTS,
    "GET /tasks/{taskId}": RECORDS,
    "POST /tasks/{taskId}/cancel": IN_CONVERSATION,
    "POST /tasks/{taskId}/retry": IN_CONVERSATION,
    "GET /conversations": LISTS,
    "POST /conversations": Access(CUSTOMERS),
    "GET /conversations/{conversationId}": TALKS,
    "GET /conversations/{conversationId}/messages": TALKS,
    "GET /conversations/{conversationId}/stream": READING,
    "GET /conversations/{conversationId}/socket": OPEN,  # its first command says who it is
    "POST /conversations/{conversationId}/messages": WRITING,
    "POST /conversations/{conversationId}/title": IN_CONVERSATION,
    "POST /conversations/{conversationId}/close": IN_CONVERSATION,
    "POST /conversations/{conversationId}/typing": IN_CONVERSATION,
    "POST /conversations/{conversationId}/read": IN_CONVERSATION,
    "POST /conversations/{conversationId}/stop": IN_CONVERSATION,
    "GET /blocks": OVERSEEING,
    "POST /blocks": OVERSEEING,
    "POST /blocks/remove": OVERSEEING,
    "POST /conversations/{conversationId}/leave": IN_CONVERSATION,
    "POST /conversations/{conversationId}/remove": IN_CONVERSATION,  # the script knows who is the host
    "POST /conversations/{conversationId}/mute": IN_CONVERSATION,
    "POST /conversations/{conversationId}/invitations": IN_CONVERSATION,
    "POST /conversations/{conversationId}/invitations/revoke": IN_CONVERSATION,
    "POST /conversations/{conversationId}/participants": Access(anywhere=SERVICES),
    "POST /invitations/accept": Access(PEOPLE),
    "POST /conversations/{conversationId}/handoff": IN_CONVERSATION,
    "POST /conversations/{conversationId}/handoff/cancel": IN_CONVERSATION,
    "POST /conversations/{conversationId}/rating": Access(taking_part=CUSTOMERS),
    "POST /conversations/{conversationId}/claim": DESK,
    "POST /conversations/{conversationId}/release": DESK,
    "POST /conversations/{conversationId}/transfer": DESK,
    "POST /conversations/{conversationId}/resolve": DESK,
    "GET /conversations/{conversationId}/notes": DESK,
    "POST /conversations/{conversationId}/notes": DESK,
    "POST /conversations/{conversationId}/notes/typing": DESK,
    "GET /conversations/{conversationId}/backstage": DESK,
    "GET /conversations/{conversationId}/why": DESK,
    "GET /desk": DESK,
    "GET /desk/conversations": DESK,
    "GET /desk/figures": DESK,
    "GET /desk/stream": DESK,
    "POST /desk/presence": DESK,
    "POST /agui": Access(CUSTOMERS),
    "POST /aisdk": Access(CUSTOMERS),
    "GET /aisdk/{chatId}/stream": Access(CUSTOMERS),
    "POST /aisdk/{chatId}/stop": Access(CUSTOMERS),
    "GET /aisdk/{chatId}/messages": Access(CUSTOMERS),
    "GET /socket.io/": OPEN,  # its connect packet says who it is
    "POST /socket.io/": OPEN,
}
COMMANDS: Mapping[str, Access] = {
    "connect": READING,
    "send": IN_CONVERSATION,
    "typing": IN_CONVERSATION,
    "read": IN_CONVERSATION,
    "stop": IN_CONVERSATION,
}


def guarded(operation: str, handler: Handler) -> Handler:
    """The handler of a route, which finds its entry of the table at `request.ctx.access`. `Chat.session` checks it.

    Raises `KeyError` for a route that nobody has thought about.
    """
    access = TABLE[operation]

    @functools.wraps(handler)
    async def checked(request: Request, **path: str) -> HTTPResponse | None:
        request.ctx.access = access
        return await handler(request, **path)

    return checked
