"""A customer's message as Rasa takes it."""

from __future__ import annotations

import json
import re
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.constants import INTENT_MESSAGE_PREFIX

from switchboard.engine.output import LogOutput
from switchboard.log.events import Participant
from switchboard.turns.turn import Turn

INPUT_CHANNEL = "switchboard"
LEADING_SLASHES = re.compile(rf"^[\s{INTENT_MESSAGE_PREFIX}]+")


async def understand(processor: MessageProcessor, turn: Turn) -> UserMessage:
    """The customer's message, understood once: a second try with a newer model takes it as the first did.

    Raises `LogUnavailable`, and whatever NLU raises.
    """
    said = turn.message
    metadata: dict[str, Any] = {**author_of(said.author)}
    if said.metadata:
        metadata["client"] = said.metadata
    if said.language:
        metadata["language"] = said.language
    message = UserMessage(
        said.payload or said.text,
        output_channel=LogOutput(turn.log, turn),
        sender_id=turn.conversation,
        input_channel=INPUT_CHANNEL,
        message_id=said.message_id,
        metadata=metadata,
    )
    if not turn.kept:
        turn.keep(json.dumps(await _parse(processor, message, is_text=said.payload is None), default=float))
    message.parse_data = json.loads(turn.kept)
    return message


def author_of(who: Participant) -> dict[str, str]:
    """Who has said something, as it stands in the metadata of Rasa's events."""
    return {"author": who.id, "author_role": who.role, "author_name": who.name}


async def _parse(processor: MessageProcessor, message: UserMessage, *, is_text: bool) -> dict[str, Any]:
    """What NLU makes of a message; of what was typed, always as text."""
    if is_text and (message.text or "").startswith(INTENT_MESSAGE_PREFIX):
        return await _parse_as_text(processor, message)
    parsed: dict[str, Any] = await processor.parse_message(message)
    return parsed


async def _parse_as_text(processor: MessageProcessor, message: UserMessage) -> dict[str, Any]:
    """What NLU makes of text that begins with `/`.

    Rasa would take it for an intent, `/restart` for instance. NLU sees spaces in place of all leading slashes (Rasa
    strips before it looks), so that entities keep their positions; the tracker gets the customer's own words.
    """
    text = message.text or ""
    words = UserMessage(text, sender_id=message.sender_id, metadata=message.metadata)
    words.text = LEADING_SLASHES.sub(lambda found: " " * len(found[0]), text)
    parsed = await processor.parse_message(words)
    return {**parsed, "text": text}
