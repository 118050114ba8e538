"""The OpenAPI document says what the server does: no route more, no route less."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from openapi_spec_validator import validate_spec
from sanic import Sanic

from channels.blueprint import ChatBlueprint
from channels.health import OPENAPI
from channels.problems import PREFIX
from switchboard.settings import Settings

CATCH_ALL = f"{PREFIX}/{{path}}"  # preflights, and a problem body for what is not there


@pytest.fixture
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))
    return loaded


def routes() -> set[tuple[str, str]]:
    """Method and path of everything the blueprint serves under the prefix."""
    Sanic.test_mode = True
    app = Sanic("contract")
    app.blueprint(ChatBlueprint(Settings()))
    return {
        (method.lower(), _template(f"/{route.path}"))
        for route in app.router.routes
        for method in route.methods - {"OPTIONS"}
        if route.path.startswith(PREFIX.lstrip("/")) and _template(f"/{route.path}") != CATCH_ALL
    }


def _template(path: str) -> str:
    """`<conversation_id:str>` → `{conversationId}`."""
    name = re.compile(r"<(\w+?)(?::\w+)?>")
    return name.sub(lambda match: "{" + re.sub(r"_(\w)", lambda m: m[1].upper(), match[1]) + "}", path)


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    validate_spec(document)


def test_every_route_is_documented_and_every_documented_route_exists(document: dict[str, Any]) -> None:
    documented = {
        (method, path)
        for path, item in document["paths"].items()
        for method in item
        if method in ("get", "post", "put", "delete")
    }
    assert documented == routes()


def test_every_operation_that_needs_a_token_says_what_happens_without_one(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method in set(item) - {"parameters"}:
            operation = item[method]
            if operation.get("security") is None:
                assert "401" in operation["responses"], f"{method} {path}"
