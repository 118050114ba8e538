"""The page at `/`, the files beside it, and what is nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels import page as module
from tests.channels.test_bad_input import assert_problem
from tests.support.chat_server import Guest, Server


async def test_the_page_and_its_files_are_served(server: Server) -> None:
    page = await server.http.get("/")
    assert (page.status_code, page.text, page.headers["content-type"]) == (
        200,
        "<h1>Shop</h1>",
        "text/html; charset=utf-8",
    )
    assert (await server.http.get("/style.css")).text == "h1 { color: red }"
    assert (await server.http.get("/img/logo.svg")).headers["content-type"].startswith("image/svg")
    assert (await server.http.head("/")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/.secret", "/../outside.txt", "/..%2foutside.txt", "/img", "/img/..%2f..%2foutside.txt", "/none"]
)
async def test_nothing_else_is_served(server: Server, path: str) -> None:
    assert (await server.http.get(path)).status_code == 404


@pytest.mark.parametrize("name", ["widget", "client"])
async def test_a_script_is_served_once_it_is_built(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    built = tmp_path / f"{name}.js"
    monkeypatch.setattr(module, name.upper(), built)
    assert_problem(await server.http.get(f"/{name}.js"), 404, "not_built")
    built.write_text("1")
    answer = await server.http.get(f"/{name}.js")
    assert (answer.text, answer.headers["content-type"]) == ("1", "text/javascript; charset=utf-8")
    assert answer.headers["cache-control"] == "no-cache"


async def test_the_console_is_served_under_its_own_path(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONSOLE", tmp_path)
    assert_problem(await server.http.get("/console/"), 404, "not_built")
    for name in ("index.html", "console.js", "console.css", "secret.txt"):
        (tmp_path / name).write_text(name)
    moved = await server.http.get("/console")
    assert (moved.status_code, moved.headers["location"]) == (302, "console/")
    page = await server.http.get("/console/")
    assert (page.text, page.headers["content-type"]) == ("index.html", "text/html; charset=utf-8")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    script = await server.http.get("/console/console.js")
    assert (script.text, script.headers["content-type"]) == ("console.js", "text/javascript; charset=utf-8")
    for name in ("secret.txt", "..%2fconsole.js", ".sources"):
        assert (await server.http.get(f"/console/{name}")).status_code == 404


@pytest.mark.parametrize("path", ["/chat/v1/nothing", "/chat/v1/a/b/c", "/chat/v1/conversations/c_1/other"])
async def test_an_unknown_path_of_the_api_is_a_problem(server: Server, path: str) -> None:
    for method in ("GET", "POST"):
        assert_problem(await server.http.request(method, path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("PUT", "/chat/v1/sessions", 405, "method_not_allowed"),
        ("PATCH", "/chat/v1/nothing", 404, "not_found"),
        ("DELETE", "/chat/v1/conversations/c_1", 405, "method_not_allowed"),
    ],
)
async def test_a_method_that_a_path_has_not_is_a_problem(
    server: Server, method: str, path: str, status: int, code: str
) -> None:
    assert_problem(await server.http.request(method, path), status, code)


async def test_an_unexpected_error_is_a_problem_that_tells_nothing(
    server: Server, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(server.chat.log, "describe", broken)
    answer = await server.http.get(guest.path, headers=guest.headers)
    assert_problem(answer, 500, "error")
    assert "hunter2" not in answer.text


async def test_without_a_bot_the_server_is_not_ready(server: Server) -> None:
    answer = await server.http.get("/chat/v1/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "starting", "model": None})
    assert answer.headers["cache-control"] == "no-store"


async def test_a_request_never_waits_for_an_answer_of_the_bot(guest: Guest) -> None:
    """There is no bot here at all, and ten messages are accepted."""
    for n in range(10):
        assert (await guest.send(text=str(n))).status_code == 202
    assert await guest.texts() == [str(n) for n in range(10)]
