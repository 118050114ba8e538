"""What Rasa utters, as entries of the log."""

from __future__ import annotations

import uuid
from typing import Any

from rasa.core.channels.channel import OutputChannel

from switchboard.engine.current import authority
from switchboard.log.events import Button, Event, MessageCompleted, MessageSent
from switchboard.log.log import Draft, Log
from switchboard.turns.turn import BOT, Turn

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
        event = self._event(message)
        if event is None:
            return
        if self._turn:
            await self._turn.say(event, message.get(STREAMED) or message.get("utter_action") or "text")
        else:
            await self._log.publish(recipient_id, Draft(event), authority=authority(recipient_id))

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Text from components that do not go through `send_response`."""
        await self.send_response(recipient_id, {"text": text, **kwargs})

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


def button_of(button: dict[str, Any]) -> Button:
    """A button as Rasa has it; without a payload a click says its title."""
    title = str(button.get("title", ""))
    return Button(title, str(button.get("payload") or title))
