"""Runs Rasa on one message."""

from __future__ import annotations

import json
import logging
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from switchboard.engine.current import enter
from switchboard.engine.endpoint import ActionEndpoint, ActionServerFailed
from switchboard.engine.output import LogOutput, button_of
from switchboard.engine.tracker_store import TrackerStore
from switchboard.log.events import Button, SlotsChanged
from switchboard.turns.turn import AGAIN, Apology, Turn, TurnError

logger = logging.getLogger(__name__)

APOLOGY_RESPONSE = "utter_turn_failed"
APOLOGY = Apology(
    "Sorry, something went wrong on our side and I could not answer that. Please try again in a moment.",
    (Button("Try again", AGAIN),),
)
INPUT_CHANNEL = "switchboard"
LEADING_SLASHES = re.compile(rf"^[\s{INTENT_MESSAGE_PREFIX}]+")


class RasaEngine:
    """Answers turns with a loaded Rasa agent."""

    def __init__(self, agent: Agent, action_url: str | None, shared_slots: Sequence[str] = ()) -> None:
        """`shared_slots`: what clients may see of the tracker."""
        self._agent = agent
        self._shared_slots = frozenset(shared_slots)
        _let_saves_fail(agent)
        _let_actions_fail(agent, action_url)
        _fit_window(agent)

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
        if self._shared_slots:
            await self._share_slots(turn)

    async def cut(self, turn: Turn) -> None:
        """Rasa saves a turn only at its end: put into the tracker what was said until it was stopped."""
        enter(turn)
        said = await turn.keep_what_was_said()
        message = await self._message(turn)
        processor = self._agent.processor
        tracker = await processor.fetch_tracker_and_update_session(
            turn.conversation, message.output_channel, message.metadata
        )
        if not _holds(tracker, turn):
            words = UserUttered(
                turn.message.text,
                message_id=turn.message.message_id,
                input_channel=INPUT_CHANNEL,
                metadata=message.metadata,
            )
            answer = [BotUttered(said, metadata={"stopped": True})] if said else []
            events = [words, *answer, ActionExecuted(ACTION_LISTEN_NAME)]
            tracker.update_with_events(events, self._agent.domain)
            await processor.save_tracker(tracker)

    async def _share_slots(self, turn: Turn) -> None:
        """Tell the clients what this turn has changed of the slots that they may see."""
        tracker = await self._agent.tracker_store.retrieve(turn.conversation)
        changed: set[str] = set()
        for event in reversed(tracker.events if tracker else ()):
            if isinstance(event, SlotSet):
                changed.add(event.key)
            elif isinstance(event, UserUttered):
                break
        if tracker and (shared := changed & self._shared_slots):
            await turn.say(SlotsChanged({name: tracker.get_slot(name) for name in sorted(shared)}, turn.id))

    async def _has_answered(self, turn: Turn) -> bool:
        """Whether Rasa has saved this turn, which it does whole and last: then only its end is missing on the log.

        Without this a worker that dies in between would have the actions run twice; Rasa takes a message id twice.
        """
        tracker = await self._agent.tracker_store.retrieve(turn.conversation)
        return tracker is not None and _holds(tracker, turn)

    async def _message(self, turn: Turn) -> UserMessage:
        """The customer's message, understood once: a second try with a newer model takes it as the first did."""
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
        if not turn.kept:
            await turn.keep(json.dumps(await self._parse(message, is_text=said.payload is None), default=float))
        message.parse_data = json.loads(turn.kept)
        return message

    async def _parse(self, message: UserMessage, *, is_text: bool) -> dict[str, Any]:
        """What NLU makes of a message; of what was typed, always as text."""
        if is_text and (message.text or "").startswith(INTENT_MESSAGE_PREFIX):
            return await self._parse_as_text(message)
        parsed: dict[str, Any] = await self._agent.processor.parse_message(message)
        return parsed

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

    def apology(self) -> Apology:
        """The domain's `utter_turn_failed` if there is one, else a plain sentence and a button to try again."""
        responses = self._agent.domain.responses if self._agent.domain else {}
        variations = [response for response in responses.get(APOLOGY_RESPONSE, []) if response.get("text")]
        if not variations:
            return APOLOGY
        chosen = random.choice(variations)  # noqa: S311 - variety, not secrecy
        return Apology(chosen["text"], tuple(button_of(button) for button in chosen.get("buttons") or []))

    @property
    def model(self) -> str | None:
        """File name of the model that answers."""
        name: str | None = self._agent.model_name
        return name

    def load(self, model: Path) -> None:
        """Swap the model; turns under way end with the old one. Blocks: call it in a thread."""
        self._agent.load_model(model)
        _fit_window(self._agent)


def _holds(tracker: DialogueStateTracker, turn: Turn) -> bool:
    """Whether the turn's message is in the tracker."""
    message_id = turn.message.message_id
    return any(isinstance(event, UserUttered) and event.message_id == message_id for event in tracker.events)


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


def _fit_window(agent: Agent) -> None:
    """Have the tracker store's windows reach as far as the policies of the model look back."""
    store = agent.tracker_store
    if not isinstance(store, TrackerStore) or agent.processor is None:
        return
    for name, node in agent.processor.model_metadata.predict_schema.nodes.items():
        looks_back = (node.config or {}).get("max_history", 0)
        if looks_back is None:
            logger.warning("%s has no max_history in config.yml: it sees the last %d turns", name, store.turns)
        else:
            store.turns = max(store.turns, looks_back)
