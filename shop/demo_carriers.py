"""Three carriers' tracking services, simulated as one small ASGI app: a quick one, a slow one, a broken one.

`GET /{carrier}/parcels/{tracking_code}` answers 200 `{"status": "…", "place": "…", "expected": "…"}`, 404 for an
unknown carrier, or 503.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class DemoCarrier:
    """How a simulated carrier answers: after `delay` seconds, with `answer`, or 503 where there is none."""

    delay: float
    answer: dict[str, str] | None


DEMO_CARRIERS = {
    "swiftpost": DemoCarrier(0.3, {"status": "out for delivery", "place": "Leeds", "expected": "today by 6 pm"}),
    "parcelo": DemoCarrier(1.2, {"status": "in transit", "place": "Birmingham", "expected": "tomorrow"}),
    "northwind": DemoCarrier(0.1, None),
}


class DemoCarriers:
    """The ASGI app. `speed` 0 answers at once, which is what tests want."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        carrier = DEMO_CARRIERS.get(str(scope["path"]).strip("/").split("/")[0])
        if carrier is None:
            await _respond(send, 404, {})
            return
        await asyncio.sleep(carrier.delay * self._speed)
        if carrier.answer is None:
            await _respond(send, 503, {})
        else:
            await _respond(send, 200, carrier.answer)


async def _respond(send: Send, status: int, body: dict[str, str]) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
