"""What Rasa utters, as entries of the log."""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any

from rasa.core.channels.channel import OutputChannel

from switchboard.engine.current import authority
from switchboard.handoff.case import CODE, RULE, TEAM, Wish
from switchboard.log.events import Button, Event, MessageCompleted, MessageSent
from switchboard.log.log import Draft, Log
from switchboard.turns.turn import BOT, Turn

logger = logging.getLogger(__name__)

MOST_CONTEXT = 8_192  # characters of JSON
MOST_PRIORITY = 100
HANDOFF = "handoff"  # in custom data: who is to go on, see `Turn.hand_over`
STREAMED = "streamed"  # the id of the message whose text an action has streamed already, see `switchboard.reply`


class LogOutput(OutputChannel):
    """The output of a turn, or of what belongs to none, under the lock that the running code holds.

    Whatever the log refuses raises, and so ends the turn, or the reminder, before Rasa saves it.
    """

    def __init__(self, log: Log, turn: Turn | None = None) -> None:
        self._log = log
        self._turn = turn

    def outside(self) -> LogOutput:
        """The same for what a turn leaves behind: it outlives the turn."""
        return LogOutput(self._log)

    @classmethod
    def name(cls) -> str:
        """The name that response variations select with `channel:`."""
        return "switchboard"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """One bot utterance: text, buttons, image and custom data stay together in one message."""
        event = self._event(self._without_handoff(message))
        if event is None:
            return
        if self._turn:
            await self._turn.say(event, message.get(STREAMED) or message.get("utter_action") or "text")
        else:
            await self._log.publish(recipient_id, Draft(event), authority=authority(recipient_id))

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Text from components that do not go through `send_response`."""
        await self.send_response(recipient_id, {"text": text, **kwargs})

    def _without_handoff(self, message: dict[str, Any]) -> dict[str, Any]:
        """A response may say `custom: {handoff: {reason: …, team: …}}`: behind this turn a person goes on."""
        custom = message.get("custom")
        if not isinstance(custom, dict) or HANDOFF not in custom:
            return message
        if self._turn:
            self._turn.hand_over(_wish(custom[HANDOFF]))
        else:
            logger.warning("Outside of a turn nothing can be handed over")
        return {**message, "custom": {name: value for name, value in custom.items() if name != HANDOFF}}

    def _event(self, message: dict[str, Any]) -> Event | None:
        text = message.get("text") or ""
        offered = [
            *(message.get("buttons") or []),
            *(message.get("quick_replies") or []),
        ]
        buttons = tuple(button_of(button) for button in offered)
        if self._turn and message.get(STREAMED):  # nothing streams outside of turns
            return MessageCompleted(message[STREAMED], BOT, text, self._turn.id, buttons, message.get("stopped"))
        image, custom = message.get("image"), message.get("custom") or None
        if not (text or buttons or image or custom):
            return None
        message_id = f"m_{uuid.uuid4().hex}"
        return MessageSent(
            message_id,
            BOT,
            text,
            buttons,
            turn_id=self._turn.id if self._turn else None,
            image=image,
            custom=custom,
        )


def _wish(asked: Any) -> Wish:
    """What a response asks for; whatever it leaves out, or what makes no sense, is as by default."""
    given = asked if isinstance(asked, dict) else {}
    team, priority, reason = given.get("team"), given.get("priority"), given.get("reason")
    return Wish(
        reason if isinstance(reason, str) and CODE.match(reason) else RULE,
        team if isinstance(team, str) and CODE.match(team) else TEAM,
        max(-MOST_PRIORITY, min(MOST_PRIORITY, priority)) if isinstance(priority, int) else 0,
        _context(given.get("context")),
    )


def _context(given: Any) -> dict[str, Any]:
    """What a bot hands over, as plain JSON and in bounds: every operator's screen has it."""
    text = json.dumps(given, default=str) if isinstance(given, dict) else "{}"
    if len(text) > MOST_CONTEXT:
        logger.warning("What the bot hands over is left out: it has more than %d characters", MOST_CONTEXT)
        return {}
    context: dict[str, Any] = json.loads(text)
    return context


def button_of(button: dict[str, Any]) -> Button:
    """A button as Rasa has it; without a payload a click says its title."""
    title = str(button.get("title", ""))
    return Button(title, str(button.get("payload") or title))
