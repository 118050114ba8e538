"""One loaded model, with everything that a turn needs of it."""

from __future__ import annotations

import contextlib
import copy
import logging
import time
from collections.abc import Iterator, Sequence
from typing import Any

from rasa.core import jobs
from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, ReminderScheduled, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from switchboard.engine.current import leave, turn_of
from switchboard.engine.endpoint import ActionFailed
from switchboard.engine.graph import GraphRunner
from switchboard.engine.lock_store import NotTheBots
from switchboard.engine.meanwhile import unheard
from switchboard.engine.output import LogOutput
from switchboard.engine.recall import IN_COMPANY, Recall, in_company
from switchboard.engine.reminders import is_wanted
from switchboard.engine.tracker_store import TrackerStore
from switchboard.log.errors import LogError
from switchboard.turns.turn import TurnError

logger = logging.getLogger(__name__)

MAX_DUE = 10  # reminders of one name in one conversation, one of which may run and the others wait for the lock
LONGEST_DETAIL = 200  # characters of an error that operators read: it may quote a whole answer


class Processor(MessageProcessor):
    """Rasa's processor, made fit for turns that outlive their model, and for actions that fail.

    Rasa swaps the domain of the one tracker store, and the responses of the one generator, under the turns that are
    under way. This one has both to itself: a turn that keeps to it is answered by one model from its first step to its
    last. And where Rasa's records a failed action as executed, this one raises `TurnError`, or the
    `LogError` that the action met.
    """

    domain: Domain
    recall: Recall | None = None  # of what is known of people, where anything is remembered

    @classmethod
    def of(cls, loaded: MessageProcessor) -> Processor:
        """A model that Rasa has loaded, with a tracker store and responses that nobody changes under it."""
        processor = cls.__new__(cls)
        processor.__dict__.update(vars(loaded))
        processor.tracker_store = _own_store(loaded)
        if type(loaded.graph_runner) is DaskGraphRunner:
            processor.graph_runner = GraphRunner.of(loaded.graph_runner)
        processor.nlg = copy.copy(loaded.nlg)
        if isinstance(processor.nlg, TemplatedNaturalLanguageGenerator):
            processor.nlg.responses = processor.domain.responses
        return processor

    async def _handle_message_with_tracker(self, message: UserMessage, tracker: DialogueStateTracker) -> None:
        """As Rasa's, after what the bot has missed, and what is known of whoever speaks.

        Both come from the turn, not from what a channel says.
        """
        turn = turn_of(tracker.sender_id)
        if turn:
            tracker.update_with_events(await unheard(turn), self.domain)
        if self.recall and turn:
            now = await turn.log.describe(turn.conversation)
            if in_company(now):
                message.metadata = {**(message.metadata or {}), IN_COMPANY: True}
            tracker.update_with_events(await self.recall.events(tracker, turn, now), self.domain)
        await super()._handle_message_with_tracker(message, tracker)

    def _has_session_expired(self, tracker: DialogueStateTracker) -> bool:
        """By Rasa's rule, but from the last that anybody has said: people may have talked since the customer has."""
        said = tracker.get_last_event_for((UserUttered, BotUttered))
        minutes = self.domain.session_config.session_expiration_time
        return bool(said and minutes > 0 and time.time() - said.timestamp > 60 * minutes)

    async def _run_action(self, action: Action, *args: Any, **kwargs: Any) -> bool:
        with failing_the_turn():
            again: bool = await super()._run_action(_Whole(action), *args, **kwargs)
        return again

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """As Rasa's, which validates slots in the action server. Raises as every action does."""
        with failing_the_turn():
            return await super().run_action_extract_slots(output_channel, tracker)

    async def _schedule_reminders(
        self, events: Sequence[Event], tracker: DialogueStateTracker, output_channel: OutputChannel
    ) -> None:
        """As Rasa's, where a reminder also replaces that of another conversation if both have the same name."""
        conversation = tracker.sender_id
        output = output_channel.outside() if isinstance(output_channel, LogOutput) else output_channel
        for reminder in events:
            if isinstance(reminder, ReminderScheduled):
                (await jobs.scheduler()).add_job(
                    self.handle_reminder,
                    "date",
                    run_date=reminder.trigger_date_time,
                    args=[reminder, conversation, output],
                    id=f"{reminder.name} of {conversation}",
                    replace_existing=True,
                    name=reminder.scheduled_job_name(conversation),  # by which Rasa cancels it
                    max_instances=MAX_DUE,
                    misfire_grace_time=None,  # late, when the loop stood still, is better than never
                )

    async def handle_reminder(
        self, reminder_event: ReminderScheduled, sender_id: str, output_channel: OutputChannel
    ) -> None:
        """Answer a reminder whose time has come, once the conversation's lock is free: never beside a turn.

        It is not tried again if that fails: nobody has asked, so nobody waits. Nor is it while people have the
        conversation: they know better what is to be said.
        """
        leave()  # the scheduler runs it in a copy of whatever context the scheduler was called from
        try:
            async with self.lock_store.lock(sender_id):
                whole = await self.tracker_store.retrieve_full_tracker(sender_id)
                if whole and is_wanted(reminder_event, sender_id, whole.events):
                    tracker = await self.fetch_tracker_and_update_session(sender_id, output_channel)
                    intent, entities = reminder_event.intent, reminder_event.entities
                    await self.trigger_external_user_uttered(intent, entities, tracker, output_channel)
        except NotTheBots as error:
            logger.info("reminder dropped: conversation=%s name=%s: %s", sender_id, reminder_event.name, error)
        except Exception:  # the edge to the scheduler, which would only say that a job has failed
            logger.exception("reminder failed: conversation=%s name=%s", sender_id, reminder_event.name)


