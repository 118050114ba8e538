"""The page at `/`, the scripts that a site includes, the operators' console. Other files were there at the start."""

from __future__ import annotations

from pathlib import Path

from sanic import Request
from sanic.blueprints import Blueprint
from sanic.response import HTTPResponse, file, redirect

from channels.problems import Problem

ROOT = Path(__file__).parents[1]
PLAIN_PAGE = ROOT / "widget" / "page"
WIDGET = ROOT / "widget" / "dist" / "widget.js"
CLIENT = ROOT / "client" / "dist" / "client.js"
CONSOLE = ROOT / "console" / "dist"
CONSOLE_FILES = {  # what its build makes, and no others
    "index.html": "text/html; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "console.css": "text/css; charset=utf-8",
}
CONSOLE_HEADERS = {  # it shows what strangers write, to people who may do much
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src https: http: data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
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
    blueprint.add_route(console, "/console", name="console", strict_slashes=True)
    blueprint.add_route(console_file, "/console/<name:str>", name="console_file")


async def widget(request: Request) -> HTTPResponse:
    """The chat as one script."""
    return await _built(WIDGET, WIDGET.is_file())


async def client(request: Request) -> HTTPResponse:
    """The protocol client as one module, for pages with a chat of their own."""
    return await _built(CLIENT, CLIENT.is_file())


async def console(request: Request) -> HTTPResponse:
    """The way to it. It names its files relative to `/console/`, since a proxy may add a path before that."""
    return redirect("console/")


async def console_file(request: Request, name: str) -> HTTPResponse:
    """A file of the operators' console; without a name the page itself."""
    name = name or "index.html"
    if name not in CONSOLE_FILES:
        raise Problem(404, "not_found", "There is no such file.")
    built = CONSOLE / name
    if not built.is_file():
        raise Problem(404, "not_built", "The console is not built. `make run` builds it.")
    return await file(built, mime_type=CONSOLE_FILES[name], headers=CONSOLE_HEADERS)


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
