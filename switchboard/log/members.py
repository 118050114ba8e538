"""Who takes part in a conversation, and how that changes."""

from __future__ import annotations

from collections.abc import Callable

from redis.asyncio import Redis

from switchboard.log.clock import now_ms
from switchboard.log.codec import encode
from switchboard.log.connection import answering
from switchboard.log.errors import UnknownConversation
from switchboard.log.events import Participant, ParticipantIdentified
from switchboard.log.keys import keys_of
from switchboard.log.scripts import script


class Members:
    """Each change is one step, with the entry that tells of it. Every method raises `LogUnavailable`."""

    def __init__(self, redis: Redis[str], clock: Callable[[], int] = now_ms) -> None:
        self._clock = clock
        self._identify = redis.register_script(script("identify.lua"))

    async def identify(self, conversation: str, guest: str, participant: Participant) -> None:
        """Everything that the guest was here, `participant` is from now on. The same again changes nothing.

        Raises `UnknownConversation` if neither takes part.
        """
        keys = keys_of(conversation)
        entry = encode(ParticipantIdentified(guest, participant), self._clock())
        who = f"{participant.role} {participant.name}"
        async with answering():
            (status,) = await self._identify(
                keys=keys.all, args=[conversation, keys.live, guest, participant.id, who, entry]
            )
        if status == "unknown":
            raise UnknownConversation(conversation)
