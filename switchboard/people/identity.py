"""Who is speaking: signed session tokens. The author of a message always comes from here, never from its body."""

from __future__ import annotations

import functools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import jwt

from switchboard.log.events import Participant, Role

ALGORITHM = "HS256"
AUDIENCE = "switchboard"
SESSION_SECONDS = 30 * 24 * 3600  # a guest who comes back within it finds the conversation; every visit renews it
USER_SESSION_SECONDS = 3600  # then the host says again who is signed in there
USER = "user_"  # how the ids of people begin whom a host has signed in; a guest's never does
REMEMBERED_TOKENS = 4_096  # verified ones; a signature costs as much as a publish
ROLES: tuple[Role, ...] = ("customer", "bot", "operator", "observer")


class InvalidToken(Exception):
    """Raised when a token is missing, malformed, forged, expired or not ours."""


@dataclass(frozen=True)
class Session:
    """A signed-in participant; `expires_at` is in seconds since 1970."""

    participant: Participant
    expires_at: int

    @property
    def is_users(self) -> bool:
        """Whether a host has signed this participant in, and only a host may do so again."""
        return self.participant.id.startswith(USER)


class Sessions:
    """Issues and verifies tokens with one secret."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._clock = clock
        self._read = functools.lru_cache(REMEMBERED_TOKENS)(self._decode)

    def guest(self, name: str) -> Session:
        """A new guest, with an id that nobody can guess."""
        return self.renew(Participant(f"guest_{secrets.token_urlsafe(16)}", "customer", name))

    def renew(self, participant: Participant) -> Session:
        """A fresh session of the same participant."""
        return Session(participant, int(self._clock()) + SESSION_SECONDS)

    def user(self, participant: Participant) -> Session:
        """A session of somebody whom the host has signed in."""
        return Session(participant, int(self._clock()) + USER_SESSION_SECONDS)

    def sign(self, session: Session, audience: str = AUDIENCE, seconds: int | None = None) -> str:
        """The session as a token for one use; with `seconds` the token is good for less long than the session."""
        who = session.participant
        expires = session.expires_at if seconds is None else min(session.expires_at, int(self._clock()) + seconds)
        claims = {
            "sub": who.id,
            "role": who.role,
            "name": who.name,
            "exp": expires,
            "until": session.expires_at,
            "aud": audience,
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(claims, self._secret, ALGORITHM)

    def verify(self, token: str, audience: str = AUDIENCE) -> Session:
        """The session that a token carries. Raises `InvalidToken`, for a token of another audience too."""
        session, expires = self._read(token, audience)
        if expires <= self._clock():
            raise InvalidToken("expired")
        return session

    def _decode(self, token: str, audience: str) -> tuple[Session, int]:
        """All but the expiry, which alone changes with time: so this may be remembered."""
        required = ["sub", "role", "name", "exp", "aud"]
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=audience,
                options={"require": required, "verify_exp": False},  # the clock is ours
            )
        except (jwt.InvalidTokenError, UnicodeError) as error:
            raise InvalidToken(str(error)) from error
        role = next((role for role in ROLES if role == claims["role"]), None)
        expires, until = claims["exp"], claims.get("until", claims["exp"])
        if role is None or not isinstance(expires, int) or not isinstance(until, int):
            raise InvalidToken("an unknown role, or an expiry that is no time")
        return Session(Participant(str(claims["sub"]), role, str(claims["name"])), until), expires
