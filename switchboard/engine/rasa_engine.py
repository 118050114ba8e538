"""Runs Rasa on one message."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

from rasa.core.agent import Agent
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from switchboard.engine.comeback import come_back
from switchboard.engine.current import enter
from switchboard.engine.endpoint import ActionEndpoint
from switchboard.engine.meanwhile import unheard
from switchboard.engine.message import INPUT_CHANNEL, understand
from switchboard.engine.output import button_of
from switchboard.engine.processor import Processor
from switchboard.engine.recall import Recall
from switchboard.log.events import Button, SlotsChanged
from switchboard.settings import ACTION_SECONDS
from switchboard.turns.turn import AGAIN, Apology, Turn

APOLOGY_RESPONSE = "utter_turn_failed"
APOLOGY = Apology(
    "Sorry, something went wrong on our side and I could not answer that. Please try again in a moment.",
    (Button("Try again", AGAIN),),
)


class RasaEngine:
    """Answers turns with a loaded Rasa agent."""

    def __init__(
        self,
        agent: Agent,
        action_url: str | None,
        shared_slots: Sequence[str] = (),
        *,
        action_seconds: float = ACTION_SECONDS,
        recall: Recall | None = None,
    ) -> None:
        """`shared_slots`: what clients may see of the tracker. `action_seconds`: how long one action may take."""
        self._agent = agent
        self._recall = recall
        self._shared_slots = frozenset(shared_slots)
        _let_actions_fail(agent, action_url, action_seconds)
        assert agent.processor is not None, "the caller has looked whether there is a model"
        self._use(agent.processor)

    async def answer(self, turn: Turn) -> None:
        """Run the message through NLU, policies and actions; what they utter goes to the log as it comes.

        Raises `TurnError` if an action fails, `LogError` if the log takes no more from this worker, and whatever Rasa
        raises.
        """
        enter(turn)
        processor = self._processor  # to the end of the turn: another model may be loaded meanwhile
        if turn.ended:
            await come_back(processor, turn, turn.ended)
        elif not (turn.again and await _has_answered(processor, turn)):
            message = await understand(processor, turn)
            async with processor.lock_store.lock(turn.conversation):  # ours is the turn's lease, see `endpoints.yml`
                await processor.handle_message(message)
        if self._shared_slots:
            await self._share_slots(processor, turn)

    async def cut(self, turn: Turn) -> None:
        """Rasa saves a turn only at its end: put into the tracker what was said until it was stopped."""
        enter(turn)
        said = await turn.keep_what_was_said()
        processor = self._processor
        if turn.ended:
            return  # nobody has said anything; what the bot has missed it hears before the next message
        message = await understand(processor, turn)
        tracker = await processor.fetch_tracker_and_update_session(
            turn.conversation, message.output_channel, message.metadata
        )
        if not _holds(tracker, turn):
            tracker.update_with_events(await unheard(turn), processor.domain)
            words = UserUttered(
                turn.message.text,
                message_id=turn.message.message_id,
                input_channel=INPUT_CHANNEL,
                metadata=message.metadata,
            )
            answer = [BotUttered(said, metadata={"stopped": True})] if said else []
            events = [words, *answer, ActionExecuted(ACTION_LISTEN_NAME)]
            tracker.update_with_events(events, processor.domain)
            await processor.save_tracker(tracker)

    async def _share_slots(self, processor: Processor, turn: Turn) -> None:
        """Tell the clients what this turn has changed of the slots that they may see."""
        tracker = await processor.tracker_store.retrieve(turn.conversation)
        changed: set[str] = set()
        for event in reversed(tracker.events if tracker else ()):
            if isinstance(event, SlotSet):
                changed.add(event.key)
            elif isinstance(event, UserUttered):
                break
        if tracker and (shared := changed & self._shared_slots):
            await turn.say(SlotsChanged({name: tracker.get_slot(name) for name in sorted(shared)}, turn.id))

    def apology(self) -> Apology:
        """The domain's `utter_turn_failed` if there is one, else a plain sentence and a button to try again."""
        responses = self._processor.domain.responses.get(APOLOGY_RESPONSE, [])
        variations = [response for response in responses if response.get("text")]
        if not variations:
            return APOLOGY
        chosen = random.choice(variations)  # noqa: S311 - variety, not secrecy
        return Apology(chosen["text"], tuple(button_of(button) for button in chosen.get("buttons") or []))

    @property
    def model(self) -> str:
        """File name of the model that answers."""
        return str(self._processor.model_path.name)

    async def load(self, model: Path) -> None:
        """Have another model answer from the next turn on; turns under way end with the one that they began with.

        Raises whatever Rasa raises for what is no model: then the old one goes on.
        """
        self._use(await asyncio.to_thread(self._read, model))

    def _read(self, model: Path) -> MessageProcessor:
        agent = self._agent
        return MessageProcessor(
            model,
            agent.tracker_store,
            agent.lock_store,
            agent.nlg,
            action_endpoint=agent.action_endpoint,
            http_interpreter=agent.http_interpreter,
        )

    def _use(self, loaded: MessageProcessor) -> None:
        """One reference, which a turn takes once; the agent, which others use, keeps in step."""
        self._processor = Processor.of(loaded)
        self._processor.recall = self._recall
        self._agent.processor = self._processor
        self._agent.domain = self._processor.domain
        self._agent.tracker_store = self._processor.tracker_store


async def _has_answered(processor: Processor, turn: Turn) -> bool:
    """Whether an earlier try has saved this turn in a store that is not ours, which saves before the turn has ended.

    Without this a worker that dies in between would have the actions run twice; Rasa takes a message id twice.
    """
    tracker = await processor.tracker_store.retrieve(turn.conversation)
    return tracker is not None and _holds(tracker, turn)


def _holds(tracker: DialogueStateTracker, turn: Turn) -> bool:
    """Whether the turn's message is in the tracker."""
    message_id = turn.message.message_id
    return any(isinstance(event, UserUttered) and event.message_id == message_id for event in tracker.events)


def _let_actions_fail(agent: Agent, url: str | None, seconds: float) -> None:
    """Put our endpoint in the place of Rasa's, at `url` if given, else where `endpoints.yml` says."""
    configured = agent.action_endpoint
    address = url or (configured.url if configured else None)
    if address is None:
        return  # a bot without custom actions
    agent.action_endpoint = ActionEndpoint.like(configured, address, seconds)
    if agent.processor:
        agent.processor.action_endpoint = agent.action_endpoint
