"""Who is speaking: signed session tokens. The author of a message always comes from here, never from its body."""

from __future__ import annotations

import functools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import jwt
from jwt.types import Options

from switchboard.log.events import Participant
from switchboard.log.events import Role as PartRole
from switchboard.people.client_addresses import Address

Role = Literal["customer", "operator", "supervisor", "service"]  # what somebody may do here, see `channels/access.py`

ALGORITHM = "HS256"
AUDIENCE = "switchboard"
SESSION_SECONDS = 3600  # of a token; then the person refreshes it, or the host says again who is signed in there
USER, GUEST = "user_", "guest_"  # how the ids begin of people whom a host has signed in, and of guests
REMEMBERED_TOKENS = 4_096  # verified ones; a signature costs as much as a publish
ROLES: tuple[Role, ...] = get_args(Role)
PARTS: dict[Role, PartRole] = {  # that they take in a conversation
    "customer": "customer",
    "operator": "operator",
    "supervisor": "operator",
    "service": "observer",
}


class InvalidToken(Exception):
    """Raised when a token is missing, malformed, forged, expired or not ours."""


@dataclass(frozen=True)
class Session:
    """A signed-in participant. `expires_at` is in seconds since 1970."""

    participant: Participant
    expires_at: int
    role: Role = "customer"
    sign_in: str = ""  # which one it is of all that this person has, on one device or another
    era: int = 0  # how often everything of this person's was ended before; what began in an earlier one is over
    language: str | None = None  # a BCP 47 tag
    address: Address | None = None  # where this call comes from, if that is known; no token has it

    @property
    def is_guest(self) -> bool:
        """Whether nobody vouches for this participant."""
        return self.participant.id.startswith(GUEST)

    def at(self, address: Address | None) -> Session:
        """The same, calling from there."""
        return replace(self, address=address) if address else self


class Sessions:
    """Issues and verifies tokens with one secret."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._clock = clock
        self._read = functools.lru_cache(REMEMBERED_TOKENS)(self._decode)

    def guest(self, name: str) -> Session:
        """A new guest, with an id that nobody can guess."""
        return self.begin(Participant(f"{GUEST}{secrets.token_urlsafe(16)}", "customer", name))

    def begin(self, participant: Participant, role: Role = "customer", era: int = 0) -> Session:
        """Another sign-in of somebody; `era`: see `SignIns.era`."""
        return self.issue(participant, role, secrets.token_urlsafe(12), era=era)

    def issue(
        self,
        participant: Participant,
        role: Role,
        sign_in: str,
        seconds: int = SESSION_SECONDS,
        *,
        era: int = 0,
        language: str | None = None,
    ) -> Session:
        """A session that begins now."""
        return Session(participant, int(self._clock()) + seconds, role, sign_in, era, language)

    def sign(self, session: Session, audience: str = AUDIENCE, seconds: int | None = None, **more: Any) -> str:
        """The session as a token for one use; with `seconds` the token is good for less long than the session.

        `more`: claims of that use.
        """
        who = session.participant
        expires = session.expires_at if seconds is None else min(session.expires_at, int(self._clock()) + seconds)
        claims = {
            "sub": who.id,
            "role": session.role,
            "name": who.name,
            "sid": session.sign_in,
            "era": session.era,
            "exp": expires,
            "until": session.expires_at,
            "aud": audience,
            "jti": secrets.token_hex(8),
        }
        if session.language is not None:
            claims["lang"] = session.language
        return jwt.encode(claims | more, self._secret, ALGORITHM)

    def seal(self, audience: str, seconds: int, **claims: Any) -> str:
        """Claims as a token for one use, which is no session."""
        place = {"aud": audience, "exp": int(self._clock()) + seconds, "jti": secrets.token_hex(8)}
        return jwt.encode(claims | place, self._secret, ALGORITHM)

    def unseal(self, token: str, audience: str, *names: str) -> dict[str, Any]:
        """What was sealed. Raises `InvalidToken`, also where one of the names is missing."""
        claims = self._claims(token, audience, "exp", *names)
        if not isinstance(claims["exp"], int) or claims["exp"] <= self._clock():
            raise InvalidToken("expired")
        return claims

    def verify(self, token: str, audience: str = AUDIENCE) -> Session:
        """The session that a token carries. Raises `InvalidToken`, for a token of another audience too."""
        return self.read(token, audience)[0]

    def read(self, token: str, audience: str) -> tuple[Session, dict[str, Any]]:
        """The session, and every claim. Raises `InvalidToken`."""
        session, claims = self._read(token, audience)
        if claims["exp"] <= self._clock():
            raise InvalidToken("expired")
        return session, claims

    def _decode(self, token: str, audience: str) -> tuple[Session, dict[str, Any]]:
        """All but the expiry, which alone changes with time: so this may be remembered."""
        claims = self._claims(token, audience, "sub", "role", "name", "sid", "era", "exp", "until")
        role = next((role for role in ROLES if role == claims["role"]), None)
        if role is None or not all(isinstance(claims[name], int) for name in ("era", "exp", "until")):
            raise InvalidToken("an unknown role, or a number that is none")
        who = Participant(str(claims["sub"]), PARTS[role], str(claims["name"]))
        language = claims.get("lang")
        session = Session(who, claims["until"], role, str(claims["sid"]), claims["era"], language and str(language))
        return session, claims

    def _claims(self, token: str, audience: str, *required: str) -> dict[str, Any]:
        """Whatever the token says, if we have signed it. The clock is ours."""
        options: Options = {"require": ["aud", *required], "verify_exp": False, "verify_iat": False}
        try:
            return jwt.decode(token, self._secret, algorithms=[ALGORITHM], audience=audience, options=options)
        except (jwt.InvalidTokenError, UnicodeError) as error:
            raise InvalidToken(str(error)) from error
