"""Thousands of readers in one thread: plain sockets and epoll, so that the server under test is what is measured."""

from __future__ import annotations

import re
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.fanout.load import FILLER

PATIENCE_SECONDS = 120.0  # without anything arriving
AT_ONCE = 200  # connections that are being opened
CHUNK = 1 << 18
PING, PONG = b"\x81\x012", b"\x81\x81\0\0\0\x003"  # Engine.IO's, as WebSocket messages
WS_PING, WS_PONG = b"\x89", b"\x8a"  # WebSocket's own
STAMP = re.compile(rb"@(\d+)@")


@dataclass(frozen=True)
class Step:
    """Of a handshake: say this, and wait for that."""

    say: bytes
    until: bytes


def masked(text: str) -> bytes:
    """A WebSocket message as a client sends it, under a mask of zeros. At most 64 KiB."""
    data = text.encode()
    head = bytes((0x81, 0x80 | len(data))) if len(data) < 126 else struct.pack("!BBH", 0x81, 0xFE, len(data))
    return head + bytes(4) + data


def upgrade(path: str) -> Step:
    """A WebSocket's opening."""
    return Step(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode(),
        b"\r\n\r\n",
    )


class Crowd:
    """Readers of one server. They count the entries that arrive, and take the time of those that carry a stamp."""

    def __init__(self, port: int, handshake: Callable[[int], Sequence[Step]]) -> None:
        self._address = ("127.0.0.1", port)
        self._handshake = handshake
        self._sockets: dict[int, socket.socket] = {}
        self._poll = select.epoll()
        self.entries = 0
        self.bytes = 0
        self.delays: list[float] = []  # milliseconds

    def __len__(self) -> int:
        return len(self._sockets)

    def join(self, count: int) -> None:
        """So many more readers, each through its handshake."""
        first = len(self)
        for at in range(first, first + count, AT_ONCE):
            self._join(range(at, min(at + AT_ONCE, first + count)))
            self._take(0)

    def _join(self, numbers: range) -> None:
        joining = {}
        for number in numbers:
            one = socket.create_connection(self._address)
            joining[one] = list(self._handshake(number))
            one.sendall(joining[one][0].say)
        for one, steps in joining.items():
            one.settimeout(PATIENCE_SECONDS)
            seen = b""
            for at, step in enumerate(steps):
                if at:
                    one.sendall(step.say)
                while step.until not in seen:
                    piece = one.recv(CHUNK)
                    if not piece:
                        raise ConnectionError(f"refused: {seen[:300]!r}")
                    seen += piece
                seen = seen.partition(step.until)[2]
            one.setblocking(False)
            self._sockets[one.fileno()] = one
            self._poll.register(one, select.EPOLLIN)

    def wait_for(self, entries: int) -> None:
        """Until so many have come, to all readers together."""
        while self.entries < entries:
            if not self._take(PATIENCE_SECONDS):
                raise TimeoutError(f"{self.entries} of {entries} entries came")

    def stay(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Take whatever comes, for a time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not until():
            self._take(min(left, 0.5))

    def _take(self, patience: float) -> bool:
        ready = self._poll.poll(patience)
        for number, _ in ready:
            one = self._sockets[number]
            data = one.recv(CHUNK)
            if not data:
                raise ConnectionError("the server closed a stream")
            self.bytes += len(data)
            self.entries += data.count(FILLER)
            for stamp in STAMP.findall(data):
                self.delays.append((time.monotonic_ns() - int(stamp)) / 1e6)
            if PING in data:
                one.send(PONG)
            elif data.startswith(WS_PING):
                one.send(WS_PONG + bytes((0x80 | data[1],)) + bytes(4) + data[2 : 2 + data[1]])
        return bool(ready)

    def leave(self, *, reset: bool = False) -> None:
        """All of them; `reset` as if their network were gone."""
        for one in self._sockets.values():
            if reset:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()
        self._sockets.clear()
        self._poll.close()
        self._poll = select.epoll()
