"""Whom a host site has signed in: a short JWT of its back end's (RFC 7519), good once."""

from __future__ import annotations

import base64
import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import jwt
from jwt.types import Options
from pydantic import BaseModel, Field, StrictStr, ValidationError, conint, validator

from switchboard.people.host_keys import HostKeys
from switchboard.people.identity import AUDIENCE, USER

LIFE_SECONDS = 600  # from `iat` to `exp`: it is handed over at once, and its `jti` is remembered for as long
LEEWAY_SECONDS = 30  # by which the host's clock may be wrong
UNCHECKED: Options = {  # by PyJWT: the clock is ours, and pydantic names the claim that does not fit
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_sub": False,
    "verify_jti": False,
}
DIGEST_CHARACTERS = 32  # 192 bits: nobody finds two people with the same id


class BadIdentity(Exception):
    """Raised when a token does not say who is signed in. The text is for the host's developer, and repeats nothing."""


@dataclass(frozen=True)
class HostIdentity:
    """A person, and `use`: the name of this one token, which is to be remembered for `seconds`."""

    participant_id: str
    name: str
    use: str
    seconds: int


class _Claims(BaseModel):
    sub: StrictStr = Field(..., min_length=1, max_length=200)
    exp: conint(strict=True, ge=0, lt=10**12)  # type: ignore[valid-type]
    iat: conint(strict=True, ge=0, lt=10**12)  # type: ignore[valid-type]
    nbf: conint(strict=True, ge=0, lt=10**12) = 0  # type: ignore[valid-type]
    jti: StrictStr = Field(..., min_length=1, max_length=200)
    iss: StrictStr = Field("", max_length=200)
    name: StrictStr = ""

    @validator("sub", "jti", "iss", "name")
    def _text(cls, value: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError("is not valid Unicode") from error
        if "\0" in value:
            raise ValueError("has a NUL in it")
        return value


class HostIdentities:
    """Verifies them with the host's keys. That a token comes only once is the caller's to see to."""

    def __init__(self, keys: HostKeys, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock

    def verify(self, token: str) -> HostIdentity:
        """Who the token is about. Raises `BadIdentity`."""
        try:
            claims = _Claims.parse_obj(self._decode(token))
        except ValidationError as error:
            first = error.errors()[0]
            raise BadIdentity(f"The claim {first['loc'][0]} does not fit: {first['msg']}.") from error
        seconds = self._seconds_left(claims)
        person = _digest(claims.iss, claims.sub)[:DIGEST_CHARACTERS]
        return HostIdentity(USER + person, claims.name, _digest(claims.iss, claims.jti), seconds)

    def _decode(self, token: str) -> dict[str, object]:
        """The claims of a token that the host has signed for us, unchecked but for `aud`."""
        try:
            key = self._keys.find(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                raise BadIdentity("The header's kid is none of the keys in IDENTITY_KEYS.")
            return jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=AUDIENCE,
                options=UNCHECKED,
            )
        except jwt.InvalidAlgorithmError as error:
            raise BadIdentity("The header's alg is not that of its key in IDENTITY_KEYS.") from error
        except jwt.InvalidSignatureError as error:
            raise BadIdentity("The signature is not one of the key that the header's kid names.") from error
        except jwt.MissingRequiredClaimError as error:
            raise BadIdentity(f"The claim {error.claim} is missing.") from error
        except jwt.InvalidAudienceError as error:
            raise BadIdentity(f'The claim aud is not "{AUDIENCE}".') from error
        except (jwt.PyJWTError, UnicodeError) as error:
            raise BadIdentity("It is no JWT, or its claims have types that none has.") from error

    def _seconds_left(self, claims: _Claims) -> int:
        now = self._clock()
        if claims.exp - claims.iat > LIFE_SECONDS:
            raise BadIdentity(f"It lives too long: exp may be {LIFE_SECONDS // 60} minutes after iat at most.")
        if max(claims.iat, claims.nbf) > now + LEEWAY_SECONDS:
            raise BadIdentity("Its iat or nbf is still to come: compare the clocks of both servers.")
        seconds: int = math.ceil(claims.exp + LEEWAY_SECONDS - now)
        if seconds <= 0:
            raise BadIdentity("It has expired: sign a new one for every sign-in.")
        return seconds


def _digest(*parts: str) -> str:
    """One name for all parts; none of them has a NUL in it."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
