"""One Socket.IO client: what it sends goes to the log, what is on the log goes to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from typing import Any

from engineio.async_socket import AsyncSocket
from engineio.packet import MESSAGE, Packet

from channels import commands
from channels.farewell import EXPIRED, FLOODING, SLOW, UNAVAILABLE, Farewell, after
from channels.pace import Flooded, Pace
from channels.problems import Problem, problem_of
from channels.services import Chat
from channels.socket_io.engine import cut, drained
from channels.socket_io.handshake import Handshake
from channels.wire import pieces
from switchboard.cancellation import absorb_cancellation
from switchboard.log.codec import dumps
from switchboard.log.errors import TakesNoPart
from switchboard.log.log import Conversation
from switchboard.log.reader import Frame, Reader
from switchboard.log.subscription import SlowReader
from switchboard.people.identity import Session

DISCONNECT = "1"  # Socket.IO's packet; after it, and only then, the field's clients stay away
EVENTS = {"send_message": "send", "typing": "typing", "read": "read", "stop": "stop"}  # and the commands that they are
FOR_ALL = ('"type":"message.sent"', '"type":"message.completed"', '"type":"connected"')  # worth a look inside


class Connection:
    """A client that was let in."""

    def __init__(
        self, chat: Chat, socket: AsyncSocket, wanted: Handshake, session: Session, conversation: Conversation
    ) -> None:
        self._chat = chat
        self._socket = socket
        self._wanted = wanted
        self._session = session
        self._conversation = conversation
        self._pace = Pace()
        self._ended = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to stream."""
        self._task = asyncio.create_task(self._run(), name=f"Socket.IO in {self._conversation.id}")

    def left(self) -> None:
        """The client is gone, or was sent away; perhaps by the stream itself, which then ends by itself."""
        if self._task and self._task is not asyncio.current_task():
            self._task.cancel()

    async def obey(self, event: str, data: Any) -> dict[str, Any]:
        """Carry out the command that an event is; what its acknowledgement says."""
        try:
            await drained(self._socket)  # who does not read gets no more answers to queue up
            self._pace.check()
            if event not in EVENTS:
                raise Problem(422, "unknown_command", f"Events are: {', '.join(EVENTS)}.")
            command = commands.Command(0, EVENTS[event], _message(data) if event == "send_message" else data)
            return await commands.run(self._chat, self._session, self._conversation.id, command)
        except TimeoutError:
            await self._end(SLOW)
        except Flooded:
            await self._end(FLOODING)
        except Exception as error:  # the edge: a defect of ours is logged there, and the client learns of it
            return failure(error)
        return {}

    async def _run(self) -> None:
        with self._chat.streaming(self._session) as stream:
            try:
                end = stream.end or await self._pump()
            except asyncio.CancelledError:
                if stream.end is None:
                    raise  # the client left
                absorb_cancellation()
                end = stream.end
            except Exception as error:  # the edge: Redis is away, or a defect of ours, which is logged there
                problem_of(error)
                end = UNAVAILABLE
            await self._end(end)

    async def _pump(self) -> Farewell:
        """Stream until something ends it; says what. Raises `LogError`."""
        reader = Reader(self._chat.log, self._chat.follower, self._conversation.id, self._session.participant.id)
        try:
            async with (
                asyncio.timeout(self._session.expires_at - time.time()) as life,
                contextlib.aclosing(reader.frames(self._wanted.position)) as frames,
            ):
                async for batch in frames:
                    for portion in pieces(batch, lambda frame: frame):
                        await drained(self._socket)
                        for frame in portion:
                            self._give(frame)
        except TimeoutError:
            return EXPIRED if life.expired() else SLOW
        except SlowReader:
            return SLOW
        except TakesNoPart as error:
            return after(error)
        return UNAVAILABLE

    def _give(self, frame: Frame) -> None:
        if self._wanted.stream:
            self._emit("entry", frame.json)
        if not any(mark in frame.json for mark in FOR_ALL):
            return
        entry = json.loads(frame.json)
        if entry["type"] == "connected":
            who = {"conversationId": self._conversation.id, "participantId": self._session.participant.id}
            self._emit("connected", dumps(entry | who))
        elif entry["type"].startswith("message.") and entry["author"]["id"] != self._session.participant.id:
            self._emit("receive_message", frame.json)

    def _emit(self, event: str, data: str) -> None:
        """An event as Socket.IO writes it; what is JSON already stays as it is."""
        self._socket.queue.put_nowait(Packet(MESSAGE, f'2["{event}",{data}]'))

    async def _end(self, farewell: Farewell) -> None:
        """Say why, and close. Does nothing the second time."""
        if self._ended:
            return
        self._ended = True
        if self._wanted.stream:
            self._emit("entry", farewell.json)
        if not farewell.reconnect:
            self._socket.queue.put_nowait(Packet(MESSAGE, DISCONNECT))
        await cut(self._socket, slow=farewell is SLOW)


def _message(data: Any) -> Any:
    """What `send_message` carried: an object, or the text alone; without an id of the client's own it gets one."""
    message = {"text": data} if isinstance(data, str) else data
    return {"clientMessageId": uuid.uuid4().hex, **message} if isinstance(message, dict) else message


def failure(error: BaseException) -> dict[str, Any]:
    """An acknowledgement that says what went wrong."""
    problem = problem_of(error)
    return {"error": {"code": problem.code, "message": problem.detail, "temporary": problem.temporary}}
