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
        lasting = self._sessions.issue(
            who, session.role, session.sign_in, REFRESH_SECONDS, era=session.era, language=language
        )
        return self._sessions.sign(lasting, REFRESH, number=number)

    async def refresh(
        self, token: str, today: Callable[[Session], Awaitable[Session]] | None = None
    ) -> tuple[Session, str]:
        """A new session, and the token to refresh that one with. Raises `InvalidToken` if the sign-in is over.

        `today`: makes of the session of before what the person has said of themselves since.
        """
        old, claims = self._sessions.read(token, REFRESH)
        now_ms = round(self._clock() * 1000)
        async with answering():
            status, *rest = await self._refresh(
                keys=[_sign_in(old), _era(old.participant.id)],
                args=[claims["number"], old.era, now_ms, GRACE_SECONDS * 1000, REFRESH_SECONDS],
            )
        if status == "reused":
            await self._revocations.revoke_sign_in(old.sign_in)
        if status != "ok":
            raise InvalidToken("the sign-in is over")
        now = await today(old) if today else old
        number, era = rest
        session = self._sessions.issue(now.participant, now.role, now.sign_in, era=era, language=now.language)
        return session, self.refresh_token(session, number)

    async def era(self, participant_id: str) -> int:
        """The one in which a sign-in of this person's begins. To be asked for before it is made sure who that is."""
        async with answering():
            return int(await self._redis.get(_era(participant_id)) or 0)

    async def end(self, session: Session) -> None:
        """This sign-in: its tokens are good for nothing any more, and its streams end."""
        key = _sign_in(session)
        async with answering(), self._redis.pipeline(transaction=False) as pipe:
            pipe.hset(key, "over", "1")
            pipe.expire(key, REFRESH_SECONDS)
            await pipe.execute()
        await self._revocations.revoke_sign_in(session.sign_in)

    async def end_all(self, participant_id: str) -> int:
        """Every sign-in that this person has until now; the era in which the next ones begin."""
        async with answering(), self._redis.pipeline() as pipe:
            pipe.incr(_era(participant_id))
            pipe.expire(_era(participant_id), REFRESH_SECONDS)
            era = int((await pipe.execute())[0])
        await self._revocations.revoke_person(participant_id, era)
        return era


def _sign_in(session: Session) -> str:
    return f"sb:{{{digest(session.participant.id)}}}:sign-in:{session.sign_in}"


def _era(participant_id: str) -> str:
    return f"sb:{{{digest(participant_id)}}}:era"
