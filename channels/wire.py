"""The way of a line to a client that keeps up: bytes, made once for all readers, written straight to the connection.

Sanic's own `send` costs a task switch a line and reader. It stays the way for whoever falls behind, since it waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from sanic import Request
from websockets.frames import Close, Frame, Opcode

from switchboard.log import reader
from switchboard.log.line import EPHEMERAL, Line

BUFFERED_BYTES = 64 * 1024  # with so much unsent a client is behind; asyncio's own mark
LINGER_SECONDS = 30.0  # how long a slow client may take for what is on its way, its goodbye at the end


def sse(line: Line) -> bytes:
    """An event in the format of the HTML standard, section 9.2. Our JSON has no line breaks."""
    head = f"id: {line.epoch}.{line.offset}\n" if line.offset != EPHEMERAL else ""
    return f"{head}data: {line.json}\n\n".encode()


def chunk(data: bytes) -> bytes:
    """A piece of a chunked body, RFC 9112, section 7.1."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def text_frame(text: str) -> bytes:
    """A WebSocket message, RFC 6455, section 5.2, as a server sends it."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def close_frame(code: int, reason: str) -> bytes:
    """The end of a WebSocket."""
    return Frame(Opcode.CLOSE, Close(code, reason).serialize()).serialize(mask=False)


class Once:
    """Formats a line for the first of its readers; the others, who come right after, get the same bytes."""

    def __init__(self, form: Callable[[Line], bytes]) -> None:
        self._form = form
        self._line: Line | None = None
        self._bytes = b""

    def __call__(self, line: Line) -> bytes:
        if line is not self._line:
            self._bytes = self._form(line)
            self._line = line
        return self._bytes


class Wire:
    """One client's connection."""

    def __init__(self, transport: asyncio.WriteTransport, form: Callable[[Line], bytes]) -> None:
        self._transport = transport
        self._form = form

    @classmethod
    def of(cls, request: Request, form: Callable[[Line], bytes]) -> Wire:
        """The connection that a request came on."""
        return cls(cast(asyncio.WriteTransport, request.transport), form)

    def offer(self, line: Line) -> bool:
        """Send a line now; false if the client is behind. One that has left takes everything: nobody waits for it."""
        if self._transport.get_write_buffer_size() > BUFFERED_BYTES:
            return False
        if not self._transport.is_closing():
            self._transport.write(self._form(line))
        return True

    def part(self, goodbye: bytes) -> None:
        """Say goodbye behind what is still on its way, and close; a client that takes neither is cut off."""
        if not self._transport.is_closing():
            self._transport.write(goodbye)
            self._transport.close()
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.abort)


def pieces(frames: Iterable[reader.Frame], form: Callable[[reader.Frame], Any]) -> Iterator[list[Any]]:
    """Frames in portions that a connection's buffer holds: a long history is not put into memory at once."""
    portion: list[Any] = []
    size = 0
    for frame in frames:
        portion.append(form(frame))
        size += len(frame.json)
        if size >= BUFFERED_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
