"""The vocabulary: everything that can happen in a conversation, one frozen dataclass each, named `noun.past_verb`.

Field names here are snake_case; `codec` turns them into the camelCase of the wire, which `docs/protocol.md` documents.
A field that is `None` is left out on the wire. Adding an optional field is compatible; anything else is a new version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Union, get_args

Role = Literal["customer", "bot", "operator", "observer"]
TaskFailure = Literal["unavailable", "timeout", "refused", "error", "uncertain", "cancelled"]
Requeue = Literal["released", "transferred", "operator_gone"]
Outcome = Literal["resolved", "returned", "expired", "cancelled", "rejected", "failed"]


@dataclass(frozen=True)
class Participant:
    """Somebody in a conversation; `id` is unique in the installation."""

    id: str
    role: Role
    name: str


@dataclass(frozen=True)
class Button:
    """A reply that is offered; a click sends `payload` back."""

    title: str
    payload: str


@dataclass(frozen=True)
class ConversationStarted:
    """The first entry of every log."""

    type: ClassVar[str] = "conversation.started"
    conversation_id: str
    owner: str


@dataclass(frozen=True)
class ConversationRenamed:
    """Somebody has given it a title."""

    type: ClassVar[str] = "conversation.renamed"
    title: str
    participant_id: str


@dataclass(frozen=True)
class ConversationClosed:
    """Somebody has ended it: it takes no more messages of people. A turn under way still comes to its end."""

    type: ClassVar[str] = "conversation.closed"
    participant_id: str


@dataclass(frozen=True)
class ParticipantJoined:
    """Somebody may read and write from here on."""

    type: ClassVar[str] = "participant.joined"
    participant: Participant


@dataclass(frozen=True)
class ParticipantIdentified:
    """Who was the guest `formerly` has signed in: whatever that guest said and read is this participant's."""

    type: ClassVar[str] = "participant.identified"
    formerly: str
    participant: Participant


@dataclass(frozen=True)
class ParticipantLeft:
    """Somebody takes no part any more. `by`: who has removed them. `host`: the next one, if it was the host."""

    type: ClassVar[str] = "participant.left"
    participant_id: str
    by: str | None = None
    host: str | None = None


@dataclass(frozen=True)
class ParticipantMuted:
    """Somebody may only read, until they are heard again."""

    type: ClassVar[str] = "participant.muted"
    participant_id: str
    muted: bool


@dataclass(frozen=True)
class MessageSent:
    """A whole message, of anybody. `payload` is what a clicked button carried; `text` is then its title."""

    type: ClassVar[str] = "message.sent"
    message_id: str
    author: Participant
    text: str
    buttons: tuple[Button, ...] = ()
    payload: str | None = None
    client_message_id: str | None = None
    turn_id: str | None = None
    image: str | None = None
    custom: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    language: str | None = None  # that the author wants to be answered in, a BCP 47 tag
    reply_to: str | None = None  # the id of an earlier message of the conversation


@dataclass(frozen=True)
class MessageStarted:
    """A streamed message begins."""

    type: ClassVar[str] = "message.started"
    message_id: str
    author: Participant
    turn_id: str


@dataclass(frozen=True)
class MessageDelta:
    """More of a streamed message: `delta` is appended to its text."""

    type: ClassVar[str] = "message.delta"
    message_id: str
    delta: str


@dataclass(frozen=True)
class MessageCompleted:
    """The whole text of a streamed message; it replaces what was streamed."""

    type: ClassVar[str] = "message.completed"
    message_id: str
    author: Participant
    text: str
    turn_id: str
    buttons: tuple[Button, ...] = ()
    stopped: bool | None = None  # somebody stopped it: the text is what there was so far


@dataclass(frozen=True)
class MessageRead:
    """Somebody has seen everything up to and including the offset `up_to`."""

    type: ClassVar[str] = "message.read"
    participant_id: str
    up_to: int


@dataclass(frozen=True)
class TurnStarted:
    """The bot begins to answer the message `message_id`."""

    type: ClassVar[str] = "turn.started"
    turn_id: str
    message_id: str


@dataclass(frozen=True)
class TurnStopping:
    """Somebody asked the turn to stop; it ends within seconds, with what it has."""

    type: ClassVar[str] = "turn.stopping"
    turn_id: str
    participant_id: str


@dataclass(frozen=True)
class TurnCompleted:
    """The bot has answered, or was stopped."""

    type: ClassVar[str] = "turn.completed"
    turn_id: str
    stopped: bool | None = None


@dataclass(frozen=True)
class TurnFailed:
    """The bot could not answer; an apology stands before this entry."""

    type: ClassVar[str] = "turn.failed"
    turn_id: str
    reason: str


@dataclass(frozen=True)
class TaskStarted:
    """Work began; `title` is for people."""

    type: ClassVar[str] = "task.started"
    task_id: str
    name: str
    title: str
    turn_id: str | None = None
    effects: bool | None = None  # it changes something outside: it comes to its end, and is done once


