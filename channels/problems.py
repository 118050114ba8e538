"""Errors as clients see them: problem bodies (RFC 9457). What went wrong inside goes to the log of the server."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus

from sanic import Request
from sanic.exceptions import MethodNotSupported, NotFound, SanicException
from sanic.response import HTTPResponse, json

from channels.cors import allow_origin
from switchboard.log.errors import (
    ArchiveUnavailable,
    Busy,
    Closed,
    ConflictingEntry,
    InvitationOver,
    LogError,
    LogUnavailable,
    Muted,
    NobodyThere,
    NotAllowed,
    Owned,
    TooFast,
    TooManyPeople,
    TooManyWaiting,
    UnknownConversation,
)
from switchboard.tasks.again import NotAgain

logger = logging.getLogger(__name__)

PREFIX = "/chat/v1"
METHODS = ("GET", "POST")  # that any route of ours takes; each takes OPTIONS too
NO_METHOD = "NONE"  # Sanic's, for what could not be read as a request
CATCH_ALL = "nothing"  # the route of every other path
RETRY_AFTER_SECONDS = 2
INVITATION_OVER = {
    "expired": "The invitation has expired. Ask for another one.",
    "revoked": "The invitation was taken back. Ask for another one.",
    "used_up": "The invitation was used by others. Ask for another one.",
}

NOT_AGAIN = {
    "running": "The message that asked for it is still being answered.",
    "completed": "It is done, or something else that the same message asked for is: that would be done twice.",
    "uncertain": "What the same message asked for may have happened or not. Ask a person.",
    "too_old": "It belongs to no message that is still in the log.",
}


KNOWN: Mapping[type[LogError], tuple[int, str, str]] = {  # the first that fits
    UnknownConversation: (404, "not_found", "There is no such conversation."),
    ConflictingEntry: (409, "conflict", "This clientMessageId was used before, for another message."),
    Closed: (409, "closed", "The conversation is closed. Begin a new one."),
    Muted: (403, "muted", "You are muted in this conversation."),
    NotAllowed: (403, "forbidden", "This is for operators, and for the host where customers are concerned."),
    NobodyThere: (422, "invalid", "participantId: takes no part in this conversation"),
    TooManyPeople: (409, "full", "So many take part in this conversation that there is no room."),
    TooManyWaiting: (429, "too_many", "Too many messages wait for an answer. Wait for it, then send again."),
    Busy: (429, "busy", "Very many people are asking right now. Send it again in a moment."),
    ArchiveUnavailable: (
        503,
        "unavailable",
        "What is on record cannot be read or changed right now. Try again in a moment.",
    ),
    LogUnavailable: (503, "unavailable", "Messages cannot be stored right now. Try again in a moment."),
    LogError: (409, "conflict", "The conversation has changed meanwhile."),
}


class Problem(Exception):
    """Raised by a handler to answer with an error. Programs read `code`, people read `detail`."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        allow: tuple[str, ...] = (),
        retry_after: int = RETRY_AFTER_SECONDS,
        owner: str | None = None,
    ) -> None:
        """`allow`: the methods that would do, for a 405. `retry_after`: seconds, for what is temporary.

        `owner`: who has the conversation, where somebody else would have to.
        """
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.allow = allow
        self.retry_after = retry_after
        self.owner = owner

    @property
    def temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in (429, 503)

    def response(self) -> HTTPResponse:
        """The problem body."""
        title = HTTPStatus(self.status).phrase
        body = {
            "type": "about:blank",
            "title": title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.owner:
            body["owner"] = self.owner
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        if self.status == 426:
            headers["Upgrade"] = "websocket"
        if self.allow:
            headers["Allow"] = ", ".join(self.allow)
        if self.temporary:
            headers["Retry-After"] = str(self.retry_after)
        return json(body, self.status, headers, content_type="application/problem+json")


def problem_of(error: BaseException) -> Problem:
    """What a client may know of an error."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, TooFast):
        wait = max(1, math.ceil(error.seconds))
        return Problem(429, "rate_limited", f"Too many {error.of}. Try again in {wait} s.", retry_after=wait)
    if isinstance(error, Owned):
        return Problem(409, "owned", f"The conversation is {error.owner}'s.", owner=error.owner)
    if isinstance(error, InvitationOver):
        return Problem(410, str(error), INVITATION_OVER[str(error)])
    if isinstance(error, NotAgain):
        return Problem(409, str(error), NOT_AGAIN[str(error)])
    for kind, known in KNOWN.items():
        if isinstance(error, kind):
            return Problem(*known)
    if isinstance(error, SanicException):
        status = error.status_code or 500
        return Problem(status, HTTPStatus(status).phrase.lower().replace(" ", "_"), str(error))
    logger.error("Unexpected error at the edge", exc_info=error)
    return Problem(500, "error", "Something went wrong here. It has been logged.")


def answer(request: Request, error: Exception) -> HTTPResponse:
    """The exception handler of the whole server: ours under `/chat/v1` and for what is no request, else Sanic's own."""
    if request.path.startswith(PREFIX) and isinstance(error, (NotFound, MethodNotSupported)):
        error = _not_served(request)
    if request.path.startswith(PREFIX) or request.method == NO_METHOD or isinstance(error, Problem):
        response = problem_of(error).response()
        allow_origin(request, response)
        return response
    default: HTTPResponse = request.app.error_handler.default(request, error)
    return default


def _not_served(request: Request) -> Problem:
    """405 for a path that takes another method, 404 for one that takes none: Sanic tells them apart on some only."""
    allow = tuple(method for method in METHODS if _takes(request, method))
    if allow:
        methods = (*allow, "OPTIONS")
        return Problem(405, "method_not_allowed", f"{request.path} takes {', '.join(methods)}.", methods)
    return Problem(404, "not_found", f"There is nothing at {request.path}. See {PREFIX}/openapi.json.")


def _takes(request: Request, method: str) -> bool:
    try:
        route, _, _ = request.app.router.get(request.path, method, None)
    except SanicException:
        return False
    return not str(route.name).endswith(f".{CATCH_ALL}")
