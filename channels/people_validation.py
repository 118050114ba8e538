"""The shapes of what people send about themselves: who they are, what they prefer, what is to be known of them."""

from __future__ import annotations

import math
import unicodedata
from typing import Any

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, root_validator, validator

from channels.validation import GUEST, IDENTITY_LIMIT, NAME_LIMIT, PARTICIPANT_ID, Strict, clean, flat, person_name
from switchboard.people.addresses import EMAIL_LIMIT, mail_address

MEMORY_LIMIT = 1_000  # characters
PASSWORD_MINIMUM, PASSWORD_LIMIT = 10, 200  # characters
TAKEN_ALONG = 20  # conversations, by a guest who signs in
LANGUAGE = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,8}\Z"  # a tag as in BCP 47, registered or not
LANGUAGE_LIMIT = 35  # characters (RFC 5646, 4.4.1)
SLOT = r"^[!-~]{1,80}\Z"  # the name of one, as a bot's domain has it


def same_password(text: str) -> str:
    """In the form in which it is the same on every keyboard (NFKC, as RFC 8265 has it). Raises `ValueError`."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("is not valid Unicode") from error
    return unicodedata.normalize("NFKC", text)


class NewSession(Strict):
    """Body of `POST /sessions`. `identity`: a JWT by which a host signs somebody in; it says the name too.

    `conversations`: of the guest who calls, and who signs in.
    """

    name: StrictStr = Field(GUEST, max_length=NAME_LIMIT)
    identity: StrictStr | None = Field(None, max_length=IDENTITY_LIMIT)
    refresh_token: StrictStr | None = Field(None, alias="refreshToken", max_length=IDENTITY_LIMIT)
    conversations: list[StrictStr] = Field([], max_items=TAKEN_ALONG)

    @validator("name")
    def _clean_name(cls, value: str) -> str:
        return person_name(value)

    @root_validator(skip_on_failure=True)
    def _one_way(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("identity") is not None and values.get("refresh_token") is not None:
            raise ValueError("give either identity or refreshToken")
        return values


class Someone(Strict):
    """Body of `POST /me/erase` and `POST /people/erase`."""

    participant_id: StrictStr = Field(..., alias="participantId", regex=PARTICIPANT_ID)


class NewAccount(Strict):
    """Body of `POST /accounts`."""

    email: StrictStr = Field(..., max_length=EMAIL_LIMIT)

    @validator("email")
    def _address(cls, value: str) -> str:
        return mail_address(value)


class ChoosePassword(Strict):
    """Body of `POST /accounts/password`: by the token of a letter."""

    token: StrictStr = Field(..., max_length=IDENTITY_LIMIT)
    password: StrictStr = Field(..., min_length=PASSWORD_MINIMUM, max_length=PASSWORD_LIMIT)
    name: StrictStr = Field(GUEST, max_length=NAME_LIMIT)
    conversations: list[StrictStr] = Field([], max_items=TAKEN_ALONG)

    @validator("password")
    def _unicode(cls, value: str) -> str:
        return same_password(value)

    @validator("name")
    def _clean_name(cls, value: str) -> str:
        return person_name(value)


class SignIn(NewAccount):
    """Body of `POST /accounts/session`. `device`: what an earlier sign-in on this device has brought."""

    password: StrictStr = Field(..., max_length=PASSWORD_LIMIT)
    device: StrictStr | None = Field(None, max_length=IDENTITY_LIMIT)
    conversations: list[StrictStr] = Field([], max_items=TAKEN_ALONG)

    @validator("password")
    def _unicode(cls, value: str) -> str:
        return same_password(value)


class CorrectMemory(Strict):
    """Body of `POST /me/memory`: what is right, of something that is remembered."""

    name: StrictStr = Field(..., regex=SLOT)
    value: StrictStr | StrictBool | StrictInt | StrictFloat

    @validator("value")
    def _fits(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = clean(value)
            if not 0 < len(value) <= MEMORY_LIMIT:
                raise ValueError(f"must have 1 to {MEMORY_LIMIT} characters")
        elif isinstance(value, float) and not math.isfinite(value):
            raise ValueError("is no number")
        return value


class ForgetMemory(Strict):
    """Body of `POST /me/memory/forget`: one thing, or all."""

    name: StrictStr | None = Field(None, regex=SLOT)


class EndSession(Strict):
    """Body of `POST /sessions/end`."""

    everywhere: StrictBool = False


class ProfileChange(Strict):
    """Body of `POST /me`. What is missing stays; `null` takes back the language, or a preference."""

    name: StrictStr = Field(GUEST, max_length=NAME_LIMIT)
    language: StrictStr | None = Field(None, max_length=LANGUAGE_LIMIT, regex=LANGUAGE)
    preferences: dict[StrictStr, Any] = Field({})

    @validator("name")
    def _clean_name(cls, value: str) -> str:
        return person_name(value)

    @validator("preferences", pre=True)
    def _flat(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("must be an object")
        return flat(value)
