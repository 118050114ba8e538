"""Is this server ready, and how its API reads."""

from __future__ import annotations

from pathlib import Path

from sanic import Request
from sanic.response import HTTPResponse, file, json

from channels.services import chat_of
from switchboard.log.connection import answering

OPENAPI = Path(__file__).parents[1] / "docs" / "openapi.json"


async def health(request: Request) -> HTTPResponse:
    """`GET /health`: 200 once Redis answers and, where a bot runs in this process, its model is loaded; else 503.

    A server that has lost one of its tasks stays at 503 until it has stopped.
    """
    chat = chat_of(request)
    async with answering():
        await chat.log.redis.ping()
    model = chat.bot.model if chat.bot else None
    ready = (chat.standalone or model is not None) and not chat.vitals.failed
    status = "ready" if ready else "failed" if chat.vitals.failed else "starting"
    body = {"status": status, "model": model}
    return json(body, 200 if ready else 503, {"Cache-Control": "no-store"})


async def openapi(request: Request) -> HTTPResponse:
    """`GET /openapi.json`."""
    return await file(OPENAPI, mime_type="application/json")
