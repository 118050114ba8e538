"""The whole assistant in one process: the trained model with the real actions and a demo shop, without a server.

Importing this module imports Rasa, which takes 10 to 30 s: import it in a fixture, not at the top of a test.
"""

from __future__ import annotations

import concurrent.futures
import functools
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.model_training import train
from rasa.shared.core.events import SlotSet
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor

from switchboard.launch import bot_files
from switchboard.launch.logs import LogFolder
from switchboard.launch.model import Models

ROOT = Path(__file__).resolve().parents[2]


class LocalActions(EndpointConfig):
    """Runs actions in this process, as the action server would."""

    def __init__(self) -> None:
        super().__init__(url="http://actions.local")
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    async def request(self, *_: Any, **kwargs: Any) -> Any:
        return json.loads(json.dumps(await self._executor.run(json.loads(json.dumps(kwargs["json"])))))


class Assistant:
    """A loaded model; hold a conversation with `say`."""

    def __init__(self, model: str) -> None:
        self._agent = Agent.load(model, action_endpoint=LocalActions())

    async def say(
        self, conversation_id: str, text: str, metadata: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Return the messages that the bot answers with."""
        channel = CollectingOutputChannel()
        message = UserMessage(text, output_channel=channel, sender_id=conversation_id, metadata=metadata)
        await self._agent.handle_message(message)
        return list(channel.messages)

    async def know(self, conversation_id: str, **slots: str) -> None:
        """Begin a conversation with what is remembered of whoever speaks."""
        processor = self._agent.processor
        assert processor is not None
        tracker = await processor.fetch_tracker_with_initial_session(conversation_id)
        tracker.update_with_events([SlotSet(name, value) for name, value in slots.items()], processor.domain)
        await processor.save_tracker(tracker)

    async def understand(self, text: str) -> dict[str, Any]:
        """Return what NLU makes of the text."""
        return dict(await self._agent.parse_message(text))


@functools.cache
def assistant() -> Assistant:
    """Return this process's assistant: the model that was made of the bot's files as they are, else one trained now."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    folder = Path(tempfile.mkdtemp(prefix="switchboard-model-"))
    current = Models(ROOT, LogFolder(folder), os.environ).current(bot_files.fingerprints(ROOT))
    return Assistant(str(current) if current else _train(folder))


def _train(folder: Path) -> str:
    """Train in a thread of its own: Rasa runs an event loop, and the caller may be in one."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as thread:
        result = thread.submit(train, "domain.yml", "config.yml", ["data"], output=str(folder)).result()
    if result.model is None:
        raise RuntimeError(f"training failed with code {result.code}")
    return str(result.model)
