"""A real browser and a really running server. Without Chromium the tests skip on a laptop, and fail in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.chat import Chat
from tests.e2e.running_server import READY_SECONDS, ROOT, RunningServer
from tests.support.cable import Cable

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# The sandbox needs rights that containers lack; the rest keeps the browser from calling home.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STEP_MS = 10_000
RESULTS = ROOT / "test-results"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """
async () => (await axe.run()).violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test waits for the server, which may have to train."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(READY_SECONDS + 120))


def give_up(missing: str) -> NoReturn:
    """Skip what this laptop cannot run; in CI fail."""
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    path = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if path is None:
        give_up("Chromium is not installed: `apt-get install chromium`")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for the session; every test has a profile of its own in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The whole product, with the demo shop."""
    server = RunningServer(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes visitors: browser contexts with the given options, which share nothing."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options})  # type: ignore[arg-type]
        context.set_default_timeout(STEP_MS)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A visitor's tab. Whatever the page throws fails the test."""
    page = new_context().new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


@pytest.fixture
def chat(page: Page, server: RunningServer) -> Chat:
    """The shop's page, with the panel open."""
    chat = Chat(page)
    chat.visit(server.url)
    chat.open()
    return chat


@pytest.fixture
def cable(server: RunningServer) -> Iterator[Cable]:
    """The way to the server that a test can interrupt."""
    cable = Cable(server.port)
    yield cable
    cable.close()


@pytest.fixture
def screenshot() -> Callable[[Page, str], None]:
    """Keeps a picture in `test-results/`, for people to look at."""

    def take(page: Page, name: str) -> None:
        RESULTS.mkdir(exist_ok=True)
        page.screenshot(path=RESULTS / f"{name}.png")

    return take


@pytest.fixture
def axe_violations() -> Callable[[Page], list[str]]:
    """What axe-core finds on a page, shadow roots included: one line per rule and element."""
    if not AXE.is_file():
        give_up("axe-core is not installed: `npm ci`")
    script = AXE.read_text()

    def find(page: Page) -> list[str]:
        page.evaluate(script)
        found: list[str] = page.evaluate(RUN_AXE)
        return found

    return find
