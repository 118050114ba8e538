"""What the handlers work with. One per server, made when its event loop runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from sanic import Request
from sanic.exceptions import RequestTimeout

from channels.pace import Paces
from channels.problems import Problem
from channels.vitals import Vitals
from switchboard.archive.entries import Entries
from switchboard.archive.history import History
from switchboard.archive.timeline import Timeline
from switchboard.host_identity import HostIdentities
from switchboard.host_keys import HostKeys
from switchboard.identity import InvalidToken, Session, Sessions
from switchboard.log.connection import connect
from switchboard.log.follower import Follower
from switchboard.log.log import Conversation, Log
from switchboard.settings import Settings
from switchboard.store.database import Database

BODY_LIMIT = 64 * 1024  # bytes
CONVERSATION_ID = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


class Bot(Protocol):
    """What the edge needs to know of the bot, where one runs in the same process."""

    @property
    def model(self) -> str | None:
        """Name of the model that answers, or `None` while there is none."""


@dataclass
class Chat:
    """The services of one server, at `app.ctx.chat`."""

    settings: Settings
    log: Log
    follower: Follower
    sessions: Sessions
    archive: Entries
    history: History
    identities: HostIdentities | None = None  # without keys everybody is a guest
    bot: Bot | None = None
    vitals: Vitals = field(default_factory=Vitals)
    paces: Paces = field(default_factory=Paces)
    streams: set[asyncio.Task[Any]] = field(default_factory=set)
    stopping: bool = False
    standalone: bool = False  # an edge: the bot is elsewhere

    @classmethod
    def create(cls, settings: Settings, *, standalone: bool = False) -> Chat:
        """Connects to nothing yet. Raises `UnusableKeys`."""
        redis = connect(settings.redis)
        log, archive = Log(redis, crowd=settings.max_waiting), Entries(Database(settings.database))
        return cls(
            settings,
            log,
            Follower(redis),
            Sessions(settings.secret_key.get_secret_value()),
            archive,
            History(Timeline(log, archive)),
            HostIdentities(HostKeys(settings.identity_keys)) if settings.identity_keys else None,
            standalone=standalone,
        )

    def check_room(self) -> None:
        """Raises `Problem` 503 if this process holds as many streams as it may."""
        if len(self.streams) >= self.settings.max_streams:
            raise Problem(503, "overloaded", "Too many streams are open here. Try again in a moment.")

    def authenticate(self, token: str) -> Session:
        """Raises `Problem` 401."""
        try:
            return self.sessions.verify(token)
        except InvalidToken as error:
            raise Problem(
                401,
                "unauthorized",
                "The token is missing, invalid or expired. Start a session.",
            ) from error

    def session(self, request: Request) -> Session:
        """Who calls. Raises `Problem` 401."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self.authenticate(token.strip() if scheme.lower() == "bearer" else "")

    async def conversation(self, session: Session, conversation_id: str) -> Conversation:
        """A conversation that the caller takes part in. Anybody else's looks as if it did not exist: `Problem` 404."""
        if CONVERSATION_ID.match(conversation_id):
            conversation = await self.log.describe(conversation_id)
            if conversation.has(session.participant.id):
                return conversation
        raise Problem(404, "not_found", "There is no such conversation.")

    @contextlib.contextmanager
    def streaming(self) -> Iterator[None]:
        """Marks the current task as an open stream, which `stop` ends."""
        task = asyncio.current_task()
        assert task is not None
        self.streams.add(task)
        try:
            yield
        finally:
            self.streams.discard(task)

    async def stop(self, patience: float) -> None:
        """End every stream; clients are told to come back."""
        self.stopping = True
        tasks = set(self.streams)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=patience)


def chat_of(request: Request) -> Chat:
    """The services of the server that a request came to."""
    chat: Chat = request.app.ctx.chat
    return chat


async def json_body(request: Request, limit: int = BODY_LIMIT) -> dict[str, Any]:
    """The body as a JSON object; an empty one counts as `{}`.

    Raises `Problem` 413 above the limit, without reading on, 400 for what is no JSON in UTF-8, 422 for anything else.
    """
    body = await read_body(request, limit)
    try:
        data = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise Problem(400, "bad_json", "The body is not JSON in UTF-8.") from error
    if not isinstance(data, dict):
        raise Problem(422, "invalid", "The body must be a JSON object.")
    return data


async def read_body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """The body as it came. Raises `Problem` 413 above the limit, in bytes, without reading on."""
    if _announced(request) > limit:
        raise _too_large(limit)
    body = b""
    with contextlib.suppress(RequestTimeout):
        while request.stream is not None and (chunk := await request.stream.read()):
            body += chunk
            if len(body) > limit:
                raise _too_large(limit)
    return body


def _announced(request: Request) -> int:
    """The length that the header says, of a body that is still to come; Sanic has refused what is no number."""
    return int(request.headers.get("content-length", 0))


def _too_large(limit: int) -> Problem:
    return Problem(413, "too_large", f"The body is larger than {limit // 1024} KiB.")
