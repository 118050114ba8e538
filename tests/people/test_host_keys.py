"""The file of a host's keys is taken whole or not at all, and what is wrong is said without a key."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from switchboard.people.host_keys import UnusableKeys, read_keys
from switchboard.settings import Settings, SettingsError
from tests.support.host_site import HostSite, ec_key, ed_key, rsa_key, secret_key

SECRET = secret_key()
RSA = rsa_key()


def changed(entry: dict[str, Any], **members: Any) -> str:
    return json.dumps({"keys": [{k: v for k, v in {**entry, **members}.items() if v is not None}]})


BROKEN = {
    "no JSON": ("{", "is not JSON"),
    "no Unicode": ("\udcff", "is not JSON"),
    "a list": ("[]", 'no list "keys"'),
    "no keys": ("{}", 'no list "keys"'),
    "an entry that is no object": ('{"keys": [7]}', "is no object"),
    "no kid": (changed(SECRET.entry, kid=None), "has no kid"),
    "no type": (changed(SECRET.entry, kty=["oct"]), "kty must be"),
    "no algorithm": (changed(SECRET.entry, alg=None), "must be one of HS256"),
    "none": (changed(SECRET.entry, alg="none"), "must be one of HS256"),
    "an algorithm of another type": (changed(RSA.entry, alg="HS256"), "must be one of RS256"),
    "a secret that is missing": (changed(SECRET.entry, k=None), "no whole key"),
    "a secret that is no text": (changed(SECRET.entry, k=7), "no whole key"),
    "a short secret": (changed(secret_key(size=31).entry), "too short"),
    "a short secret for its algorithm": (changed(secret_key(alg="HS512", size=63).entry), "too short"),
    "a short RSA key": (changed(rsa_key(size=1024).entry), "too short"),
    "a private key": (changed(RSA.entry, d="AQAB"), "private key"),
    "a curve of another algorithm": (changed(ec_key().entry, alg="ES512"), "no whole key"),
    "a point that is on no curve": (changed(ec_key().entry, y=ec_key().entry["x"]), "no whole key"),
    "a curve that we do not know": (changed(ed_key().entry, crv="X"), "no whole key"),
    "the same kid twice": (json.dumps({"keys": [SECRET.entry, {**RSA.entry, "kid": "one"}]}), "kid of another"),
}


@pytest.mark.parametrize(("text", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused_without_showing_a_key(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UnusableKeys, match=reason) as refused:
        read_keys(file)
    assert SECRET.entry["k"] not in str(refused.value)
    assert RSA.entry["n"] not in str(refused.value)


def test_a_start_with_a_file_that_cannot_be_used_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_KEYS", str(tmp_path / "keys.json"))
    with pytest.raises(SettingsError, match=r"IDENTITY_KEYS: .*keys\.json cannot be read: No such file.*README\.md"):
        Settings.checked()
    HostSite(tmp_path / "keys.json")
    assert Settings.checked().identity_keys == tmp_path / "keys.json"


OWN = "a-secret-of-our-own_of-43-characters-or-so0"  # as base64 it is 32 bytes


@pytest.mark.parametrize("k", [OWN, base64.urlsafe_b64encode(OWN.encode()).rstrip(b"=").decode()])
def test_the_key_of_our_own_sessions_is_no_key_of_a_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, k: str
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(changed(SECRET.entry, k=k))
    monkeypatch.setenv("IDENTITY_KEYS", str(file))
    Settings.checked()
    monkeypatch.setenv("SECRET_KEY", OWN)
    with pytest.raises(SettingsError, match="Make another"):
        Settings.checked()
