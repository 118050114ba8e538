"""Who the caller is, and what they have said of themselves."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from sanic import Request
from sanic.response import HTTPResponse, empty

from channels.people_validation import ProfileChange
from channels.problems import Problem
from channels.services import chat_of, json_body
from channels.validation import METADATA_LIMIT, flat, parse
from switchboard.log.codec import dumps
from switchboard.people.identity import Session
from switchboard.people.profiles import Profile


async def show_me(request: Request) -> HTTPResponse:
    """`GET /me`: 200 with an ETag, 304 for who has that one."""
    chat = chat_of(request)
    session = chat.session(request)
    body, tag = shown(session, await chat.profiles.find(session.participant.id))
    if _names(request.headers.get("if-none-match", "").replace("W/", ""), tag):
        return empty(304, {"ETag": tag})
    return _answer(body, tag)


async def change_me(request: Request) -> HTTPResponse:
    """`POST /me`: what is given is changed, `null` takes it back; 409 if `If-Match` does not name what is there now."""
    chat = chat_of(request)
    session = chat.session(request)
    chat.paces.check(session.participant.id)
    wanted = parse(ProfileChange, await json_body(request))

    def change(profile: Profile) -> Profile:
        if "if-match" in request.headers and not _names(request.headers["if-match"], shown(session, profile)[1]):
            # Not 412: Sanic 21.12 leaves out the length and the type of its body, so that clients wait for more.
            raise Problem(409, "changed", "Somebody has changed it meanwhile. Get it, and change that.")
        return _changed(profile, wanted)

    return _answer(*shown(session, await chat.profiles.change(session.participant.id, change)))


def _changed(profile: Profile, wanted: ProfileChange) -> Profile:
    """Raises `Problem` 422 for more preferences than there is room for."""
    given = {name: getattr(wanted, name) for name in wanted.__fields_set__ - {"preferences"}}
    merged = {**profile.preferences, **(wanted.preferences or {})}
    kept = {name: value for name, value in merged.items() if value is not None}
    try:
        return replace(profile, **given, preferences=flat(kept))
    except ValueError as error:
        raise Problem(422, "invalid", f"preferences: all together may have {METADATA_LIMIT} bytes") from error


def shown(session: Session, profile: Profile) -> tuple[str, str]:
    """The body, and its entity tag."""
    wire: dict[str, Any] = {
        "id": session.participant.id,
        "role": session.role,
        "name": profile.name or session.participant.name,
        "language": profile.language,
        "preferences": dict(sorted(profile.preferences.items())),
    }
    body = dumps(wire)
    return body, f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'


def _names(header: str, tag: str) -> bool:
    """Whether a precondition (RFC 9110, 13.1) names a tag."""
    return header.strip() == "*" or tag in (each.strip() for each in header.split(","))


def _answer(body: str, tag: str) -> HTTPResponse:
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    return HTTPResponse(body, content_type="application/json", headers=headers)
