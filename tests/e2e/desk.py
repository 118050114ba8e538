"""The console as an operator uses it, for tests to read like what an operator does."""

from __future__ import annotations

import contextlib
import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.running_server import RunningServer

ARCHIVE_SECONDS = 20


class Desk:
    """One operator's page. The people to try it as are those that the server has made at its start."""

    def __init__(self, page: Page, server: RunningServer) -> None:
        self.page = page
        self.server = server
        self.queue = page.get_by_role("navigation")
        self.field = page.locator(".composer textarea")
        self.transcript = page.get_by_role("log")
        self.hindrance = page.locator(".hindered")
        self.dialog = page.get_by_role("dialog")

    def sign_in(self, role: str) -> None:
        found = re.search(rf"^ *{role} +(\S+) +(\S+)$", self.server.output.read_text(), re.MULTILINE)
        assert found, "the server has said nobody's password"
        self.sign_in_as(found[1], found[2])
        expect(self.queue).not_to_have_class(re.compile("stale"))

    def sign_in_as(self, address: str, password: str) -> None:
        self.page.goto(f"{self.server.url}/console")
        self.page.locator("[name=email]").fill(address)  # whatever language it speaks
        self.page.locator("[name=password]").fill(password)
        self.page.keyboard.press("Enter")

    def case(self, name: str) -> Locator:
        """A conversation in the list."""
        return self.queue.locator(".case", has_text=name)

    def press(self, key: str) -> None:
        """A key that means something by itself: nobody writes."""
        self.page.keyboard.press("Escape")
        self.page.keyboard.press(key)

    def claim_next(self) -> None:
        """Take who waits, by its key, and wait until that shows."""
        expect(self.queue.locator(".case.pending")).not_to_have_count(0)
        self.page.keyboard.press("n")
        self.may_write()

    def find(self, words: str) -> Locator:
        """Search until there is one such conversation: the archive is some seconds behind."""
        field, found = self.dialog.get_by_role("searchbox"), self.dialog.locator(".past button")
        field.fill(words)
        for _ in range(ARCHIVE_SECONDS):
            field.press("Enter")
            with contextlib.suppress(AssertionError):
                expect(found).to_have_count(1, timeout=1_000)
                return found
        raise AssertionError(f"nothing is found for {words!r}")

    def may_write(self) -> None:
        """Wait until the conversation is this operator's."""
        expect(self.page.locator(".actions .primary[title*='(E)']")).to_be_visible()
        expect(self.field).to_be_focused()
