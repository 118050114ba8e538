"""The keys with which a host site says who is signed in there: a JWK set (RFC 7517) in a file."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm

logger = logging.getLogger(__name__)

ALGORITHMS = {
    "oct": ("HS256", "HS384", "HS512"),
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
PRIVATE = "d"  # the member that a private key has and its public half has not (RFC 7518, 6)


class UnusableKeys(ValueError):
    """Raised when a file is no set of keys that we take. The text names the key, and holds nothing of it."""


class HostKeys:
    """The keys by their `kid`. The file is read again when it has changed; one that is broken then changes nothing."""

    def __init__(self, path: Path) -> None:
        """Raises `UnusableKeys`."""
        self._path = path
        self._seen = _stamp(path)
        self._keys = read_keys(path)

    def find(self, kid: object) -> jwt.PyJWK | None:
        """The key that a token names, if it is one of ours now."""
        self._refresh()
        return self._keys.get(kid) if isinstance(kid, str) else None

    def _refresh(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._keys = read_keys(self._path)
        except UnusableKeys as error:
            logger.error("IDENTITY_KEYS has changed and cannot be used, so the keys of before stay: %s", error)


def read_keys(path: Path) -> Mapping[str, jwt.PyJWK]:
    """All keys of the file, by `kid`. An empty set is one: nobody is signed in. Raises `UnusableKeys`."""
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise UnusableKeys(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError):
        raise UnusableKeys(f"{path} is not JSON") from None
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise UnusableKeys(f'{path} has no list "keys"')
    keys: dict[str, jwt.PyJWK] = {}
    for number, entry in enumerate(entries, 1):
        kid, key = _read_key(f"key {number} of {path}", entry)
        if kid in keys:
            raise UnusableKeys(f"key {number} of {path} has the kid of another one")
        keys[kid] = key
    return keys


def _read_key(where: str, entry: Any) -> tuple[str, jwt.PyJWK]:
    """What PyJWT says against a key may hold that key, so it is not repeated."""
    if not isinstance(entry, dict):
        raise UnusableKeys(f"{where} is no object")
    kid, kty = entry.get("kid"), entry.get("kty")
    if not isinstance(kid, str) or not kid:
        raise UnusableKeys(f"{where} has no kid")
    if not isinstance(kty, str) or kty not in ALGORITHMS:
        raise UnusableKeys(f"{where}: kty must be one of {', '.join(ALGORITHMS)}")
    if entry.get("alg") not in ALGORITHMS[kty]:
        raise UnusableKeys(f"{where}: the alg of kty {kty} must be one of {', '.join(ALGORITHMS[kty])}")
    if PRIVATE in entry:
        raise UnusableKeys(f"{where} is a private key: leave that with the host's back end, here is its public half")
    try:
        key = jwt.PyJWK(entry)
        material = key.Algorithm.prepare_key(key.key)
    except (jwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError, AttributeError):
        raise UnusableKeys(f"{where} is no whole key of its kty and alg") from None
    if key.Algorithm.check_key_length(material):
        raise UnusableKeys(f"{where} is too short for its alg")
    return kid, key


def _stamp(path: Path) -> tuple[int, int, int, int] | None:
    """Changes whenever the file does, or who may read it, also when another one takes its place."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino
