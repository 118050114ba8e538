"""The page at `/` and the scripts that a site includes. Only files that were there at the start are served."""

from __future__ import annotations

from pathlib import Path

from sanic import Request
from sanic.blueprints import Blueprint
from sanic.response import HTTPResponse, file

from channels.problems import Problem

ROOT = Path(__file__).parents[1]
PLAIN_PAGE = ROOT / "widget" / "page"
WIDGET = ROOT / "widget" / "dist" / "widget.js"
CLIENT = ROOT / "client" / "dist" / "client.js"
MAX_FILES = 200  # a page folder, not a web site


def page_folder(folder: Path) -> Path:
    """The team's own page, or the plain one."""
    return folder if (folder / "index.html").is_file() else PLAIN_PAGE


def add_page(blueprint: Blueprint, folder: Path) -> None:
    """Serve every file of the page's folder, by its name, and the scripts. `/` itself is taken by `front_page`."""
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    public = [path for path in files if not any(part.startswith(".") for part in path.parts)]
    for number, path in enumerate(public[:MAX_FILES]):
        blueprint.static(f"/{path.as_posix()}", folder / path, name=f"page_{number}")
    blueprint.add_route(widget, "/widget.js", name="widget")
    blueprint.add_route(client, "/client.js", name="client")


async def widget(request: Request) -> HTTPResponse:
    """The chat as one script."""
    return await _built(WIDGET, WIDGET.is_file())


async def client(request: Request) -> HTTPResponse:
    """The protocol client as one module, for pages with a chat of their own."""
    return await _built(CLIENT, CLIENT.is_file())


async def _built(script: Path, there: bool) -> HTTPResponse:
    if not there:
        raise Problem(404, "not_built", f"{script.name} is not built. `make run` builds it.")
    return await file(script, mime_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


async def front_page(folder: Path, request: Request) -> HTTPResponse | None:
    """`GET /`, before Rasa's own greeting."""
    if request.path == "/" and request.method in ("GET", "HEAD"):
        return await file(
            folder / "index.html", mime_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"}
        )
    return None
