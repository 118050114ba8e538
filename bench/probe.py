"""How late an otherwise idle event stream is: a process of its own, so that only the server and the machine delay it.

python -m bench.probe URL SECONDS        prints the delays in milliseconds, as JSON
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time

import httpx

from bench.client import Conversation
from switchboard.log.connection import connect
from switchboard.log.events import ParticipantTyping
from switchboard.log.log import Log
from switchboard.settings import Settings

EVERY_SECONDS = 0.02


async def probe(url: str, seconds: float) -> list[float]:
    """Tell something of this moment over and over, and see when it arrives."""
    log, delays = Log(connect(Settings().redis)), []
    async with httpx.AsyncClient() as http:
        conversation = await Conversation.open(http, url)

        async def tell() -> None:
            while True:
                await log.tell(conversation.id, ParticipantTyping(str(time.time_ns()), True))
                await asyncio.sleep(EVERY_SECONDS)

        telling: asyncio.Task[None] | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for entry in conversation.entries():
                    telling = telling or asyncio.create_task(tell())
                    if entry["type"] == "participant.typing":
                        delays.append((time.time_ns() - int(entry["participantId"])) / 1e6)
        if telling:
            telling.cancel()
    return delays


if __name__ == "__main__":
    print(json.dumps(asyncio.run(probe(sys.argv[1], float(sys.argv[2])))))
