"""Lists by page: what a client may ask for, and where the next page begins."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sanic import Request

from channels.problems import Problem

PAGE, MOST = 50, 100  # a page has, unless asked for more or less; and at most
LIMIT = re.compile(r"[0-9]{1,3}\Z", re.ASCII)
PARTICIPANT = re.compile(r"[A-Za-z0-9_:.@-]{1,255}\Z")
ENCODED = re.compile(r"[A-Za-z0-9_-]{1,200}\Z")
PLACE = re.compile(r"([0-9]{1,17})\.([A-Za-z0-9_:-]{1,80})\Z", re.ASCII)


@dataclass(frozen=True)
class Cursor:
    """The place of the last item of a page, by its time and id. Clients take it as it is."""

    time: int
    id: str

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.time}.{self.id}".encode()).decode().rstrip("=")


def query_of(request: Request) -> dict[str, str]:
    """What the URL asks for; of several values of a name the first."""
    return {name: values[0] for name, values in request.get_args(keep_blank_values=True).items()}


def limit_of(given: Mapping[str, str]) -> int:
    """How many items. Raises `Problem` 422."""
    text = given.get("limit")
    if text is None:
        return PAGE
    if LIMIT.match(text) and 1 <= int(text) <= MOST:
        return int(text)
    raise Problem(422, "invalid", f"limit: must be a number from 1 to {MOST}")


def before_of(given: Mapping[str, str]) -> tuple[int, str] | None:
    """Time and id of the item that the page comes after. Raises `Problem` 422."""
    text = given.get("before")
    if text is None:
        return None
    if ENCODED.match(text):
        padded = text + "=" * (-len(text) % 4)
        try:
            place = PLACE.match(base64.urlsafe_b64decode(padded).decode("ascii"))
        except ValueError:
            place = None
        if place is not None:
            return int(place[1]), place[2]
    raise Problem(422, "invalid", "before: is not what a page of this list said")
