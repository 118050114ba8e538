"""A token says who speaks; what is not exactly ours says nobody."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from switchboard.log.events import Participant
from switchboard.people.identity import ALGORITHM, AUDIENCE, SESSION_SECONDS, InvalidToken, Sessions

SECRET = "a secret for tests, of 32 characters or more"
CLAIMS: dict[str, Any] = {
    "sub": "guest_1",
    "role": "customer",
    "name": "Ada",
    "aud": AUDIENCE,
    "sid": "sign-in",
    "era": 0,
    "exp": 2_000,
    "until": 3_000,
}


def sessions(now: float = 1_000.0) -> Sessions:
    return Sessions(SECRET, clock=lambda: now)


def token(secret: str = SECRET, algorithm: str = ALGORITHM, **claims: Any) -> str:
    given = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(given, secret, algorithm)


def test_a_session_comes_back_from_its_token() -> None:
    session = sessions().guest("Ada")
    assert sessions().verify(sessions().sign(session)) == session
    assert session.participant.role == "customer"
    assert session.expires_at == 1_000 + SESSION_SECONDS


def test_no_two_guests_have_the_same_id() -> None:
    assert len({sessions().guest("Guest").participant.id for _ in range(100)}) == 100


def test_every_sign_in_has_a_name_of_its_own() -> None:
    ada = Participant("guest_1", "customer", "Ada")
    assert sessions().begin(ada).participant == ada
    assert sessions().begin(ada).sign_in != sessions().begin(ada).sign_in


@pytest.mark.parametrize(
    ("role", "part"), [("operator", "operator"), ("supervisor", "operator"), ("service", "observer")]
)
def test_a_role_says_what_part_somebody_takes(role: str, part: str) -> None:
    session = sessions().verify(token(role=role))
    assert (session.role, session.participant.role) == (role, part)


def test_the_wall_clock_decides_by_default() -> None:
    ours = Sessions(SECRET)
    assert ours.verify(ours.sign(ours.guest("Ada"))).expires_at > time.time()


def test_a_token_ends_with_its_time() -> None:
    assert sessions(now=1_999.9).verify(token())
    with pytest.raises(InvalidToken):
        sessions(now=2_000.0).verify(token())


FORGED = {
    "nothing": "",
    "no token": "hello",
    "three parts of nothing": "..",
    "another secret": token("another secret, also of 32 characters or more"),
    "another algorithm": token(2 * SECRET, algorithm="HS512"),
    "no signature": jwt.encode(CLAIMS, None, "none"),
    "another audience": token(aud="somebody-else"),
    "no audience": token(aud=None),
    "no subject": token(sub=None),
    "no role": token(role=None),
    "no name": token(name=None),
    "no expiry": token(exp=None),
    "no sign-in": token(sid=None),
    "no era": token(era=None),
    "no end": token(until=None),
    "an era that is no number": token(era="now"),
    "an end that is no time": token(until="later"),
    "an unknown role": token(role="king"),
    "a role that is no text": token(role=["customer"]),
    "an expiry that is no number": token(exp="soon"),
    "an expiry that is nearly a number": token(exp=2_000.5),
    "a changed body": token()[:40] + "x" + token()[41:],
    "a cut signature": token()[:-4],
    "bad UTF-8": "\udcff.\udcff.\udcff",
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED.keys())
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        sessions().verify(text)
