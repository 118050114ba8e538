"""The shapes of what people send about who goes on with a conversation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictStr, conint, validator

from channels.validation import PARTICIPANT_ID, TEXT_LIMIT, Strict, clean
from switchboard.handoff.case import CODE, TEAM
from switchboard.handoff.operators import Status

MOST_TEAMS = 20
MOST_CAPACITY = 50  # conversations at once: nobody follows more
DISPOSITION_LIMIT = 64  # characters
COMMENT_LIMIT = 1_000  # characters


def _team(value: str) -> str:
    if not CODE.match(value):
        raise ValueError("has other than a-z, 0-9, _ and -, or more than 32 characters")
    return value


class PersonWanted(Strict):
    """Body of `POST …/handoff`."""

    reason: Literal["asked"] = "asked"
    team: StrictStr = TEAM

    _check_team = validator("team", allow_reuse=True)(_team)


class Claim(Strict):
    """Body of `POST …/claim`. `term`: of the ownership that the operator has seen."""

    term: conint(strict=True, ge=1, lt=10**15) | None = None  # type: ignore[valid-type]


class Release(Strict):
    """Body of `POST …/release`."""

    to: Literal["bot", "queue"]
    team: StrictStr | None = None

    @validator("team")
    def _check_team(cls, value: str | None) -> str | None:
        return None if value is None else _team(value)


class Transfer(Strict):
    """Body of `POST …/transfer`: the operator who goes on."""

    participant_id: StrictStr = Field(..., alias="participantId", regex=PARTICIPANT_ID)


class Resolve(Strict):
    """Body of `POST …/resolve`: what came of it, in a word."""

    disposition: StrictStr = Field(..., max_length=DISPOSITION_LIMIT)

    @validator("disposition")
    def _said(cls, value: str) -> str:
        cleaned = " ".join(clean(value).split())
        if not cleaned:
            raise ValueError("is empty")
        return cleaned


class Rating(Strict):
    """Body of `POST …/rating`: of a handoff that people have settled, from 1 to 5, the best."""

    handoff_id: StrictStr = Field(..., alias="handoffId", regex=r"^h[0-9]{1,15}\Z")
    rating: conint(strict=True, ge=1, le=5)  # type: ignore[valid-type]
    comment: StrictStr | None = Field(None, max_length=COMMENT_LIMIT)

    @validator("comment")
    def _said(cls, value: str | None) -> str | None:
        return (clean(value) or None) if value is not None else None


class NewNote(Strict):
    """Body of `POST …/notes`."""

    client_note_id: StrictStr = Field(..., alias="clientNoteId", regex=r"^[A-Za-z0-9_.:-]{1,64}\Z")
    text: StrictStr = Field(..., max_length=TEXT_LIMIT)

    @validator("text")
    def _said(cls, value: str) -> str:
        cleaned = clean(value)
        if not cleaned:
            raise ValueError("is empty")
        return cleaned


class Presence(Strict):
    """Body of `POST /desk/presence`: what an operator says of themselves; the rest stays. No team is all of them."""

    status: Status
    teams: list[StrictStr] | None = Field(None, max_items=MOST_TEAMS)
    capacity: conint(strict=True, ge=1, le=MOST_CAPACITY) | None = None  # type: ignore[valid-type]

    @validator("teams")
    def _check_teams(cls, value: list[str] | None) -> list[str] | None:
        return value and [_team(each) for each in value]
