"""Who takes part in a conversation, and how that changes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from redis.asyncio import Redis

from switchboard.log.clock import now_ms
from switchboard.log.codec import encode
from switchboard.log.connection import answering
from switchboard.log.errors import (
    InvitationOver,
    LogError,
    NobodyThere,
    NotAllowed,
    Owned,
    TooManyPeople,
    UnknownConversation,
)
from switchboard.log.events import (
    Participant,
    ParticipantIdentified,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantMuted,
)
from switchboard.log.keys import keys_of
from switchboard.log.ownership import OPERATOR
from switchboard.log.scripts import script

MOST_PARTICIPANTS = 50  # in a conversation, bots too: each hears what every other says

ERRORS: dict[str, type[LogError]] = {"forbidden": NotAllowed, "nobody": NobodyThere, "full": TooManyPeople}


@dataclass(frozen=True)
class Admission:
    """What lets somebody in: an invitation, of a generation, good for so many people, until then (ms since 1970)."""

    invitation: str
    generation: str
    uses: int
    expires_at: int


class Members:
    """Each change is one step, with the entry that tells of it; the same again changes nothing.

    Every method raises `LogUnavailable`, and `UnknownConversation` also where whoever does it takes no part.
    """

    def __init__(self, redis: Redis[str], clock: Callable[[], int] = now_ms) -> None:
        self._redis = redis
        self._clock = clock
        self._identify = redis.register_script(script("identify.lua"))
        self._members = redis.register_script(script("members.lua"))

    async def identify(self, conversation: str, guest: str, participant: Participant) -> None:
        """Everything that the guest was here, `participant` is from now on.

        Raises `UnknownConversation` if neither takes part.
        """
        keys = keys_of(conversation)
        entry = encode(ParticipantIdentified(guest, participant), self._clock())
        async with answering():
            (status,) = await self._identify(
                keys=keys.all, args=[conversation, keys.live, guest, participant.id, _part(participant), entry]
            )
        if status == "unknown":
            raise UnknownConversation(conversation)

    async def join(self, conversation: str, participant: Participant, admission: Admission | None = None) -> bool:
        """Let somebody in; false if they were there, which uses nothing up. Who was muted when they left still is.

        Raises `TooManyPeople`, `InvitationOver`.
        """
        now = self._clock()
        entries = (ParticipantJoined(participant), ParticipantMuted(participant.id, True))
        by_invitation: list[str | int] = ["", "", "", ""]
        if admission:
            by_invitation = [admission.invitation, admission.generation, admission.uses, admission.expires_at]
        joined, muted = (encode(entry, now) for entry in entries)
        more = [_part(participant), joined, muted, MOST_PARTICIPANTS, *by_invitation, now]
        return await self._change("join", conversation, participant.id, "", *more)

    async def leave(self, conversation: str, participant: str) -> bool:
        """Somebody goes by themselves. After a host comes the customer who has been there for longest.

        Raises `Owned` for an operator who has the conversation.
        """
        return await self._change("leave", conversation, participant, "", self._left(participant))

    async def remove(self, conversation: str, participant: str, by: str) -> bool:
        """False if they were gone. Revokes every invitation: they may have one. Raises `NotAllowed`, `Owned`."""
        return await self._change("leave", conversation, participant, by, self._left(participant, by))

    async def mute(self, conversation: str, participant: str, by: str, muted: bool) -> bool:
        """False if it was so before. Raises `NotAllowed`, `NobodyThere`."""
        entry = encode(ParticipantMuted(participant, muted), self._clock())
        return await self._change("mute", conversation, participant, by, "1" if muted else "", entry)

    async def strange_to(self, participant: str, conversations: Collection[str]) -> set[str]:
        """In which of these, that have a log, somebody takes no part."""
        async with answering(), self._redis.pipeline(transaction=False) as pipe:
            for conversation in conversations:
                pipe.hmget(keys_of(conversation).meta, "epoch", f"p:{participant}")
            answers = await pipe.execute()
        found = zip(conversations, answers, strict=True)
        return {conversation for conversation, (epoch, part) in found if epoch is not None and part is None}

    async def revoke_invitations(self, conversation: str, by: str) -> None:
        """All that there are. Raises `NotAllowed`."""
        await self._change("revoke", conversation, "", by)

    def _left(self, participant: str, by: str | None = None) -> str:
        return encode(ParticipantLeft(participant, by), self._clock())

    async def _change(self, what: str, conversation: str, participant: str, by: str, *more: str | int) -> bool:
        keys = keys_of(conversation)
        async with answering():
            status, *rest = await self._members(
                keys=[*keys.all, keys.invited], args=[what, conversation, keys.live, participant, by, *more]
            )
        if status == "ok":
            return bool(rest[0])
        if status == "unknown":
            raise UnknownConversation(conversation)
        if status == "holds":
            raise Owned(conversation, f"{OPERATOR}{participant}")
        raise ERRORS.get(status, InvitationOver)(status)


def _part(participant: Participant) -> str:
    """As it stands in the conversation's meta."""
    return f"{participant.role} {participant.name}"
