"""The whole assistant in one process: the trained model with the real actions, a demo shop and no server."""

from __future__ import annotations

import json
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection


class LocalActions(EndpointConfig):
    """Runs actions in this process, as the action server would."""

    def __init__(self) -> None:
        super().__init__(url="http://actions.local")
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    async def request(self, *_: Any, **kwargs: Any) -> Any:
        body = json.loads(json.dumps(kwargs["json"]))
        try:
            return json.loads(json.dumps(await self._executor.run(body)))
        except ActionExecutionRejection as rejection:
            answer = {"error": str(rejection), "action_name": rejection.action_name}
            raise ClientResponseError(400, "rejected", json.dumps(answer)) from rejection


class Assistant:
    """A loaded model. `say` holds a conversation with it."""

    def __init__(self, model: str) -> None:
        self._agent = Agent.load(model, action_endpoint=LocalActions())

    async def say(self, conversation_id: str, text: str) -> list[dict[str, Any]]:
        """Return the messages that the bot answers with."""
        channel = CollectingOutputChannel()
        await self._agent.handle_message(UserMessage(text, output_channel=channel, sender_id=conversation_id))
        return channel.messages

    async def slot(self, conversation_id: str, name: str) -> Any:
        """Return a slot's value."""
        return (await self._agent.tracker_store.get_or_create_tracker(conversation_id)).get_slot(name)

    async def intent(self, text: str) -> dict[str, Any]:
        """Return what the classifier makes of the text."""
        return dict(await self._agent.parse_message(text))
