"""A host site says who is signed in there: the chat believes what its keys have signed, once, and nothing else."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from websockets.client import connect
from websockets.exceptions import ConnectionClosed

from switchboard.log import connection
from switchboard.people import identity
from switchboard.settings import Settings
from tests.support.chat_server import SECRET
from tests.support.edge import Edge, Guest, serving
from tests.support.host_site import HostSite, SigningKey, claims, ec_key, ed_key, rsa_key, secret_key, segment
from tests.support.redis_server import RedisServer
from tests.support.waiting import bounded

SESSIONS = "/chat/v1/sessions"


@pytest.fixture
def site(tmp_path: Path) -> HostSite:
    return HostSite(tmp_path / "keys.json", [secret_key(), rsa_key(), ec_key(), ed_key()])


@pytest.fixture
def settings(settings: Settings, site: HostSite) -> Settings:
    return settings.copy(update={"identity_keys": site.file})


@pytest.fixture
async def http(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=edge.url, timeout=10) as client:
        yield client


async def hand_over(http: httpx.AsyncClient, token: str, **headers: str) -> httpx.Response:
    return await http.post(SESSIONS, json={"identity": token}, headers=headers)


async def is_refused(http: httpx.AsyncClient, token: str, detail: str) -> None:
    answer = await hand_over(http, token)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_identity")
    assert detail in answer.json()["detail"]
    assert token not in answer.text


@contextlib.asynccontextmanager
async def signed_in(edge: Edge, token: str) -> AsyncIterator[Guest]:
    """A user with a client of their own."""
    async with httpx.AsyncClient(base_url=edge.url, timeout=10) as http:
        answer = await hand_over(http, token)
        assert answer.status_code == 201, answer.text
        session = answer.json()
        http.headers["Authorization"] = f"Bearer {session['token']}"
        yield Guest(http, session["participant"]["id"], session["token"])


@pytest.mark.parametrize("number", range(4), ids=["oct", "RSA", "EC", "OKP"])
async def test_a_key_of_every_type_signs_a_user_in(http: httpx.AsyncClient, site: HostSite, number: int) -> None:
    answer = await hand_over(http, site.keys[number].sign(claims(name="  Ada \n L. ")))
    session = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert (session["participant"]["role"], session["participant"]["name"]) == ("customer", "Ada L.")
    assert session["expiresAt"] / 1000 == pytest.approx(time.time() + 3600, abs=10)


async def test_a_user_is_the_same_at_every_sign_in_and_nobody_else_is(edge: Edge, site: HostSite) -> None:
    async with (
        signed_in(edge, site.identity("ada")) as ada,
        signed_in(edge, site.keys[1].sign(claims("ada", name="Other"))) as elsewhere,
        signed_in(edge, site.identity("eve")) as eve,
        signed_in(edge, site.identity("ada", iss="https://other.example")) as namesake,
    ):
        assert ada.participant == elsewhere.participant
        assert len({ada.participant, eve.participant, namesake.participant}) == 3
        assert ada.participant.startswith("user_") and len(ada.participant) == 37
        conversation = await ada.open()
        assert (await ada.send(conversation, text="hello")).status_code == 202
        assert (await elsewhere.snapshot(conversation))["messages"][0]["text"] == "hello"
        for other in (eve, namesake):
            assert (await other.http.get(f"/chat/v1/conversations/{conversation}")).status_code == 404


async def test_the_raw_subject_stays_on_the_server(edge: Edge, site: HostSite) -> None:
    async with signed_in(edge, site.identity("ada@example.com")) as ada:
        told = json.dumps(await ada.snapshot(await ada.open()))
        assert "ada@example.com" not in told + jwt.decode(ada.token, options={"verify_signature": False})["sub"]


async def test_a_name_is_cut_and_one_that_is_missing_is_a_guests(http: httpx.AsyncClient, site: HostSite) -> None:
    names = [
        (await hand_over(http, site.identity(name=name))).json()["participant"]["name"] for name in (None, "a" * 99)
    ]
    assert names == ["Guest", "a" * 60]


NOW = int(time.time())
BAD_CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"iat": NOW - 400, "exp": NOW - 100}, "expired"),
    "still to come": ({"iat": NOW + 400, "exp": NOW + 500}, "still to come"),
    "not before": ({"nbf": NOW + 400}, "still to come"),
    "too long-lived": ({"exp": NOW + 3600}, "10 minutes"),
    "another audience": ({"aud": "somebody-else"}, "aud"),
    "no audience": ({"aud": None}, "aud"),
    "no subject": ({"sub": None}, "sub"),
    "an empty subject": ({"sub": ""}, "sub"),
    "a number as subject": ({"sub": 7}, "The claim sub does not fit"),
    "a long subject": ({"sub": "a" * 201}, "sub"),
    "half a character": ({"sub": "\ud800"}, "sub"),
    "a NUL": ({"iss": "a\0b"}, "iss"),
    "no expiry": ({"exp": None}, "exp"),
    "an expiry that is no number": ({"exp": "soon"}, "exp"),
    "no issue": ({"iat": None}, "iat"),
    "no jti": ({"jti": None}, "jti"),
    "a name that is no text": ({"name": "\ud800"}, "name"),
}


@pytest.mark.parametrize(("changed", "detail"), BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
async def test_claims_that_do_not_fit_are_refused_and_the_developer_is_told(
    http: httpx.AsyncClient, site: HostSite, changed: dict[str, Any], detail: str
) -> None:
    await is_refused(http, site.identity(**changed), detail)


async def test_a_clock_may_be_wrong_by_half_a_minute(http: httpx.AsyncClient, site: HostSite) -> None:
    for shift in (-80, 25):
        now = int(time.time()) + shift
        assert (await hand_over(http, site.identity(iat=now, exp=now + 60))).status_code == 201


def forged(site: HostSite) -> dict[str, tuple[str, str]]:
    secret, public = site.keys[0], site.keys[1]
    good = secret.sign(claims())
    head, _, signature = good.split(".")
    pem = public.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    def by_hand(header: dict[str, Any], key: bytes) -> str:
        signed = f"{segment(json.dumps(header).encode())}.{segment(json.dumps(claims()).encode())}"
        return f"{signed}.{segment(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"

    return {
        "nothing": ("", "no JWT"),
        "no token": ("hello", "no JWT"),
        "half a character": ("\udcff.a.b", "no JWT"),
        "other claims": (f"{head}.{segment(json.dumps(claims('eve')).encode())}.{signature}", "signature"),
        "a cut signature": (good[:-3], "signature"),
        "a foreign key": (secret_key("one").sign(claims()), "signature"),
        "an unknown key": (secret_key("two").sign(claims()), "kid"),
        "no key": (secret.sign(claims(), kid=None), "kid"),
        "no signature": (jwt.encode(claims(), None, "none", {"kid": "one"}), "alg"),
        "none under a public key": (jwt.encode(claims(), None, "none", {"kid": "rsa"}), "alg"),
        "another algorithm": (jwt.encode(claims(), secret.private, "HS512", {"kid": "one"}), "alg"),
        "the public key as a secret": (by_hand({"alg": "HS256", "kid": "rsa"}, pem), "alg"),
        "the same under its own name": (by_hand({"alg": "RS256", "kid": "rsa"}, pem), "signature"),
        "the server's own secret": (jwt.encode(claims(), SECRET, headers={"kid": "one"}), "signature"),
        "claims that are a list": (f"{segment(b'[]')}.{segment(b'[]')}.", "no JWT"),
    }


async def test_what_the_hosts_keys_have_not_signed_is_refused(http: httpx.AsyncClient, site: HostSite) -> None:
    for token, detail in forged(site).values():
        answer = await http.post(SESSIONS, content=json.dumps({"identity": token}))
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_identity"), token
        assert detail in answer.json()["detail"], token


async def test_an_identity_is_good_once(http: httpx.AsyncClient, site: HostSite) -> None:
    token = site.identity()
    assert (await hand_over(http, token)).status_code == 201
    await is_refused(http, token, "used before")
    await is_refused(
        http, site.identity(jti=jwt.decode(token, options={"verify_signature": False})["jti"]), "used before"
    )


async def test_while_redis_is_away_nobody_can_tell_and_nobody_is_signed_in(
    http: httpx.AsyncClient, site: HostSite, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "WAIT_SECONDS", 0.5)
    redis_server.pause()
    try:
        answer = await hand_over(http, site.identity())
    finally:
        redis_server.go_on()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_an_identity_is_no_token_and_a_token_is_no_identity(edge: Edge, site: HostSite, ada: Guest) -> None:
    token = site.identity()
    headers = {"Authorization": f"Bearer {token}"}
    here = f"/chat/v1/conversations/{await ada.open()}"
    async with httpx.AsyncClient(base_url=edge.url) as http:
        calls = [("POST", "/chat/v1/conversations"), ("GET", here), ("GET", f"{here}/stream")]
        for method, path in calls:
            answer = await http.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), path
        assert (await http.get(f"{here}/stream?ticket={token}")).status_code == 401
        both = await http.post(SESSIONS, headers=headers, json={"identity": token})
        assert (both.status_code, both.json()["code"]) == (401, "unauthorized")
        await is_refused(http, ada.token, "kid")
        async with signed_in(edge, token) as user:
            await is_refused(http, user.token, "kid")
    async with bounded(), connect(f"ws{edge.url[4:]}{here}/socket") as ws:
        await ws.send(json.dumps({"id": 1, "connect": {"token": site.identity()}}))
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await ws.recv()
    assert closed.value.rcvd and closed.value.rcvd.code == 3500


async def test_only_the_host_renews_a_users_session(edge: Edge, site: HostSite, ada: Guest) -> None:
    async with signed_in(edge, site.identity()) as user:
        assert "refreshToken" not in (await hand_over(user.http, site.identity())).json()
        again = await hand_over(user.http, site.identity())
        assert again.json()["participant"]["id"] == user.participant
        as_guest = await hand_over(ada.http, site.identity())
        assert as_guest.json()["participant"]["id"] == user.participant


async def test_a_users_stream_and_socket_end_with_the_session(
    edge: Edge, site: HostSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity.Sessions.issue, "__defaults__", (2,))
    async with signed_in(edge, site.identity()) as user:
        conversation = await user.open()
        async with user.stream(conversation) as frames:
            assert [frame async for frame in frames][-1]["code"] == 3500
    async with signed_in(edge, site.identity()) as user, bounded():
        async with connect(f"ws{edge.url[4:]}/chat/v1/conversations/{conversation}/socket") as ws:
            await ws.send(json.dumps({"id": 1, "connect": {"token": user.token}}))
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    await ws.recv()
        assert closed.value.rcvd and closed.value.rcvd.code == 3500


async def test_keys_come_and_go_without_a_restart(http: httpx.AsyncClient, site: HostSite) -> None:
    old, new = site.keys[0], secret_key("two")
    await is_refused(http, new.sign(claims()), "kid")
    site.publish(old, new)
    for key in (old, new):
        assert (await hand_over(http, key.sign(claims()))).status_code == 201
    site.publish(new)
    assert (await hand_over(http, new.sign(claims()))).status_code == 201
    await is_refused(http, old.sign(claims()), "kid")
    site.publish()
    await is_refused(http, new.sign(claims()), "kid")


async def test_a_broken_new_file_keeps_the_keys_and_is_reported_once(
    http: httpx.AsyncClient, site: HostSite, caplog: pytest.LogCaptureFixture
) -> None:
    key: SigningKey = site.keys[0]
    site.write('{"keys": [')
    for _ in range(3):
        assert (await hand_over(http, key.sign(claims()))).status_code == 201
    assert [record.message for record in caplog.records if "IDENTITY_KEYS" in record.message] == [
        f"IDENTITY_KEYS has changed and cannot be used, so the keys of before stay: {site.file} is not JSON"
    ]
    site.publish(secret_key("two"))
    await is_refused(http, key.sign(claims()), "kid")


async def test_without_keys_the_answer_names_the_setting(settings: Settings, site: HostSite) -> None:
    keyless = settings.copy(update={"identity_keys": None})
    async with serving(keyless) as edge, httpx.AsyncClient(base_url=edge.url) as http:
        answer = await hand_over(http, site.identity())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "IDENTITY_KEYS" in answer.json()["detail"]
