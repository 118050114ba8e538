"""The relay: takes a feed and delivers it, conversation by conversation, each in order, many side by side."""

from __future__ import annotations

import asyncio
from typing import Protocol

from switchboard.log.feed import Feed
from switchboard.log.follower import Follower
from switchboard.log.keys import BACKSTAGE
from switchboard.log.rounds import PAUSES, RESCAN_SECONDS, Rounds
from switchboard.relay.message import Message, messages_of

FEED = "broker"  # one for whichever broker: a new one goes on where the old one ended


class BrokerUnavailable(Exception):
    """Raised when a broker has not confirmed a message: it may have it or not, and gets it again."""


class Publisher(Protocol):
    """A message broker."""

    @property
    def types(self) -> frozenset[str]:
        """The types of messages that it wants; the others are passed over."""

    async def deliver(self, message: Message) -> None:
        """Returns once the broker has taken the message for good. Raises `BrokerUnavailable`."""


class Relay:
    """Delivers until it is stopped; see `Rounds` for how several share the work.

    A message goes out when the one before it in its conversation is confirmed; what is not confirmed is delivered
    again.
    """

    def __init__(
        self,
        feed: Feed,
        follower: Follower,
        publisher: Publisher,
        *,
        pauses: tuple[float, float] = PAUSES,
        rescan_seconds: float = RESCAN_SECONDS,
    ) -> None:
        self._feed = feed
        self._publisher = publisher
        self._rounds = Rounds(
            feed,
            follower,
            self._round,
            expected=(BrokerUnavailable,),
            pauses=pauses,
            rescan_seconds=rescan_seconds,
        )

    async def run(self) -> None:
        """Deliver until cancelled; then leave the partitions to others at once."""
        await self._rounds.run()

    async def _round(self, due: list[str]) -> None:
        """One batch of each conversation. Raises the first failure, after all."""
        results = await asyncio.gather(*(self._deliver(conversation) for conversation in due), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _deliver(self, conversation: str) -> None:
        batch = await self._feed.take(conversation)
        reached = batch.start
        wanted = frozenset[str]() if conversation.startswith(BACKSTAGE) else self._publisher.types
        try:
            for message, after in messages_of(batch):
                if message.type in wanted:
                    await self._publisher.deliver(message)
                reached = after
        finally:
            await self._feed.advance(batch, reached)