@dataclass(frozen=True)
class TaskCancelling:
    """Somebody asked the task to end; without effects it does so at once, else it comes to its end."""

    type: ClassVar[str] = "task.cancelling"
    task_id: str
    participant_id: str


@dataclass(frozen=True)
class TaskProgressed:
    """`done` of `total` steps are behind; `note` says what comes next."""

    type: ClassVar[str] = "task.progressed"
    task_id: str
    done: int
    total: int
    note: str


@dataclass(frozen=True)
class TaskCompleted:
    """The work is done, and had its effect if it has one."""

    type: ClassVar[str] = "task.completed"
    task_id: str


@dataclass(frozen=True)
class TaskFailed:
    """The work was not done; nothing may be said to have happened."""

    type: ClassVar[str] = "task.failed"
    task_id: str
    reason: TaskFailure


@dataclass(frozen=True)
class SlotsChanged:
    """What the turn changed of the slots that the bot shares with its clients; `None` is a slot without a value."""

    type: ClassVar[str] = "slots.changed"
    slots: dict[str, Any]
    turn_id: str


@dataclass(frozen=True)
class OwnerChanged:
    """Who answers from here on: `bot:<id>`, `queue:<id>` or `operator:<id>`, under the new `term`."""

    type: ClassVar[str] = "owner.changed"
    owner: str
    term: int


@dataclass(frozen=True)
class HandoffRequested:
    """A person is to go on. `reason`: a code, such as `asked`. `by`: who wants it, if it is not the bot."""

    type: ClassVar[str] = "handoff.requested"
    handoff_id: str
    reason: str
    team: str
    by: str | None = None


@dataclass(frozen=True)
class HandoffAssigned:
    """This operator goes on."""

    type: ClassVar[str] = "handoff.assigned"
    handoff_id: str
    participant_id: str


@dataclass(frozen=True)
class HandoffRequeued:
    """The operator does not go on; the conversation waits for another one, where it has waited before."""

    type: ClassVar[str] = "handoff.requeued"
    handoff_id: str
    reason: Requeue
    team: str


@dataclass(frozen=True)
class HandoffEnded:
    """The bot goes on. `participant_id`: who has ended it, if anybody. `disposition`: what came of it, in a word."""

    type: ClassVar[str] = "handoff.ended"
    handoff_id: str
    outcome: Outcome
    participant_id: str | None = None
    disposition: str | None = None


@dataclass(frozen=True)
class HandoffRated:
    """How somebody liked what people did: from 1 to 5, the best."""

    type: ClassVar[str] = "handoff.rated"
    handoff_id: str
    participant_id: str
    rating: int
    comment: str | None = None


@dataclass(frozen=True)
class NoteAdded:
    """Something among operators: on a log of their own, never on the conversation's, see `handoff.backstage`."""

    type: ClassVar[str] = "note.added"
    note_id: str
    author: Participant
    text: str
    client_note_id: str | None = None


Event = Union[  # noqa: UP007 - one line each reads better
    ConversationStarted,
    ConversationRenamed,
    ConversationClosed,
    ParticipantJoined,
    ParticipantIdentified,
    ParticipantLeft,
    ParticipantMuted,
    MessageSent,
    MessageStarted,
    MessageDelta,
    MessageCompleted,
    MessageRead,
    TurnStarted,
    TurnStopping,
    TurnCompleted,
    TurnFailed,
    TaskStarted,
    TaskCancelling,
    TaskProgressed,
    TaskCompleted,
    TaskFailed,
    SlotsChanged,
    OwnerChanged,
    HandoffRequested,
    HandoffAssigned,
    HandoffRequeued,
    HandoffEnded,
    HandoffRated,
    NoteAdded,
]

EVENT_TYPES: dict[str, type[Event]] = {event.type: event for event in get_args(Event)}


@dataclass(frozen=True)
class ParticipantTyping:
    """Somebody writes, or has stopped writing. Said again every few seconds while it goes on."""

    type: ClassVar[str] = "participant.typing"
    participant_id: str
    typing: bool


@dataclass(frozen=True)
class ParticipantPresent:
    """Somebody has the conversation open, or no longer has."""

    type: ClassVar[str] = "participant.present"
    participant_id: str
    present: bool


@dataclass(frozen=True)
class HandoffQueued:
    """Where the conversation stands among the `waiting` of its team: 1 is next.

    The times are those of the last ones, their middle and the span of half of them, once there were enough.
    """

    type: ClassVar[str] = "handoff.queued"
    position: int
    waiting: int
    estimate_seconds: int | None = None
    spread_seconds: int | None = None


# Told to whoever is connected, and forgotten: these have no place in a log and are never replayed.
Ephemeral = Union[ParticipantTyping, ParticipantPresent, HandoffQueued]  # noqa: UP007 - as above
EPHEMERAL_TYPES: dict[str, type[Ephemeral]] = {event.type: event for event in get_args(Ephemeral)}
