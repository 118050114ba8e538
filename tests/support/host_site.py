"""A site that embeds the chat and signs its users in: its keys, the file of them, and the identities that it signs."""

from __future__ import annotations

import base64
import json
import os
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm, RSAAlgorithm


@dataclass(frozen=True)
class SigningKey:
    """What the back end signs with, and its entry in the file."""

    private: Any
    entry: dict[str, Any]

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """The claims as a JWT."""
        headers = {"kid": self.entry["kid"], **header}
        return jwt.encode(claims, self.private, self.entry["alg"], {k: v for k, v in headers.items() if v is not None})


def secret_key(kid: str = "one", alg: str = "HS256", size: int = 64) -> SigningKey:
    """A secret that both sides know."""
    secret = os.urandom(size)
    return SigningKey(secret, {**HMACAlgorithm.to_jwk(secret, as_dict=True), "kid": kid, "alg": alg})


def rsa_key(kid: str = "rsa", size: int = 2048) -> SigningKey:
    private = rsa.generate_private_key(65537, size)
    entry = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return SigningKey(private, {**entry, "kid": kid, "alg": "RS256"})


def ec_key(kid: str = "ec") -> SigningKey:
    private = ec.generate_private_key(ec.SECP256R1())
    return SigningKey(private, {**ECAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": kid, "alg": "ES256"})


def ed_key(kid: str = "ed") -> SigningKey:
    private = ed25519.Ed25519PrivateKey.generate()
    return SigningKey(private, {**OKPAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": kid, "alg": "EdDSA"})


def claims(sub: str = "ada", **changed: Any) -> dict[str, Any]:
    """Good ones, for a minute; `None` leaves one out."""
    now = int(time.time())
    good = {"aud": "switchboard", "sub": sub, "iat": now, "exp": now + 60, "jti": uuid.uuid4().hex, "name": "Ada"}
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def segment(value: bytes) -> str:
    """As in a JWT."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


@dataclass
class HostSite:
    """Its first key signs."""

    file: Path
    keys: list[SigningKey] = field(default_factory=lambda: [secret_key()])

    def __post_init__(self) -> None:
        self.publish(*self.keys)

    def publish(self, *keys: SigningKey) -> None:
        """These are the keys from now on."""
        self.keys = list(keys)
        self.write(json.dumps({"keys": [key.entry for key in keys]}))

    def write(self, text: str) -> None:
        """Another file takes the place of the one that there was."""
        new = self.file.with_suffix(".new")
        new.write_text(text)
        new.replace(self.file)

    def identity(self, sub: str = "ada", **changed: Any) -> str:
        """Who is signed in, for one sign-in at the chat."""
        return self.keys[0].sign(claims(sub, **changed))
