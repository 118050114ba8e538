"""Invitations: who has one may join a conversation, as often as it is good for."""

from __future__ import annotations

import time
from collections.abc import Callable

from switchboard.log.log import Conversation
from switchboard.log.members import Admission
from switchboard.people.identity import Sessions

INVITATION = "switchboard:invitation"  # audience
KNOWN_SECONDS = 365 * 24 * 3600  # for which one that has expired is told from what never was one


class Invitations:
    """Signed, so that nothing is kept of them before they are used."""

    def __init__(self, sessions: Sessions, clock: Callable[[], float] = time.time) -> None:
        self._sessions = sessions
        self._clock = clock

    def issue(self, conversation: Conversation, uses: int, milliseconds: int) -> tuple[str, int]:
        """An invitation, and when it ends, in ms since 1970."""
        ends = int(self._clock() * 1000) + milliseconds
        about = {"conversation": conversation.id, "generation": conversation.invitations, "uses": uses, "ends": ends}
        return self._sessions.seal(INVITATION, milliseconds // 1000 + KNOWN_SECONDS, **about), ends

    def read(self, token: str) -> tuple[str, Admission]:
        """Into which conversation it lets people, and how. Whether it still does is for `Members.join` to say.

        Raises `InvalidToken` for what is no invitation of ours.
        """
        claims = self._sessions.unseal(token, INVITATION, "conversation", "generation", "uses", "ends", "jti")
        return claims["conversation"], Admission(claims["jti"], claims["generation"], claims["uses"], claims["ends"])
