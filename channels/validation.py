"""The shapes of what clients send about conversations, and what all shapes share."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    Field,
    StrictBool,
    StrictStr,
    ValidationError,
    conint,
    root_validator,
    validator,
)

from channels.problems import Problem
from switchboard.log.log import Position

TEXT_LIMIT = 4_000  # characters
METADATA_LIMIT = 4_096  # bytes of JSON
NAME_LIMIT = 60  # characters
TITLE_LIMIT = 100  # characters
MESSAGE_ID = r"^[A-Za-z0-9_.:-]{1,100}\Z"
PARTICIPANT_ID = r"^[A-Za-z0-9_.@-]{1,128}\Z"  # no colon: it stands between the parts of an entry's key
MOST_USES = 50  # of an invitation: more people do not fit into a conversation
IDENTITY_LIMIT = 8_192  # characters of a JWT; a long one has 1,000
DAY_MS = 24 * 3600 * 1000
GUEST = "Guest"  # what somebody is called who says no name
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
EVENT_ID = re.compile(r"^([0-9a-f]{1,16})\.([0-9]{1,15})\Z")

M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """A body: fields that it does not name are refused."""

    class Config:
        extra = "forbid"


def clean(text: str) -> str:
    """Text as people mean it: line ends unified, other control characters as spaces, nothing around it.

    Raises `ValueError` for a lone surrogate, which is no text in any encoding.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("is not valid Unicode") from error
    return CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def person_name(text: str) -> str:
    """A name on one line, cut to what fits; a guest's if nothing is left. Raises `ValueError`, as `clean` does."""
    return " ".join(clean(text).split())[:NAME_LIMIT].strip() or GUEST


def flat(value: dict[str, Any]) -> dict[str, Any]:
    """An object without objects or lists in it, of no more than `METADATA_LIMIT`. Raises `ValueError`."""
    if any(isinstance(item, (dict, list)) for item in value.values()):
        raise ValueError("must be flat")
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
    except ValueError as error:  # a lone surrogate, NaN or infinity
        raise ValueError("is not JSON in Unicode") from error
    if size > METADATA_LIMIT:
        raise ValueError(f"is larger than {METADATA_LIMIT} bytes")
    return value


class Nothing(Strict):
    """A body without fields."""


class Connect(Strict):
    """The first command on a WebSocket: who it is, and where they left off."""

    token: StrictStr
    epoch: Any = None
    offset: Any = None

    @property
    def position(self) -> Position | None:
        """Where to go on; what is malformed, of whatever type, is no position: the client gets a snapshot."""
        if isinstance(self.epoch, str) and isinstance(self.offset, int):
            return parse_position(f"{self.epoch}.{self.offset}")
        return None


class Rename(Strict):
    """A title: one line."""

    title: StrictStr = Field(..., max_length=TITLE_LIMIT)

    @validator("title")
    def _one_line(cls, value: str) -> str:
        cleaned = " ".join(clean(value).split())
        if not cleaned:
            raise ValueError("is empty")
        return cleaned


class Typing(Strict):
    """Whether the caller writes."""

    typing: StrictBool


class Read(Strict):
    """What the caller has seen: everything up to and including this offset."""

    up_to: conint(strict=True, ge=1, lt=10**15) = Field(..., alias="upTo")  # type: ignore[valid-type]


class Stop(Strict):
    """Which turn is to stop; without an id the one under way."""

    turn_id: StrictStr | None = Field(None, alias="turnId", regex=r"^t[0-9]{1,15}\Z")


class Send(Strict):
    """A message to send: `text`, or the `payload` of a button."""

    client_message_id: StrictStr = Field(..., alias="clientMessageId", regex=r"^[A-Za-z0-9_.:-]{1,64}\Z")
    text: StrictStr | None = None
    payload: StrictStr | None = None
    metadata: dict[StrictStr, Any] | None = None
    reply_to: StrictStr | None = Field(None, alias="replyTo", regex=MESSAGE_ID)

    @validator("text", "payload")
    def _text(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if len(value) > TEXT_LIMIT:
            raise ValueError(f"has more than {TEXT_LIMIT} characters")
        cleaned = clean(value)
        if not cleaned:
            raise ValueError("is empty")
        return cleaned

    @validator("metadata", pre=True)
    def _flat(cls, value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict):  # pydantic would take a list of pairs for an object
            raise ValueError("must be an object")
        return flat(value)

    @root_validator(skip_on_failure=True)
    def _one_of(cls, values: dict[str, Any]) -> dict[str, Any]:
        if (values.get("text") is None) == (values.get("payload") is None):
            raise ValueError("give either text or payload")
        return values


class NewParticipant(Strict):
    """Somebody whom a server adds."""

    participant_id: StrictStr = Field(..., alias="participantId", regex=PARTICIPANT_ID)
    name: StrictStr = Field(..., max_length=NAME_LIMIT)
    role: Literal["customer", "operator"]

    @validator("name")
    def _clean_name(cls, value: str) -> str:
        return person_name(value)


class NewInvitation(Strict):
    """For whoever has it: `expires_in` milliseconds, for so many people."""

    expires_in: conint(strict=True, ge=1_000, le=30 * DAY_MS) = Field(  # type: ignore[valid-type]
        7 * DAY_MS, alias="expiresIn"
    )
    uses: conint(strict=True, ge=1, le=MOST_USES) = 1  # type: ignore[valid-type]


class Acceptance(Strict):
    """An invitation that somebody follows."""

    invitation: StrictStr = Field(..., max_length=IDENTITY_LIMIT)


class Removal(Strict):
    """Who is to go."""

    participant_id: StrictStr = Field(..., alias="participantId", regex=PARTICIPANT_ID)


class Muting(Strict):
    """Who may only read, or write again."""

    participant_id: StrictStr = Field(..., alias="participantId", regex=PARTICIPANT_ID)
    muted: StrictBool


def parse(model: type[M], data: Any) -> M:
    """The body as a model. Raises `Problem` 422, naming the first field that is wrong."""
    if not isinstance(data, dict):  # pydantic would take a list of pairs for an object
        raise Problem(422, "invalid", "must be an object")
    try:
        return model.parse_obj(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "__root__")
        raise Problem(422, "invalid", f"{where}: {first['msg']}" if where else first["msg"]) from error


def parse_position(text: str | None) -> Position | None:
    """`<epoch>.<offset>` as a position. What is malformed is no position: the client gets a snapshot."""
    match = EVENT_ID.match(text or "")
    return Position(match[1], int(match[2])) if match else None
