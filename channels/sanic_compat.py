"""Makes WebSockets of Sanic 21.12 work on Python 3.11.

`sanic.server.websockets.impl` passes coroutines to `asyncio.wait`, which Python 3.11 refuses, so every `recv` fails
(sanic-org/sanic#2377). Rasa 3.6 pins this Sanic. A test fails once this module is no longer needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from sanic.server.websockets import impl


class _Asyncio:
    """The `asyncio` module, but for a `wait` that takes coroutines."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def wait(awaitables: Iterable[Any], **options: Any) -> Any:
        return await asyncio.wait([asyncio.ensure_future(awaitable) for awaitable in awaitables], **options)


def mend_websockets() -> None:
    """Mend `recv` in this process. Doing it twice changes nothing."""
    vars(impl)["asyncio"] = _Asyncio()


async def receive(ws: Any) -> str | bytes:
    """The next message of a WebSocket, without the task and the futures that `recv` keeps for each one that waits.

    Whoever waits is cancelled when the client leaves, with its handler.
    """
    message: str | bytes = await ws.assembler.get()
    return message
