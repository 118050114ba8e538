"""The bot's return from people: it says that it is back, and asks again where a form stood."""

from __future__ import annotations

from collections.abc import Mapping

from rasa.core.actions.action import ActionBotResponse
from rasa.core.actions.forms import FormAction
from rasa.shared.core.constants import ACTION_LISTEN_NAME, REQUESTED_SLOT
from rasa.shared.core.events import ActionExecuted, BotUttered, Event
from rasa.shared.core.trackers import DialogueStateTracker

from switchboard.engine.meanwhile import unheard
from switchboard.engine.output import LogOutput
from switchboard.engine.processor import Processor, failing_the_turn
from switchboard.log.events import HandoffEnded, Outcome
from switchboard.turns.turn import Turn

RESPONSE = "utter_handoff_"  # and the outcome: the domain's own words, where it has some
WORDS: Mapping[Outcome, str] = {
    "resolved": "I'm back, in case there is anything else.",
    "returned": "I'm back, and go on from here.",
    "expired": "I'm sorry, nobody is free at the moment. I'm here again.",
    "cancelled": "All right, you are back with me.",
    "rejected": "I'm sorry, nobody can take this over. I'm here again.",
    "failed": "I'm sorry, that did not work out. I'm here again.",
}


async def come_back(processor: Processor, turn: Turn, ended: HandoffEnded) -> None:
    """Say so; with it Rasa remembers what was said meanwhile. What the form asks for is what it asked for before.

    Raises as an action does that fails, `LogError`.
    """
    output = LogOutput(turn.log, turn)
    async with processor.lock_store.lock(turn.conversation):  # ours is the turn's lease
        tracker = await processor.get_tracker(turn.conversation)
        if not tracker.events:
            tracker = await processor.fetch_tracker_and_update_session(turn.conversation, output)
        tracker.update_with_events(await unheard(turn), processor.domain)
        await _say(processor, output, tracker, await _greeting(processor, output, tracker, ended))
        await _say(processor, output, tracker, await _question(processor, output, tracker))
        if tracker.latest_action_name != ACTION_LISTEN_NAME:  # a second one would have the next story answer nothing
            tracker.update_with_events([ActionExecuted(ACTION_LISTEN_NAME)], processor.domain)
        await processor.save_tracker(tracker)


async def _say(processor: Processor, output: LogOutput, tracker: DialogueStateTracker, events: list[Event]) -> None:
    await processor._send_bot_messages(events, tracker, output)
    tracker.update_with_events(events, processor.domain)


async def _greeting(
    processor: Processor, output: LogOutput, tracker: DialogueStateTracker, ended: HandoffEnded
) -> list[Event]:
    name = RESPONSE + ended.outcome
    if name not in processor.domain.responses:
        return [BotUttered(WORDS[ended.outcome])]
    events: list[Event] = await ActionBotResponse(name).run(output, processor.nlg, tracker, processor.domain)
    return events


async def _question(processor: Processor, output: LogOutput, tracker: DialogueStateTracker) -> list[Event]:
    """What the active form asks, in its own words."""
    loop, slot = tracker.active_loop_name, tracker.get_slot(REQUESTED_SLOT)
    form = processor._get_action(loop) if loop and slot else None
    if not isinstance(form, FormAction):
        return []
    with failing_the_turn():
        asks: list[Event] = await form._ask_for_slot(processor.domain, processor.nlg, output, str(slot), tracker)
    return [ActionExecuted(loop), *asks]  # or a form that had stepped back for the wish for a person takes no answer
