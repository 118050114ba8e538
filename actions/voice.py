"""Speaking in the domain's words: texts live in `responses:`, also those that a streamed reply is made of."""

from __future__ import annotations

import random
from typing import Any

from rasa_sdk.types import DomainDict

from switchboard.reply import Reply

TALK_TO_A_PERSON = {"title": "Talk to a person", "payload": "/contact_human_agent"}


def variation(domain: DomainDict, response: str) -> dict[str, Any]:
    """Return one of the response's variations, at random. Raises `KeyError` if the domain has no such response."""
    chosen: dict[str, Any] = random.choice(domain["responses"][response])  # noqa: S311 - no secret, only variety
    return chosen


class Voice:
    """Writes the domain's responses into a reply."""

    def __init__(self, reply: Reply, domain: DomainDict) -> None:
        self._reply = reply
        self._domain = domain

    def words(self, response: str, **values: object) -> str:
        """Return a variation's text, filled in. Raises `KeyError` for a value that it needs and does not get."""
        text: str = variation(self._domain, response)["text"]
        return text.format(**values)

    async def say(self, response: str, **values: object) -> None:
        """Write a variation of the response, and offer its buttons."""
        chosen = variation(self._domain, response)
        await self._reply.write(chosen["text"].format(**values))
        self._reply.buttons([_filled(button, values) for button in chosen.get("buttons") or []])

    async def refuse(self, flow: str, reason: str, **values: object) -> None:
        """Say why not: `utter_<flow>_refused_<reason>`, or what all flows share, or an apology."""
        if reason == "unavailable":
            await self.apologise(flow)
            return
        own = f"utter_{flow}_refused_{reason}"
        await self.say(own if own in self._domain["responses"] else f"utter_refused_{reason}", **values)

    async def apologise(self, flow: str, response: str = "utter_please_retry") -> None:
        """Say that it did not work, and offer to try again or to talk to a person."""
        await self.say(response)
        self._reply.buttons([{"title": "Try again", "payload": f"/{flow}"}, TALK_TO_A_PERSON])


def _filled(button: dict[str, str], values: dict[str, object]) -> dict[str, str]:
    """Fill in a button as Rasa does: a payload's own braces are doubled in the domain."""
    return {key: text.format(**values) for key, text in button.items()}
