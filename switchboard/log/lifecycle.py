"""A conversation gets a title, and comes to its end."""

from __future__ import annotations

from collections.abc import Callable

from redis.asyncio import Redis

from switchboard.log.clock import now_ms
from switchboard.log.codec import encode
from switchboard.log.connection import answering
from switchboard.log.errors import Muted, UnknownConversation
from switchboard.log.events import ConversationClosed, ConversationRenamed
from switchboard.log.keys import keys_of
from switchboard.log.scripts import script

CLOSED = "1"


class Lifecycle:
    """Each change is one step, with the entry that tells of it; the same again changes nothing.

    Every method raises `UnknownConversation` for somebody who takes no part, and `LogUnavailable`.
    """

    def __init__(self, redis: Redis[str], clock: Callable[[], int] = now_ms) -> None:
        self._clock = clock
        self._script = redis.register_script(script("lifecycle.lua"))

    async def rename(self, conversation: str, participant: str, title: str) -> None:
        """Give it a title."""
        await self._run(conversation, participant, "title", title, ConversationRenamed(title, participant))

    async def close(self, conversation: str, participant: str) -> None:
        """It takes no more messages of people; what was accepted before is still answered."""
        await self._run(conversation, participant, "closed", CLOSED, ConversationClosed(participant))

    async def _run(
        self,
        conversation: str,
        participant: str,
        what: str,
        value: str,
        event: ConversationRenamed | ConversationClosed,
    ) -> None:
        keys, entry = keys_of(conversation), encode(event, self._clock())
        async with answering():
            (status,) = await self._script(
                keys=keys.all, args=[conversation, keys.live, participant, what, value, entry]
            )
        if status == "unknown":
            raise UnknownConversation(conversation)
        if status == "muted":
            raise Muted(conversation)
