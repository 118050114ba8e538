"""How much of everything one person, one address and one conversation may do, on all servers together."""

from __future__ import annotations

import re

from channels.problems import Problem
from switchboard.log.limiter import Limit, Limiter
from switchboard.log.rate import Rate
from switchboard.people.client_addresses import Address, site
from switchboard.people.identity import Session
from switchboard.settings import Settings

LINK = re.compile(r"https?://(?:www\.)?|\bwww\.", re.IGNORECASE)


class Limits:
    """By the settings. Where the address of a client is not known, nothing is counted by it.

    Methods raise `TooFast` and `LogUnavailable`; without a limit that is in force they ask Redis nothing.
    """

    def __init__(self, settings: Settings, limiter: Limiter) -> None:
        self._limiter = limiter
        self._max_links = settings.max_links
        self.in_conversation = Rate.parse(settings.limit_messages_per_conversation)  # counted by `Log.publish`
        self._person = _limit("person", "messages from you", settings.limit_messages_per_person)
        self._address = _limit("address", "messages from your address", settings.limit_messages_per_address)
        self._guests = _limit("guests", "new guests at your address", settings.limit_guests_per_address)
        self._conversations = _limit(
            "conversations", "new conversations from your address", settings.limit_conversations_per_address
        )

    def check_links(self, text: str) -> None:
        """Raises `Problem` 422 for a message with too many links."""
        if sum(1 for _ in LINK.finditer(text)) > self._max_links:
            raise Problem(422, "invalid", f"text: has more than {self._max_links} links. Send some of them only.")

    async def message(self, session: Session) -> None:
        """One more of this person, and from where they are."""
        by_address = _by_address(self._address, session.address)
        await self._limiter.take([*([(self._person, session.participant.id)] if self._person else []), *by_address])

    async def guest(self, address: Address | None) -> None:
        """One more guest there."""
        await self._limiter.take(_by_address(self._guests, address))

    async def conversation(self, address: Address | None) -> None:
        """One more conversation that is opened from there."""
        await self._limiter.take(_by_address(self._conversations, address))


def _limit(name: str, of: str, rate: str) -> Limit | None:
    parsed = Rate.parse(rate)
    return Limit(name, of, parsed) if parsed else None


def _by_address(limit: Limit | None, address: Address | None) -> list[tuple[Limit, str]]:
    return [(limit, site(address))] if limit and address else []
