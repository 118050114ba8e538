"""Runs Rasa on one message."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.core.events import UserUttered

from switchboard.engine.current import enter
from switchboard.engine.endpoint import ActionEndpoint, ActionServerFailed
from switchboard.engine.output import LogOutput
from switchboard.turns.turn import Turn, TurnError

APOLOGY_RESPONSE = "utter_turn_failed"
APOLOGY = "Sorry, something went wrong on our side and I could not answer that. Please try again in a moment."
INPUT_CHANNEL = "switchboard"
LEADING_SLASHES = re.compile(rf"^[\s{INTENT_MESSAGE_PREFIX}]+")


class RasaEngine:
    """Answers turns with a loaded Rasa agent."""

    def __init__(self, agent: Agent, action_url: str | None) -> None:
        self._agent = agent
        _let_saves_fail(agent)
        _let_actions_fail(agent, action_url)

    async def answer(self, turn: Turn) -> None:
        """Run the message through NLU, policies and actions; what they utter goes to the log as it comes.

        Raises `TurnError` if an action fails, `LogError` if the log takes no more from this worker, and whatever Rasa
        raises.
        """
        enter(turn)
        if turn.again and await self._has_answered(turn):
            return
        try:
            await self._agent.handle_message(await self._message(turn))
        except ActionServerFailed as error:
            raise TurnError("action_failed", str(error)) from error

    async def _has_answered(self, turn: Turn) -> bool:
        """Whether Rasa has saved this turn, which it does whole and last: then only its end is missing on the log.

        Without this a worker that dies in between would have the actions run twice; Rasa takes a message id twice.
        """
        tracker = await self._agent.tracker_store.retrieve(turn.conversation)
        events = tracker.events if tracker else ()
        return any(isinstance(event, UserUttered) and event.message_id == turn.message.message_id for event in events)

    async def _message(self, turn: Turn) -> UserMessage:
        said = turn.message
        metadata: dict[str, Any] = {"author": said.author.id}
        if said.metadata:
            metadata["client"] = said.metadata
        message = UserMessage(
            said.payload or said.text,
            output_channel=LogOutput(turn),
            sender_id=turn.conversation,
            input_channel=INPUT_CHANNEL,
            message_id=said.message_id,
            metadata=metadata,
        )
        if said.payload is None and said.text.strip().startswith(INTENT_MESSAGE_PREFIX):
            message.parse_data = await self._parse_as_text(message)
        return message

    async def _parse_as_text(self, message: UserMessage) -> dict[str, Any]:
        """What NLU makes of text that begins with `/`.

        Rasa would take it for an intent, `/restart` for instance. NLU sees spaces in place of all leading slashes (Rasa
        strips before it looks), so that entities keep their positions; the tracker gets the customer's own words.
        """
        text = message.text or ""
        words = UserMessage(text, sender_id=message.sender_id, metadata=message.metadata)
        words.text = LEADING_SLASHES.sub(lambda found: " " * len(found[0]), text)
        parsed = await self._agent.processor.parse_message(words)
        return {**parsed, "text": text}

    def apology(self) -> str:
        """The domain's `utter_turn_failed` if there is one, else a plain sentence."""
        responses = self._agent.domain.responses if self._agent.domain else {}
        texts = [response["text"] for response in responses.get(APOLOGY_RESPONSE, []) if response.get("text")]
        return random.choice(texts) if texts else APOLOGY  # noqa: S311 - variety, not secrecy

    @property
    def model(self) -> str | None:
        """File name of the model that answers."""
        name: str | None = self._agent.model_name
        return name

    def load(self, model: Path) -> None:
        """Swap the model; turns under way end with the old one. Blocks: call it in a thread."""
        self._agent.load_model(model)


def _let_saves_fail(agent: Agent) -> None:
    """Rasa's fail-safe store saves to memory when Redis fails, and never reads that again: a lost turn looks saved."""
    store = agent.tracker_store
    if isinstance(store, FailSafeTrackerStore):
        agent.tracker_store = store._tracker_store
        if agent.processor:
            agent.processor.tracker_store = store._tracker_store


def _let_actions_fail(agent: Agent, url: str | None) -> None:
    """Put our endpoint in the place of Rasa's, at `url` if given, else where `endpoints.yml` says."""
    configured = agent.action_endpoint
    address = url or (configured.url if configured else None)
    if address is None:
        return  # a bot without custom actions
    agent.action_endpoint = ActionEndpoint.like(configured, address)
    if agent.processor:
        agent.processor.action_endpoint = agent.action_endpoint
