"""A visitor talks to the assistant."""

from __future__ import annotations

import os
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.chat import Chat, words, words_of
from tests.e2e.running_server import ROOT, RunningServer

README_PICTURE = ROOT / "docs" / "images" / "chat.png"


def test_the_page_has_a_launcher_and_no_conversation_yet(page: Page, server: RunningServer) -> None:
    chat = Chat(page)
    chat.visit(server.url)
    expect(chat.launcher).to_be_visible()
    expect(chat.panel).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage)") == []


def test_opening_shows_the_greeting_and_takes_the_focus(chat: Chat) -> None:
    expect(chat.panel).to_contain_text("How can I help?")
    expect(chat.field).to_be_focused()
    assert chat.page.evaluate("Object.keys(localStorage)") == []


def test_a_button_answers_for_the_visitor_once(chat: Chat) -> None:
    chat.ask("hi")
    chat.choice("Track an order").click()
    expect(chat.own.last).to_contain_text("Track an order")
    expect(chat.choice("Track an order")).to_be_disabled()
    expect(chat.choice("Track an order")).to_have_attribute("aria-pressed", "true")
    expect(chat.choice("Cancel an order")).to_be_disabled()
    expect(chat.field).to_be_focused()
    expect(chat.answers.last).to_contain_text("order number")


def test_an_answer_streams_with_its_progress(chat: Chat, screenshot: Callable[[Page, str], None]) -> None:
    answer = chat.track_order_1001()
    expect(chat.bar).to_be_visible()
    expect(chat.bar).to_have_attribute("max", "3")
    early = words_of(answer)
    screenshot(chat.page, "streaming")
    chat.wait_until_answered()
    final = words_of(answer)
    assert final.startswith(early)
    assert len(final) > len(early)
    assert final == words(chat.last_logged_answer()["text"])
    expect(chat.bar).to_have_count(0)
    expect(chat.panel.locator("[data-task=track_order]")).to_have_class("row task completed")
    screenshot(chat.page, "answered")


def test_the_bot_stops_when_it_is_told_to(chat: Chat, screenshot: Callable[[Page, str], None]) -> None:
    answer = chat.track_order_1001()
    chat.choice("Stop answering").click()
    expect(answer).to_contain_text("Stopped.")
    expect(chat.field).to_be_focused()
    chat.wait_until_answered()
    said = chat.last_logged_answer()
    assert said["stopped"] is True
    assert words_of(answer) == words(said["text"])
    screenshot(chat.page, "stopped")
    assert chat.ask("hi").inner_text()


def test_two_tabs_show_the_same_conversation(chat: Chat, server: RunningServer) -> None:
    chat.ask("hi")
    other = Chat(chat.page.context.new_page())
    other.visit(server.url)
    other.open()
    expect(other.own).to_have_count(1)
    before = chat.answers.count()
    other.ask("How long does delivery take?")
    chat.answer_after(before)
    expect(chat.own).to_have_count(2)
    assert words_of(chat.answers.last) == words_of(other.answers.last)


def test_a_new_conversation_begins_empty_and_leaves_the_old_one(chat: Chat) -> None:
    chat.ask("hi")
    first = chat.logged()
    chat.choice("New conversation").click()
    chat.choice("Start new").click()
    expect(chat.own).to_have_count(0)
    expect(chat.field).to_be_focused()
    chat.ask("hello again")
    expect(chat.own).to_have_count(1)
    assert {message["messageId"] for message in first}.isdisjoint(message["messageId"] for message in chat.logged())


def test_a_message_that_is_too_long_is_not_sent(chat: Chat) -> None:
    chat.field.fill("🌼" * 3_999)
    expect(chat.panel.locator(".counter")).to_have_text("1 left")
    chat.field.fill("🌼" * 4_001)
    expect(chat.panel.locator(".counter")).to_have_text("1 too many")
    expect(chat.choice("Send")).to_be_disabled()
    chat.field.press("Enter")
    expect(chat.own).to_have_count(0)


def test_markup_of_the_visitor_stays_text(chat: Chat) -> None:
    chat.ask("<img src=x onerror=alert(1)> **hi**")
    expect(chat.own.last.locator(".bubble")).to_have_text("<img src=x onerror=alert(1)> **hi**")


def test_a_conversation_that_is_gone_is_replaced_and_said_so(chat: Chat) -> None:
    chat.ask("hi")
    chat.page.evaluate("localStorage.setItem(`switchboard:${location.origin}:conversation`, JSON.stringify('c_gone'))")
    chat.page.reload()
    expect(chat.panel).to_contain_text("Your earlier conversation is no longer there")
    chat.ask("hi")
    expect(chat.own).to_have_count(1)


def test_the_picture_of_the_readme(new_context: Callable[..., BrowserContext], server: RunningServer) -> None:
    page = new_context(viewport={"width": 1440, "height": 860}, device_scale_factor=1.5).new_page()
    chat = Chat(page)
    chat.visit(server.url)
    chat.open()
    chat.track_order_1001()
    expect(chat.bar).to_be_visible()
    picture = page.screenshot()
    assert picture
    if os.environ.get("UPDATE_SCREENSHOT") == "1":
        README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
        README_PICTURE.write_bytes(picture)
