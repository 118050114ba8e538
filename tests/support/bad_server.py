"""A server that does not do what an action server should: what it answers, and how often, a test says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

HANG = b"hang"  # takes the call, and never answers
CUT = b"cut"  # takes the call, and closes
JSON, HTML = "application/json", "text/html"


def answer(body: str, status: int = 200, kind: str = JSON) -> bytes:
    """A whole answer."""
    head = f"HTTP/1.1 {status} Whatever\r\nContent-Type: {kind}\r\nContent-Length: {len(body.encode())}\r\n"
    return f"{head}Connection: close\r\n\r\n{body}".encode()


@dataclass
class BadServer:
    """Gives its answers one after the other, the last one for good."""

    answers: Sequence[bytes]
    url: str = ""
    calls: int = 0
    called: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)  # whoever hung was left by its caller

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One call."""
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            await self._read_call(reader)
            what = self.answers[min(self.calls, len(self.answers) - 1)]
            self.calls += 1
            self.called.set()
            if what == HANG:
                await reader.read()
                self.hung_up.set()
            elif what != CUT:
                writer.write(what)
                await writer.drain()

    async def _read_call(self, reader: asyncio.StreamReader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        (length,) = (line.split(":")[1] for line in head.split("\r\n") if line.startswith("content-length:"))
        await reader.readexactly(int(length))


@contextlib.asynccontextmanager
async def misbehaving(*answers: bytes) -> AsyncIterator[BadServer]:
    """The server, on a free port of the loopback interface."""
    bad = BadServer(answers)
    async with await asyncio.start_server(bad.serve, "127.0.0.1", 0) as server:
        bad.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhook"
        yield bad
