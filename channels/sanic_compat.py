"""What Sanic 21.12, which Rasa 3.6 pins, needs on Python 3.11 and on the open internet.

WebSockets: `sanic.server.websockets.impl` passes coroutines to `asyncio.wait`, which Python 3.11 refuses, so every
`recv` fails (sanic-org/sanic#2377). A test fails once this is no longer needed. And text that is no UTF-8 raises in a
task of Sanic's that nobody awaits: the connection hangs, where RFC 6455 wants it closed with 1007.

Logs: Sanic reports each body that nobody read as an error of the server. Anybody can send one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from sanic.server.websockets import impl

INVALID_DATA = 1007  # RFC 6455, section 7.4.1

_process_events = impl.WebsocketImplProtocol.process_events


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


def _of_us(record: logging.LogRecord) -> bool:
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
