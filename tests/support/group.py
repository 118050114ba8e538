"""People who come together in one conversation."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx

from switchboard.log.events import Participant
from switchboard.people.identity import PARTS, Role
from tests.support.edge import Edge, Guest

ACCEPT = "/chat/v1/invitations/accept"


@contextlib.asynccontextmanager
async def signed_in(edge: Edge, role: Role, participant: str) -> AsyncIterator[Guest]:
    """Somebody of that role, who takes part in nothing yet."""
    who = Participant(participant, PARTS[role], participant)
    token = edge.chat.sessions.sign(edge.chat.sessions.issue(who, role, f"sign-in of {participant}"))
    async with httpx.AsyncClient(base_url=edge.url, timeout=20) as http:
        http.headers["Authorization"] = f"Bearer {token}"
        yield Guest(http, participant, token)


async def do(person: Guest, conversation: str, what: str, **body: Any) -> httpx.Response:
    """A call about the conversation."""
    return await person.http.post(f"/chat/v1/conversations/{conversation}/{what}", json=body)


async def invitation(host: Guest, conversation: str, **wanted: Any) -> str:
    """For one person, unless `uses` says more."""
    answer = await do(host, conversation, "invitations", **wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["invitation"])


async def accept(person: Guest, invited: str) -> httpx.Response:
    return await person.http.post(ACCEPT, json={"invitation": invited})


async def join(host: Guest, conversation: str, *people: Guest) -> None:
    """By one invitation."""
    invited = await invitation(host, conversation, uses=len(people))
    for person in people:
        answer = await accept(person, invited)
        assert (answer.status_code, answer.json()) == (200, {"conversationId": conversation})


async def participants(person: Guest, conversation: str) -> set[str]:
    """Who takes part, as somebody sees it."""
    return {each["id"] for each in (await person.snapshot(conversation))["participants"]}
