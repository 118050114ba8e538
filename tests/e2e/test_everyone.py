"""Everybody can use it: on a phone, in the dark, with the keyboard alone, with a screen reader."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.chat import Chat
from tests.e2e.running_server import RunningServer

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


def test_on_a_phone_the_panel_is_the_screen(
    new_context: Callable[..., BrowserContext], server: RunningServer, screenshot: Callable[[Page, str], None]
) -> None:
    page = new_context(**PHONE).new_page()
    chat = Chat(page)
    chat.visit(server.url)
    screenshot(page, "phone-closed")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    chat.launcher.tap()
    expect(chat.panel).to_be_focused()  # not the field: the keyboard would cover the answer
    chat.track_order_1001()
    screenshot(page, "phone-streaming")
    chat.wait_until_answered()
    assert chat.panel.bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}
    scroller = chat.panel.get_by_role("log")
    assert scroller.evaluate("(log) => log.scrollWidth - log.clientWidth") == 0
    assert scroller.evaluate("(log) => log.scrollHeight - log.scrollTop - log.clientHeight") < 2
    screenshot(page, "phone")


def test_reading_back_is_not_disturbed_by_new_words(chat: Chat) -> None:
    for text in ("hi", "How long does delivery take?", "What does delivery cost?"):
        chat.ask(text)
    log = chat.panel.get_by_role("log")
    log.evaluate("(log) => log.scrollTo(0, 0)")
    expect(chat.choice("Newest messages")).to_be_visible()
    before = chat.answers.count()
    chat.page.evaluate(  # as another tab of the same visitor would
        """async () => {
          const kept = (name) => JSON.parse(localStorage.getItem(`switchboard:${location.origin}:${name}`));
          const headers = { Authorization: `Bearer ${kept("session").token}`, "Content-Type": "application/json" };
          const url = `/chat/v1/conversations/${kept("conversation")}/messages`;
          await fetch(url, { method: "POST", headers, body: JSON.stringify({ clientMessageId: "t1", text: "hello" }) });
        }"""
    )
    chat.answer_after(before)
    expect(chat.own).to_have_count(4)
    assert log.evaluate("(log) => log.scrollTop") == 0
    chat.choice("Newest messages").click()
    expect(chat.choice("Newest messages")).to_have_count(0)


def test_the_keyboard_alone_is_enough(page: Page, server: RunningServer) -> None:
    chat = Chat(page)
    chat.visit(server.url)
    for _ in range(20):
        page.keyboard.press("Tab")
        if chat.launcher.evaluate("(button) => button.getRootNode().activeElement === button"):
            break
    page.keyboard.press("Enter")
    expect(chat.field).to_be_focused()
    page.keyboard.type("hi")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("there")
    page.keyboard.press("Enter")
    expect(chat.own.last.locator(".bubble")).to_have_text("hi\nthere", use_inner_text=True)
    choice = chat.panel.get_by_role("group").get_by_role("button", name="Talk to a person")
    expect(choice).to_be_enabled()
    page.keyboard.press("Shift+Tab")
    expect(choice).to_be_focused()
    page.keyboard.press("Space")
    expect(chat.field).to_be_focused()
    expect(chat.own.last).to_contain_text("Talk to a person")
    page.keyboard.press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.launcher).to_be_focused()


def test_a_screen_reader_hears_each_finished_message_once(chat: Chat) -> None:
    status = chat.panel.get_by_role("status")
    expect(status).to_have_text("")
    chat.ask("hi")
    expect(status).to_contain_text("Track an order")
    expect(chat.panel.get_by_role("log")).to_have_attribute("aria-live", "off")
    chat.track_order_1001()
    expect(status).not_to_contain_text("Parcel")
    chat.wait_until_answered()
    expect(status.get_by_text("Parcel 2")).to_have_count(1)
    chat.page.reload()
    expect(chat.own).to_have_count(4)
    expect(status).to_have_text("")


def test_an_answer_while_the_panel_is_closed_is_counted(chat: Chat) -> None:
    chat.track_order_1001()
    chat.choice("Close chat").click()
    expect(chat.launcher).to_have_accessible_name("Open chat: Larkspur assistant (1 new message)")
    chat.open()
    chat.choice("Close chat").click()
    expect(chat.launcher).to_have_accessible_name("Open chat: Larkspur assistant")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    new_context: Callable[..., BrowserContext],
    server: RunningServer,
    axe_violations: Callable[[Page], list[str]],
    screenshot: Callable[[Page, str], None],
    scheme: str,
) -> None:
    page = new_context(color_scheme=scheme, reduced_motion="reduce").new_page()
    chat = Chat(page)
    chat.visit(server.url)
    assert axe_violations(page) == []
    chat.open()
    chat.ask("hi")
    assert axe_violations(page) == []
    chat.track_order_1001()
    assert axe_violations(page) == []
    chat.wait_until_answered()
    assert axe_violations(page) == []
    chat.choice("New conversation").click()
    assert axe_violations(page) == []
    screenshot(page, f"scheme-{scheme}")
