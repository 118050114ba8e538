"""The chat as a visitor sees it, for tests to read like what a visitor does."""

from __future__ import annotations

import re
from typing import Any, cast

from playwright.sync_api import Locator, Page, expect

ANSWER_MS = 15_000

_SNAPSHOT = """
async () => {
  const kept = (name) => JSON.parse(localStorage.getItem(`switchboard:${location.origin}:${name}`));
  const headers = { Authorization: `Bearer ${kept("session").token}` };
  return (await fetch(`/chat/v1/conversations/${kept("conversation")}`, { headers })).json();
}
"""

_ENTRIES = """
async () => {
  const kept = (name) => JSON.parse(localStorage.getItem(`switchboard:${location.origin}:${name}`));
  const headers = { Authorization: `Bearer ${kept("session").token}` };
  const all = await (await fetch("/chat/v1/me/export", { headers })).json();
  return all.conversations.find(({ conversationId }) => conversationId === kept("conversation")).entries;
}
"""


class Chat:
    """Playwright's locators see through the open shadow root."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.element = page.locator("switchboard-chat")
        self.launcher = self.element.locator(".launcher")
        self.panel = self.element.get_by_role("dialog")
        self.field = self.panel.get_by_role("textbox")
        self.health = self.panel.locator(".health")
        self.own = self.panel.locator(".row.mine")
        self.answers = self.panel.locator("[data-message-id]")
        self.bar = self.panel.get_by_role("progressbar")

    def visit(self, url: str) -> None:
        self.page.goto(url)

    def open(self) -> None:
        self.launcher.click()
        expect(self.panel).to_be_visible()

    def say(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def ask(self, text: str) -> Locator:
        """Say it and wait for an answer; returns the answer's row."""
        before = self.answers.count()
        self.say(text)
        return self.answer_after(before)

    def answer_after(self, before: int) -> Locator:
        """Wait for the end of the turn that says more than the `before` messages of the bot; its first message."""
        answer = self.answers.nth(before)
        expect(answer).to_be_visible(timeout=ANSWER_MS)
        self.wait_until_answered()
        return answer

    def choice(self, title: str) -> Locator:
        return self.panel.get_by_role("button", name=title, exact=True)

    def track_order_1001(self) -> Locator:
        """As far as the streamed answer's first parcel; returns the answer's row, which goes on growing."""
        self.ask("Where is my order?")
        self.ask("1001")
        before = self.answers.count()
        self.say("ada@example.com")
        answer = self.answers.nth(before)
        expect(answer).to_contain_text("Parcel", timeout=ANSWER_MS)
        return answer

    def wait_until_answered(self) -> None:
        """Nothing of a turn that has shown itself moves any more."""
        expect(self.panel.locator(".typing, .growing, .running")).to_have_count(0, timeout=ANSWER_MS)

    def logged(self) -> list[dict[str, Any]]:
        """The messages of the log's own snapshot."""
        return cast("list[dict[str, Any]]", self.page.evaluate(_SNAPSHOT)["messages"])

    def entries(self) -> list[dict[str, Any]]:
        """All of the conversation's log, as an export of the visitor's data has it."""
        return cast("list[dict[str, Any]]", self.page.evaluate(_ENTRIES))

    def last_logged_answer(self) -> dict[str, Any]:
        return [message for message in self.logged() if message["author"]["role"] == "bot"][-1]


def words(text: str) -> str:
    """Letters and digits only: what stays the same when Markdown becomes paragraphs and lists."""
    return re.sub(r"\W+", "", text)


def words_of(row: Locator) -> str:
    return words(row.locator(".text").inner_text())
