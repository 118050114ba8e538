"""What the handlers work with. One per server, made when its event loop runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from redis.asyncio import Redis
from sanic import Request
from sanic.exceptions import RequestTimeout

from channels.access import OVERSEERS, Access
from channels.farewell import BLOCKED, REVOKED, SHUTDOWN, Farewell
from channels.limits import Limits
from channels.pace import Paces
from channels.problems import Problem
from channels.vitals import Vitals
from switchboard.archive.conversations import Conversations
from switchboard.archive.entries import Entries
from switchboard.archive.handoffs import Handoffs
from switchboard.archive.history import History
from switchboard.archive.timeline import Timeline
from switchboard.handoff.backstage import Backstage
from switchboard.handoff.board import Board
from switchboard.handoff.desk import Desk
from switchboard.handoff.operators import Operators
from switchboard.log.connection import connect
from switchboard.log.dialogue import Dialogues
from switchboard.log.errors import UnknownConversation
from switchboard.log.follower import Follower
from switchboard.log.lifecycle import Lifecycle
from switchboard.log.limiter import Limiter
from switchboard.log.log import Conversation, Log
from switchboard.log.members import Members
from switchboard.people.accounts import Accounts
from switchboard.people.attempts import Attempts
from switchboard.people.blocks import Blocks
from switchboard.people.client_addresses import Address, client_address
from switchboard.people.credentials import Credentials
from switchboard.people.host_identity import HostIdentities
from switchboard.people.host_keys import HostKeys
from switchboard.people.identity import InvalidToken, Session, Sessions
from switchboard.people.invitations import Invitations
from switchboard.people.mail import FolderMailer, Mailer, SmtpMailer
from switchboard.people.memory import Memory
from switchboard.people.passwords import Passwords
from switchboard.people.profiles import Profiles
from switchboard.people.revocations import Revocations
from switchboard.people.sign_ins import SignIns
from switchboard.records.person import Person
from switchboard.records.requests import Requests
from switchboard.settings import Mode, Settings
from switchboard.store.calls import Calls
from switchboard.store.database import Database
from switchboard.store.task_records import TaskRecords
from switchboard.turns.turn import BOT

BODY_LIMIT = 64 * 1024  # bytes
CONVERSATION_ID = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


class Bot(Protocol):
    """What the edge needs to know of the bot, where one runs in the same process."""

    @property
    def model(self) -> str | None:
        """Name of the model that answers, or `None` while there is none."""


@dataclass(slots=True)
class Stream:
    """An open stream: somebody reads it, once `session` is set. `end`: why we end it, if we do, perhaps at once."""

    task: asyncio.Task[Any]
    session: Session | None
    end: Farewell | None = None

    def finish(self, end: Farewell) -> None:
        """Cancels the task, which says goodbye."""
        self.end = self.end or end
        self.task.cancel()


@dataclass
class Chat:
    """The services of one server, at `app.ctx.chat`."""

    settings: Settings
    log: Log
    follower: Follower
    sessions: Sessions
    revocations: Revocations
    sign_ins: SignIns
    blocks: Blocks
    limits: Limits
    archive: Entries
    history: History
    conversations: Conversations
    tasks: TaskRecords
    profiles: Profiles
    person: Person
    erasures: Requests
    calls: Calls
    members: Members
    lifecycle: Lifecycle
    memory: Memory
    desk: Desk
    operators: Operators
    board: Board
    backstage: Backstage
    dialogues: Dialogues
    handoffs: Handoffs
    invitations: Invitations
    identities: HostIdentities | None = None  # without keys everybody is a guest
    credentials: Credentials | None = None  # where there are accounts
    bot: Bot | None = None
    vitals: Vitals = field(default_factory=Vitals)
    paces: Paces = field(default_factory=Paces)
    streams: dict[asyncio.Task[Any], Stream] = field(default_factory=dict)
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)  # for all of somebody's conversations: one at a time
    stopping: bool = False
    standalone: bool = False  # an edge: the bot is elsewhere
    bot_names: tuple[str, ...] = field(init=False)

    @classmethod
    def create(cls, settings: Settings, *, standalone: bool = False) -> Chat:
        """Connects to nothing yet. Raises `UnusableKeys`."""
        redis = connect(settings.redis)
        database = Database(settings.database)
        calls = Calls(database)
        log, archive = Log(redis, crowd=settings.max_waiting), Entries(database, calls)
        follower, sessions = Follower(redis), Sessions(settings.secret_key.get_secret_value())
        revocations = Revocations(redis, follower)
        return cls(
            settings,
            log,
            follower,
            sessions,
            revocations,
            SignIns(redis, sessions, revocations),
            Blocks(redis, follower),
            Limits(settings, Limiter(redis)),
            archive,
            History(Timeline(log, archive)),
            Conversations(calls),
            TaskRecords(calls),
            Profiles(calls),
            Person(calls),
            Requests(calls),
            calls,
            Members(redis),
            Lifecycle(redis),
            Memory(calls),
            Desk(log),
            Operators(redis),
            Board(log, follower),
            Backstage(log),
            Dialogues(redis),
            Handoffs(calls),
            Invitations(sessions),
            HostIdentities(HostKeys(settings.identity_keys)) if settings.identity_keys else None,
            _credentials(settings, redis, calls, sessions),
            standalone=standalone,
        )

    def __post_init__(self) -> None:
        more = (name.strip() for name in self.settings.bot_names.split(","))
        self.bot_names = (BOT.name, *(name for name in more if name))
        self.revocations.changed = lambda: self._end(self.revocations.cover, REVOKED)
        self.blocks.changed = lambda: self._end(self._is_blocked, BLOCKED)
        self._proxies = self.settings.proxies

    def check_room(self) -> None:
        """Raises `Problem` 503 if this process holds as many streams as it may."""
        if len(self.streams) >= self.settings.max_streams:
            raise Problem(503, "overloaded", "Too many streams are open here. Try again in a moment.")

    def address(self, request: Request) -> Address | None:
        """Where a request comes from, or `None` if the settings do not say how that is to be known."""
        if self._proxies is None:
            return None
        return client_address(request.ip, request.headers.getall("x-forwarded-for", []), self._proxies)

    def authenticate(self, token: str, address: Address | None = None) -> Session:
        """Who calls from there. Raises `Problem` 401, 403."""
        try:
            session = self.sessions.verify(token).at(address)
        except InvalidToken as error:
            raise _unauthorized() from error
        self.check_session(session)
        return session

    def check_session(self, session: Session) -> None:
        """Raises `Problem` 401 for one that was ended before its time, 403 for whoever is blocked."""
        if self.revocations.cover(session):
            raise _unauthorized()
        self.check_blocked(session)

    def check_blocked(self, session: Session) -> None:
        """Raises `Problem` 403 for somebody who is on the block list, or where nobody may come from."""
        if self._is_blocked(session):
            raise _blocked()

    def check_address(self, address: Address | None) -> None:
        """Raises `Problem` 403 if nobody may come from there."""
        if address is not None and self.blocks.cover_address(address):
            raise _blocked()

    def session(self, request: Request) -> Session:
        """Who calls, and may do so by the table of `access`. Raises `Problem` 401, 403."""
        session = self.authenticate(bearer_token(request), self.address(request))
        access_of(request).check(session)
        return session

    async def conversation(self, session: Session, conversation_id: str, access: Access | None = None) -> Conversation:
        """A conversation that the caller takes part in, or may see by `access` all the same.

        Anybody else's looks as if it did not exist: `Problem` 404.
        """
        if CONVERSATION_ID.match(conversation_id):
            conversation = await self.log.describe(conversation_id)
            if conversation.has(session.participant.id) or (access and session.role in access.anywhere):
                return conversation
        raise Problem(404, "not_found", "There is no such conversation.")

    @contextlib.contextmanager
    def streaming(self, session: Session | None = None) -> Iterator[Stream]:
        """Marks the current task as an open stream, which ends with this server, and with the session."""
        task = asyncio.current_task()
        assert task is not None
        stream = self.streams[task] = Stream(task, session)
        stream.end = SHUTDOWN if self.stopping else self._refusal(stream)  # it was too late to cancel it
        try:
            yield stream
        finally:
            del self.streams[task]

    async def stop(self, patience: float) -> None:
        """End every stream; clients are told to come back."""
        self.stopping = True
        streams = list(self.streams.values())
        for stream in streams:
            stream.finish(SHUTDOWN)
        if streams:
            await asyncio.wait([stream.task for stream in streams], timeout=patience)

    def _end(self, is_over: Callable[[Session], bool], end: Farewell) -> None:
        for stream in list(self.streams.values()):
            if stream.session and is_over(stream.session):
                stream.finish(end)

    def _refusal(self, stream: Stream) -> Farewell | None:
        """Why somebody may not go on reading, if so."""
        if stream.session is None:
            return None
        if self.revocations.cover(stream.session):
            return REVOKED
        return BLOCKED if self._is_blocked(stream.session) else None

    def _is_blocked(self, session: Session) -> bool:
        """Who may lift a block is not shut out by that of a network, which is easily too wide."""
        address = None if session.role in OVERSEERS else session.address
        return self.blocks.cover(session.participant.id, address)


def checked_id(text: str) -> str:
    """What can be a conversation's id. Raises `UnknownConversation`."""
    if not CONVERSATION_ID.match(text):
        raise UnknownConversation(text)
    return text


def _credentials(settings: Settings, redis: Redis[str], calls: Calls, sessions: Sessions) -> Credentials | None:
    mailer: Mailer
    if settings.mail_url is not None:
        mailer = SmtpMailer(settings.mail_url.get_secret_value(), settings.mail_from)
    elif settings.switchboard_mode is Mode.development:
        mailer = FolderMailer(settings.letters, settings.mail_from)
    else:
        return None
    link = settings.account_link
    return Credentials(Accounts(calls), Passwords(), Attempts(redis), sessions, mailer, link)


def chat_of(request: Request) -> Chat:
    """The services of the server that a request came to."""
    chat: Chat = request.app.ctx.chat
    return chat


def access_of(request: Request) -> Access:
    """What the table says of the route that a request came to."""
    access: Access = request.ctx.access
    return access


def bearer_token(request: Request) -> str:
    """The token that a request came with, or an empty text."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _blocked() -> Problem:
    return Problem(403, "blocked", "You are blocked here. The people who run this chat can lift that.")


def _unauthorized() -> Problem:
    return Problem(401, "unauthorized", "The token is missing, invalid, expired or revoked. Start a session.")


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
