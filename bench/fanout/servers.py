"""The servers that are compared, each a process of its own, pinned to one core."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from bench.fanout.crowd import Step, masked, upgrade
from bench.fanout.load import FILLER, delta, started
from switchboard.log.connection import connect
from switchboard.log.events import Participant
from switchboard.log.log import Log, Position
from switchboard.turns.turn import BOT
from tests.support.clients import installed_node

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "bench" / "peers"
SERVER_CORE, READER_CORE = 0, 1
START_SECONDS = 60.0
ENTRY = json.dumps(
    {"epoch": "01234567", "offset": 1000, "timestamp": 1764000000000, "type": "message.delta", "messageId": "m_bench"}
    | {"delta": FILLER.decode() + "@" + "9" * 14}
)


@dataclass
class Server:
    """One under test. `handshake` makes a reader of a connection, `publish` sends one entry to every reader."""

    pid: int
    port: int
    handshake: Callable[[int], Sequence[Step]]
    publish: Callable[[], None]

    @property
    def rss(self) -> int:
        """Bytes."""
        return int(psutil.Process(self.pid).memory_info().rss)

    @property
    def cpu(self) -> float:
        """Seconds so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)


@contextlib.contextmanager
def _process(command: list[str], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    quiet = {**os.environ, **(environment or {})}
    with subprocess.Popen(command, cwd=ROOT, env=quiet, stdout=subprocess.PIPE, text=True) as process:
        try:
            os.sched_setaffinity(process.pid, {SERVER_CORE})
            yield process
        finally:
            process.kill()


class Ours:
    """An edge (`python -m channels`) on a Redis, and a guest of it."""

    def __init__(self, redis: str) -> None:
        self.redis = redis
        self._runner = asyncio.Runner()
        self._runner.get_loop()
        self._log = Log(connect(redis))
        self.token = ""
        self.guest: Participant | None = None

    @contextlib.contextmanager
    def serving(self, *, websocket: bool = False, conversations: int = 1) -> Iterator[tuple[Server, list[str]]]:
        """The edge, and new conversations; reader n reads the n-th of them, round and round, from its end."""
        port = free_port()
        environment = {"REDIS_URL": self.redis, "SECRET_KEY": "x" * 32, "LOG_LEVEL": "ERROR"}
        with _process([sys.executable, "-m", "channels", "--port", str(port)], environment) as process:
            self._sign_in(f"http://127.0.0.1:{port}")
            ids = [f"c_{n}_{port}" for n in range(conversations)]
            places = self._runner.run(self._start(ids))
            steps = self._socket if websocket else self._stream

            def publish() -> None:
                places[0] = self._publish(ids[0])

            yield (
                Server(
                    process.pid,
                    port,
                    lambda n: steps(ids[n % conversations], places[n % conversations]),
                    publish,
                ),
                ids,
            )

    def _sign_in(self, url: str) -> None:
        with httpx.Client(base_url=url, timeout=30) as http:
            wait_until_up(lambda: http.get("/chat/v1/health").status_code == 200)
            session = http.post("/chat/v1/sessions").json()
        self.token, person = session["token"], session["participant"]
        self.guest = Participant(person["id"], person["role"], person["name"])

    async def _start(self, ids: list[str]) -> list[str]:
        assert self.guest
        places = []
        for conversation in ids:
            await self._log.start(conversation, "bot:main", (self.guest, BOT))
            (at,) = await self._log.publish(conversation, started())
            places.append(str(Position(at.epoch, at.offset)))
        return places

    def _publish(self, conversation: str) -> str:
        (at,) = self._runner.run(self._log.publish(conversation, delta()))
        return str(Position(at.epoch, at.offset))

    def _stream(self, conversation: str, place: str) -> list[Step]:
        path = f"/chat/v1/conversations/{conversation}/stream"
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\nLast-Event-ID: {place}\r\n\r\n"
        return [Step(head.encode(), b'"connected"')]

    def _socket(self, conversation: str, place: str) -> list[Step]:
        epoch, _, offset = place.partition(".")
        command = {"id": 1, "connect": {"token": self.token, "epoch": epoch, "offset": int(offset)}}
        opening = upgrade(f"/chat/v1/conversations/{conversation}/socket")
        return [opening, Step(masked(json.dumps(command)), b'"connected"')]


Peer = Callable[[], contextlib.AbstractContextManager[Server]]
EVENTS = [Step(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"data: {}")]
SOCKET_IO = [Step(upgrade("/socket.io/?EIO=4&transport=websocket").say, b"0{"), Step(masked("40"), b"40{")]


@contextlib.contextmanager
def _peer(command: list[str], handshake: list[Step]) -> Iterator[Server]:
    """It prints its port, and `POST /publish` sends the body to every reader."""
    with _process(command) as process:
        assert process.stdout
        port = int(process.stdout.readline())

        def publish() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("POST", "/publish", ENTRY)
            connection.getresponse().read()
            connection.close()

        wait_until_up(lambda: socket.create_connection(("127.0.0.1", port)).close() is None)
        yield Server(process.pid, port, lambda _: handshake, publish)


def node_sse() -> contextlib.AbstractContextManager[Server]:
    """Node's plain `http`, an event written to each response."""
    return _peer([str(installed_node()), str(PEERS / "sse.mjs")], EVENTS)


def node_socket_io() -> contextlib.AbstractContextManager[Server]:
    """Socket.IO's own server on Node, an event emitted to everybody."""
    return _peer([str(installed_node()), str(PEERS / "socketio.mjs")], SOCKET_IO)


def raw_sanic() -> contextlib.AbstractContextManager[Server]:
    """A plain Sanic handler, a queue and `response.send` for each reader."""
    return _peer([sys.executable, "-m", "bench.peers.raw_sanic"], EVENTS)


def rasa_socket_io() -> contextlib.AbstractContextManager[Server]:
    """Rasa's own Socket.IO channel without a bot behind it, a text emitted to everybody."""
    return _peer([sys.executable, "-m", "bench.peers.rasa_socketio"], SOCKET_IO)


def wait_until_up(answers: Callable[[], bool]) -> None:
    """Another process comes up."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError, OSError):
            if answers():
                return
        time.sleep(0.1)
    raise TimeoutError("the server did not come up")


def free_port() -> int:
    """Of the loopback interface."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
