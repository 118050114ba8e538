"""Whether a reminder of Rasa's, whose time has come, is still wanted."""

from __future__ import annotations

from collections.abc import Sequence

from rasa.shared.core.events import (
    Event,
    ReminderCancelled,
    ReminderScheduled,
    Restarted,
    SessionStarted,
    UserUttered,
)


def is_wanted(reminder: ReminderScheduled, conversation: str, events: Sequence[Event]) -> bool:
    """By Rasa's rules: not after a restart or a new session, nor, if it says so, once the customer has said something.

    `events` are all that are stored. Every process has a scheduler of its own, and does not hear of the others': so one
    that was cancelled, scheduled anew under its name, or by a try of a turn that was never saved, is not wanted either.
    """
    job = reminder.scheduled_job_name(conversation)
    for event in reversed(events):
        match event:
            case ReminderScheduled() if event.name == reminder.name:
                return bool(event.timestamp == reminder.timestamp)
            case Restarted() | SessionStarted():
                return False
            case ReminderCancelled() if event.cancels_job_with_name(job, conversation):
                return False
            case UserUttered() if reminder.kill_on_user_message and event.text:
                return False
    return False
