"""What the bot remembers of whoever calls: they see it, put it right, and have it forgotten."""

from __future__ import annotations

from typing import Any

from sanic import Request
from sanic.response import HTTPResponse, empty, json

from channels.people_validation import CorrectMemory, ForgetMemory
from channels.problems import Problem
from channels.services import Chat, chat_of, json_body
from channels.validation import parse
from switchboard.people.memory import EVERYTHING, Remembered

NO_STORE = {"Cache-Control": "no-store"}


async def show_memory(request: Request) -> HTTPResponse:
    """`GET /me/memory`: everything, with where it is from and how long it lasts."""
    chat = chat_of(request)
    session = chat.session(request)
    return json({"memory": await remembered(chat, session.participant.id)}, headers=NO_STORE)


async def remembered(chat: Chat, participant: str) -> list[dict[str, Any]]:
    """Everything of somebody. Raises `ArchiveUnavailable`."""
    return [_wire(each) for each in await chat.memory.of(participant)]


async def correct_memory(request: Request) -> HTTPResponse:
    """`POST /me/memory`: 200 with what is remembered now; 404 for what is not."""
    chat = chat_of(request)
    session = chat.session(request)
    wanted = parse(CorrectMemory, await json_body(request))
    now = await chat.memory.correct(session.participant.id, wanted.name, wanted.value)
    if now is None:
        raise Problem(404, "not_found", "Nothing of that name is remembered.")
    return json(_wire(now), headers=NO_STORE)


async def forget_memory(request: Request) -> HTTPResponse:
    """`POST /me/memory/forget`: 204, also where there was nothing."""
    chat = chat_of(request)
    session = chat.session(request)
    wanted = parse(ForgetMemory, await json_body(request))
    await chat.memory.forget(session.participant.id, wanted.name or EVERYTHING)
    return empty(204)


def _wire(each: Remembered) -> dict[str, Any]:
    wire = {
        "name": each.name,
        "value": each.value,
        "conversationId": each.conversation,
        "learnedAt": round(each.learned_at.timestamp() * 1000),
        "expiresAt": round(each.expires_at.timestamp() * 1000),
    }
    return {name: value for name, value in wire.items() if value is not None}
