"""What Sanic 21.12, which Rasa 3.6 pins, needs on Python 3.11 and on the open internet.

WebSockets: `sanic.server.websockets.impl` passes coroutines to `asyncio.wait`, which Python 3.11 refuses, so every
`recv` fails (sanic-org/sanic#2377). A test fails once this is no longer needed. And text that is no UTF-8 raises in a
task of Sanic's that nobody awaits: the connection hangs, where RFC 6455 wants it closed with 1007.

Time: each byte starts the clock of `REQUEST_TIMEOUT` anew, so who sends one now and then holds a connection for ever.

Framing: a `Content-Length` below zero makes Sanic read nothing, again and again, and nobody else is served. A target
that is no URL raises where Sanic wants to answer with an error.

Memory: timers of each connection keep what is left of it for up to 15 s after it is gone, and what is left refers to
itself, so that only the garbage collector finds it: a server that many leave grows.

Logs: Sanic reports each body that nobody read as an error of the server. Anybody can send one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from httptools import parse_url
from sanic import Request, Sanic
from sanic.exceptions import InvalidUsage, RequestTimeout, SanicException
from sanic.http import Http, Stage
from sanic.server import HttpProtocol
from sanic.server.websockets import impl

INVALID_DATA = 1007  # RFC 6455, section 7.4.1

_process_events = impl.WebsocketImplProtocol.process_events
_data_received = HttpProtocol.data_received
_check_timeouts = HttpProtocol.check_timeouts
_connection_made = HttpProtocol.connection_made
_connection_lost = HttpProtocol.connection_lost
_create_request = Http.create_empty_request


class _Asyncio:
    """The `asyncio` module, but for a `wait` that takes coroutines."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def wait(awaitables: Iterable[Any], **options: Any) -> Any:
        return await asyncio.wait([asyncio.ensure_future(awaitable) for awaitable in awaitables], **options)


def mend_websockets() -> None:
    """Mend them in this process. Doing it twice changes nothing."""
    vars(impl)["asyncio"] = _Asyncio()
    impl.WebsocketImplProtocol.process_events = _process_events_or_fail  # type: ignore[assignment,method-assign]


async def _process_events_or_fail(ws: Any, events: Sequence[Any]) -> None:
    try:
        await _process_events(ws, events)
    except UnicodeDecodeError:
        ws.fail_connection(INVALID_DATA, "invalid UTF-8")


def mend_timeouts() -> None:
    """Give a whole request `REQUEST_TIMEOUT`, from its first byte to its last. Doing it twice changes nothing."""
    HttpProtocol.data_received = _keep_the_clock  # type: ignore[assignment,method-assign]
    HttpProtocol.check_timeouts = _check_the_body_too  # type: ignore[method-assign]


def mend_leaving() -> None:
    """Let go of a connection as soon as it is gone. Doing it twice changes nothing."""
    HttpProtocol.connection_made = _made  # type: ignore[method-assign]
    HttpProtocol.connection_lost = _lost  # type: ignore[method-assign]


class _Timers:
    """The event loop as one connection sees it. It knows the timers that have not fired, to cancel them at the end."""

    __slots__ = ("_loop", "_pending")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._pending: tuple[asyncio.TimerHandle, ...] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def call_later(self, seconds: float, callback: Callable[[], object]) -> None:
        now = self._loop.time()
        waiting = (timer for timer in self._pending if timer.when() > now)
        self._pending = (*waiting, self._loop.call_later(seconds, callback))

    def cancel(self) -> None:
        for timer in self._pending:
            timer.cancel()
        self._pending = ()


def _made(protocol: Any, transport: asyncio.Transport) -> None:
    protocol.loop = _Timers(protocol.loop)
    _connection_made(protocol, transport)


def _lost(protocol: Any, error: Exception | None) -> None:
    """Not before its task has ended, which Sanic cancels now: until then its timers and its request count."""
    http, task = getattr(protocol, "_http", None), protocol._task
    if task:
        task.add_done_callback(lambda _: _take_apart(protocol, http))
    else:
        _take_apart(protocol, http)
    _connection_lost(protocol, error)


def _take_apart(protocol: Any, http: Any) -> None:
    protocol.loop.cancel()
    if http:
        http.request = http.response = http.response_func = None
    if websocket := getattr(protocol, "websocket", None):
        protocol.websocket = websocket.assembler.protocol = None


def _is_arriving(protocol: Any) -> bool:
    """Whether a request has begun whose last byte has not come."""
    http = getattr(protocol, "_http", None)  # none before its task runs
    return http is not None and (http.stage is Stage.REQUEST or bool(http.request_body))


def _keep_the_clock(protocol: Any, data: bytes) -> None:
    began = protocol._time if _is_arriving(protocol) else None
    _data_received(protocol, data)
    if began is not None:
        protocol._time = began


def _check_the_body_too(protocol: Any) -> None:
    late = time.monotonic() - protocol._time > protocol.request_timeout
    reading = late and protocol._task and _is_arriving(protocol) and protocol._http.stage is Stage.HANDLER
    if reading and not protocol._http.upgrade_websocket:
        protocol._http.exception = RequestTimeout("Request Timeout")
        protocol._task.cancel()
    else:
        _check_timeouts(protocol)


async def _check_target(head: bytes) -> None:
    """For Sanic's signal about the head of a request. What it raises for a target that is no URL becomes a 400."""
    target = head.split(b"\r\n", 1)[0].split(b" ")[1]
    parse_url(target)
    target.decode("ascii")


def _create_empty_request(http: Any) -> None:
    http.url = None  # it may be none
    _create_request(http)


async def _check_framing(request: Request) -> None:
    """For its signal about a new request: 400 if it is not plain where the body ends (RFC 9112, section 6.3)."""
    lengths = request.headers.getall("content-length", [])
    codings = request.headers.getall("transfer-encoding", [])
    plain = all(length.isascii() and length.isdigit() for length in lengths) and codings in ([], ["chunked"])
    if not plain or len(lengths) + len(codings) > 1:
        raise InvalidUsage("The length of the body is not plain.")


def mend_requests(app: Sanic) -> None:
    """Answer with 400 what is no request of HTTP."""
    Http.create_empty_request = _create_empty_request  # type: ignore[assignment,method-assign]
    app.add_signal(_check_target, "http.lifecycle.read_head")
    app.add_signal(_check_framing, "http.lifecycle.request")


def _of_us(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, SanicException) and (error.status_code or 500) < 500:
        return False
    return not record.getMessage().endswith(" body not consumed.")


def quiet_strangers() -> None:
    """Keep what strangers send out of the error log. Doing it twice changes nothing."""
    logging.getLogger("sanic.error").addFilter(_of_us)


async def receive(ws: Any) -> str | bytes:
    """The next message of a WebSocket, without the task and the futures that `recv` keeps for each one that waits.

    Whoever waits is cancelled when the client leaves, with its handler.
    """
    message: str | bytes = await ws.assembler.get()
    return message
