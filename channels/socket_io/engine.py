"""Engine.IO, Socket.IO's transport, on Sanic and with bounds.

The package gives a client as long as it likes to take what is sent, queues any number of packets for it, and logs a
traceback for what it cannot read. So here every packet is checked before the package sees it, every write has a
deadline, and every queue a limit. `async_mode="sanic"` is a table of functions; this module has its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any, cast

from engineio import exceptions, json, packet
from engineio.async_drivers import sanic as stock
from engineio.async_socket import AsyncSocket
from engineio.payload import Payload
from sanic import Request
from websockets.exceptions import ConnectionClosed

from channels.problems import Problem
from channels.stream import WRITE_SECONDS

SEPARATOR = "\x1e"  # between the packets of a polling request
MAX_PACKETS = 2_000  # queued for one client: what the stream adds at once, twice; more only piles up if nobody reads
PACKET = re.compile(r"3|1|5|2probe|40(?:\{.*\})?|41|42[0-9]{0,9}\[.*\]", re.DOTALL)
RESERVED = ("connect", "disconnect")  # events that the package would take from a client as if they were its own


class Outbox(asyncio.Queue[Any]):
    """Packets for one client. Who streams waits for room (`drained`); who provokes packets and does not read is cut."""

    async def put(self, item: Any) -> None:
        """Never waits. Raises what the package takes for a closed connection."""
        ends = item is None or item.packet_type == packet.CLOSE
        if self.qsize() >= MAX_PACKETS and not ends:
            raise exceptions.SocketIsClosedError
        self.put_nowait(item)


class WebSocket:
    """Sanic's WebSocket as the package wants it."""

    def __init__(self, handler: Any, server: Any) -> None:
        self._handler = handler
        self._socket: AsyncSocket = handler.__self__
        self._request: Request
        self._ws: Any = None

    async def __call__(self, environ: dict[str, Any]) -> None:
        """Serve until it is closed. Returns no response: Sanic's HTTP is over on this connection."""
        self._request = environ["sanic.request"]
        protocol = cast(asyncio.Transport, self._request.transport).get_protocol()
        self._ws = await cast(Any, protocol).websocket_handshake(self._request)
        try:
            await self._handler(self)
        finally:
            self._socket.upgrading = False  # else a failed upgrade leaves the poll in a tight loop of empty answers
            await self.close()

    async def wait(self) -> str:
        """The next packet. Raises `OSError` for what is none, which ends the connection."""
        try:
            data = await self._ws.recv()
        except ConnectionClosed as error:
            raise OSError from error
        if not isinstance(data, str) or not acceptable(data):
            raise OSError("not a packet")
        return data

    async def send(self, data: str) -> None:
        """Raises `TimeoutError` if the client does not take it in time."""
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._ws.send(data)
        except TimeoutError:
            self._abort()
            raise

    async def close(self) -> None:
        """With a goodbye, if the client takes one."""
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._ws.close()
        except TimeoutError:
            self._abort()

    def _abort(self) -> None:
        cast(asyncio.WriteTransport, self._request.transport).abort()


def bound(engine: Any) -> None:
    """Give an `engineio.AsyncServer` our driver and our queues."""
    engine._async = {**stock._async, "translate_request": _environ, "websocket": WebSocket}
    engine.create_queue = Outbox


def _environ(request: Request) -> dict[str, Any]:
    """The request as the package wants it; the length is that of the body which was read."""
    environ: dict[str, Any] = stock.translate_request(request)
    environ["CONTENT_LENGTH"] = str(len(request.body))
    return environ


def check_payload(body: bytes) -> None:
    """Raises `Problem` 400 for a polling request with anything but packets that we know."""
    with contextlib.suppress(UnicodeDecodeError):
        packets = body.decode().split(SEPARATOR)
        if len(packets) <= Payload.max_decode_packets and all(map(acceptable, packets)):
            return
    raise Problem(400, "bad_packet", "Not the packets of a Socket.IO client, protocol 5, without binary data.")


def acceptable(text: str) -> bool:
    """Whether it is a packet that a client of ours sends: of the default namespace, without binary data."""
    if not PACKET.fullmatch(text):
        return False
    if text[:2] not in ("40", "42"):
        return True
    try:
        data = json.loads(text[2:].lstrip("0123456789") or "{}")
    except (ValueError, RecursionError):
        return False
    return text[1] == "0" or bool(data and isinstance(data[0], str) and data[0] not in RESERVED)


async def drained(socket: AsyncSocket) -> None:
    """Returns once all but what is being written has gone to the client. Raises `TimeoutError` if it is too slow."""
    async with asyncio.timeout(WRITE_SECONDS):
        await socket.queue.join()


async def cut(socket: AsyncSocket, *, slow: bool = False) -> None:
    """End a connection, after the client has taken what is queued unless it is slow anyway."""
    if not slow:
        with contextlib.suppress(TimeoutError):
            await drained(socket)
    with contextlib.suppress(exceptions.SocketIsClosedError):
        await socket.close(wait=False)
    socket.queue.put_nowait(None)  # what writes to a WebSocket stops there, and closes it