@contextlib.contextmanager
def failing_the_turn() -> Iterator[None]:
    """Where `ActionFailed` has passed all that would swallow it. Raises `TurnError`, or the `LogError` behind it."""
    try:
        yield
    except ActionFailed as error:
        if isinstance(error.__cause__, LogError):  # no fault of the action: the turn is tried again, or is another's
            raise error.__cause__ from None
        raise TurnError("action_failed", str(error)) from error


class _Whole:
    """An action that runs to its end, declines, or raises what Rasa does not swallow.

    An action server may answer what is no JSON, no list of events, or an event that nobody knows; and Rasa's own
    actions have defects and servers too.
    """

    def __init__(self, action: Action) -> None:
        self._action = action

    def __getattr__(self, name: str) -> Any:
        return getattr(self._action, name)

    async def run(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await self._action.run(*args, **kwargs)
        except ActionExecutionRejection:
            raise
        except Exception as error:
            what = f"{type(error).__name__}: {str(error)[:LONGEST_DETAIL]}"
            raise ActionFailed(f"{self._action.name()} failed: {what}") from error


def _own_store(loaded: MessageProcessor) -> Any:
    """The tracker store with this model's domain, and windows that reach as far as its policies look back.

    Not Rasa's fail-safe one: that saves to memory when Redis fails, and never reads it again: a lost turn looks saved.
    """
    store = loaded.tracker_store
    if isinstance(store, FailSafeTrackerStore):
        store = store._tracker_store
    store = copy.copy(store)  # they share what is behind: connections, or a dictionary
    store.domain = loaded.model_metadata.domain
    if isinstance(store, TrackerStore):
        _fit_window(store, loaded)
    return store


def _fit_window(store: TrackerStore, loaded: MessageProcessor) -> None:
    for name, node in loaded.model_metadata.predict_schema.nodes.items():
        looks_back = (node.config or {}).get("max_history", 0)
        if looks_back is None:
            logger.warning("%s has no max_history in config.yml: it sees the last %d turns", name, store.turns)
        else:
            store.turns = max(store.turns, looks_back)
