"""An action that streams 1,000 chunks, each with the time at which it was written."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from switchboard.reply import Reply

CHUNKS = 1_000
PAUSE_SECONDS = 0.002


class ActionCount(Action):
    """Writes `<number>:<nanoseconds> ` again and again."""

    def name(self) -> str:
        return "action_count"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Any]:
        async with Reply(dispatcher, tracker) as reply:
            for number in range(CHUNKS):
                await reply.write(f"{number}:{time.time_ns()} ")
                await asyncio.sleep(PAUSE_SECONDS)
        return []
