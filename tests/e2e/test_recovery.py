"""The network fails and pages are left; no word is lost, doubled or changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chat import Chat, words, words_of
from tests.support.cable import Cable


def test_a_reload_in_mid_answer_ends_with_the_same_text(chat: Chat) -> None:
    early = words_of(chat.track_order_1001())
    chat.page.reload()
    expect(chat.panel).to_be_visible()
    expect(chat.own).to_have_count(3)
    chat.wait_until_answered()
    logged = chat.last_logged_answer()
    assert logged["status"] == "completed"
    final = words_of(chat.answers.last)
    assert final == words(logged["text"])
    assert len(final) > len(early)


def test_a_reload_afterwards_shows_what_was_lived_through(chat: Chat) -> None:
    chat.track_order_1001()
    chat.wait_until_answered()
    lived = chat.panel.locator(".rows").inner_html()
    chat.page.reload()
    expect(chat.own).to_have_count(3)
    assert chat.panel.locator(".rows").inner_html() == lived


def test_a_connection_cut_in_mid_answer_ends_with_the_same_text(
    page: Page, cable: Cable, screenshot: Callable[[Page, str], None]
) -> None:
    chat = Chat(page)
    chat.visit(cable.url)
    chat.open()
    early = words_of(chat.track_order_1001())
    cable.pull()
    expect(chat.health).to_have_text("Reconnecting…")
    screenshot(page, "reconnecting")
    cable.plug()
    expect(chat.health).to_have_text("Online")
    chat.wait_until_answered()
    final = words_of(chat.answers.last)
    assert final == words(chat.last_logged_answer()["text"])
    assert len(final) > len(early)
    assert chat.answers.count() == len([m for m in chat.logged() if m["author"]["role"] == "bot"])


@pytest.mark.parametrize("reload", [False, True], ids=["waiting", "reloading"])
def test_what_was_said_without_a_network_is_said_once_when_it_is_back(
    page: Page, cable: Cable, screenshot: Callable[[Page, str], None], reload: bool
) -> None:
    chat = Chat(page)
    chat.visit(cable.url)
    chat.open()
    chat.ask("hi")
    before = chat.answers.count()
    cable.pull()
    chat.say("How long does delivery take?")
    expect(chat.own.last).to_contain_text("Not delivered yet")
    screenshot(page, "not-delivered")
    cable.plug()
    if reload:
        page.reload()
    chat.answer_after(before)
    expect(chat.own.last).not_to_contain_text("Not delivered")
    expect(chat.own).to_have_count(2)
    texts = [message["text"] for message in chat.logged() if message["author"]["role"] == "customer"]
    assert texts == ["hi", "How long does delivery take?"]


def test_the_browser_saying_that_it_is_online_again_is_believed_at_once(chat: Chat) -> None:
    chat.ask("hi")
    before = chat.answers.count()
    chat.page.context.set_offline(True)
    chat.say("How long does delivery take?")
    expect(chat.own.last).to_contain_text("Not delivered yet")
    chat.page.context.set_offline(False)
    expect(chat.own.last).not_to_contain_text("Not delivered", timeout=2_000)
    chat.answer_after(before)
    assert len(chat.logged()) == chat.own.count() + chat.answers.count()
