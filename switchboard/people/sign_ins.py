"""Staying signed in: refresh tokens, each good once, and the end of a sign-in before its time."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from redis.asyncio import Redis

from switchboard.log.connection import answering
from switchboard.people.identity import InvalidToken, Session, Sessions
from switchboard.people.revocations import Revocations, digest

REFRESH = "switchboard:refresh"  # audience
REFRESH_SECONDS = 30 * 24 * 3600  # who comes back within it is still signed in
GRACE_SECONDS = 600  # for which the token before the latest is still taken


class SignIns:
    """What Redis keeps of them: how often each was refreshed, and which are over. Raises `LogUnavailable`."""

    def __init__(
        self, redis: Redis[str], sessions: Sessions, revocations: Revocations, clock: Callable[[], float] = time.time
    ) -> None:
        self._redis = redis
        self._sessions = sessions
        self._revocations = revocations
        self._clock = clock
        self._refresh = redis.register_script((Path(__file__).parent / "refresh.lua").read_text(encoding="utf-8"))

    def refresh_token(self, session: Session, number: int = 0) -> str:
        """For a sign-in that begins; nothing is kept of it before it is used."""
        who, language = session.participant, session.language
        lasting = self._sessions.issue(who, session.role, session.sign_in, REFRESH_SECONDS, language=language)
        return self._sessions.sign(lasting, REFRESH, number=number, began=session.issued_at)

    async def refresh(
        self, token: str, today: Callable[[Session], Awaitable[Session]] | None = None
    ) -> tuple[Session, str]:
        """A new session, and the token to refresh that one with. Raises `InvalidToken` if the sign-in is over.

        `today`: makes of the session of before what the person has said of themselves since.
        """
        old, claims = self._sessions.read(token, REFRESH)
        async with answering():
            ended = await self._redis.get(_ended(old.participant.id))
            status, *number = await self._refresh(
                keys=[_sign_in(old.sign_in)],
                args=[claims["number"], round(self._clock() * 1000), GRACE_SECONDS * 1000, REFRESH_SECONDS],
            )
        if status == "over" or (ended and old.issued_at <= float(ended)):
            await self._revocations.revoke_sign_in(old.sign_in)
            raise InvalidToken("the sign-in is over")
        now = await today(old) if today else old
        session = self._sessions.issue(now.participant, now.role, now.sign_in, language=now.language)
        return session, self.refresh_token(session, *number)

    async def end(self, session: Session) -> None:
        """This sign-in: its tokens are good for nothing any more, and its streams end."""
        key = _sign_in(session.sign_in)
        async with answering(), self._redis.pipeline(transaction=False) as pipe:
            pipe.hset(key, "over", "1")
            pipe.expire(key, REFRESH_SECONDS)
            await pipe.execute()
        await self._revocations.revoke_sign_in(session.sign_in)

    async def end_all(self, participant_id: str) -> None:
        """Every sign-in that this person has until now."""
        async with answering():
            await self._redis.set(_ended(participant_id), str(self._clock()), ex=REFRESH_SECONDS)
        await self._revocations.revoke_person(participant_id)


def _sign_in(sign_in: str) -> str:
    return f"sb:sign-in:{sign_in}"


def _ended(participant_id: str) -> str:
    return f"sb:person:{digest(participant_id)}:ended"
