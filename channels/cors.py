"""Which other sites may call the API from a browser.

The token is a header; the only cookie is that of a native EventSource (`tickets`), for sites that are named.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from sanic import Request
from sanic.response import BaseHTTPResponse, HTTPResponse, empty

PREFLIGHT_SECONDS = 600


def may_call(request: Request, origins: frozenset[str]) -> bool:
    """Whether a request comes from a page that may call us. Programs send no `Origin` and may."""
    origin = request.headers.get("origin")
    if origin is None or "*" in origins:
        return True
    if origin in origins:
        return True
    try:
        return bool(urlsplit(origin).netloc == request.headers.get("host"))
    except ValueError:  # no URL at all
        return False


def allow_origin(request: Request, response: BaseHTTPResponse) -> None:
    """Response middleware: lets the page read the answer, if its site may call us."""
    origin = request.headers.get("origin")
    origins = request.app.ctx.chat.settings.origins
    if origin and may_call(request, origins):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = (
            "ETag, Retry-After"  # else only pages of this site could obey it
        )
        response.headers["Vary"] = "Origin"
        if origin in origins:
            response.headers["Access-Control-Allow-Credentials"] = "true"


async def preflight(request: Request, **names: str) -> HTTPResponse:
    """`OPTIONS` of any route."""
    headers = {
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID",
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
    }
    return empty(headers=headers)
