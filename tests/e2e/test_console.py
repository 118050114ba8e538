"""Operators at the console, and a customer at the chat: each sees what the other does, and no more."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.chat import ANSWER_MS, Chat
from tests.e2e.desk import Desk
from tests.e2e.running_server import RunningServer

NewContext = Callable[..., BrowserContext]
PASSWORD = "a password of mine"


@pytest.fixture
def desk(new_context: NewContext, server: RunningServer) -> Desk:
    """The operator's console."""
    desk = Desk(new_context().new_page(), server)
    desk.sign_in("operator")
    return desk


@pytest.fixture
def second(new_context: NewContext, server: RunningServer) -> Desk:
    """The supervisor's."""
    second = Desk(new_context().new_page(), server)
    second.sign_in("supervisor")
    return second


def call_person(chat: Chat) -> None:
    """Ask for a person, by the API: the bot has its own ways to it."""
    answer = chat.page.evaluate("""
        async () => {
          const kept = (name) => JSON.parse(localStorage.getItem(`switchboard:${location.origin}:${name}`));
          const headers = { Authorization: `Bearer ${kept("session").token}`, "Content-Type": "application/json" };
          const path = `/chat/v1/conversations/${kept("conversation")}/handoff`;
          return (await fetch(path, { method: "POST", headers, body: "{}" })).status;
        }
    """)
    assert answer == httpx.codes.ACCEPTED


def test_a_customer_is_claimed_answered_and_handed_back_by_keys_alone(chat: Chat, desk: Desk) -> None:
    chat.ask("hi")
    call_person(chat)
    expect(desk.queue.locator(".case.pending")).to_have_count(1)
    expect(desk.page).to_have_title("(1) Console")
    desk.claim_next()
    desk.page.keyboard.type("/hel")
    desk.page.keyboard.press("Enter")
    expect(desk.field).to_have_value(re.compile("this is Olive"))
    desk.page.keyboard.press("Enter")
    expect(chat.answers.filter(has_text="this is Olive")).to_be_visible()
    chat.say("Thank you!")
    expect(desk.transcript.get_by_text("Thank you!")).to_be_visible()
    desk.press("e")
    desk.page.keyboard.press("1")
    expect(desk.transcript.get_by_text("Resolved: Solved")).to_be_visible()
    expect(desk.hindrance).to_contain_text("The bot answers here")
    expect(desk.queue.locator(".case")).to_have_count(0)


def test_a_form_goes_on_where_it_was_when_the_bot_comes_back(chat: Chat, desk: Desk) -> None:
    chat.ask("where is my order?")
    chat.ask("1002")
    chat.ask("can I talk to a person?")
    desk.claim_next()
    desk.page.keyboard.type("Hello, this is Olive.")
    desk.page.keyboard.press("Enter")
    expect(chat.answers.filter(has_text="this is Olive")).to_be_visible()
    chat.say("Which address do you need?")
    expect(desk.transcript.get_by_text("Which address do you need?")).to_be_visible()
    desk.press("b")
    expect(chat.answers.filter(has_text="I'm back")).to_be_visible(timeout=ANSWER_MS)
    expect(chat.answers.last).to_contain_text(re.compile("e-mail"))
    chat.ask("ada@example.com")
    expect(chat.answers.last).to_contain_text("1002")


def test_a_note_is_for_operators_and_a_conversation_one_operator_s(chat: Chat, desk: Desk, second: Desk) -> None:
    chat.ask("hi")
    call_person(chat)
    desk.queue.locator(".case.pending").click()
    expect(desk.hindrance).to_contain_text("Waits for a person")
    second.claim_next()
    expect(desk.hindrance).to_contain_text("Sam has this conversation")
    desk.press("p")
    desk.page.keyboard.type("She was here yesterday")
    desk.page.keyboard.press("Enter")
    expect(second.transcript.locator(".note")).to_contain_text("She was here yesterday")
    second.page.keyboard.type("Hello from Sam")
    second.page.keyboard.press("Enter")
    expect(chat.answers.filter(has_text="Hello from Sam")).to_be_visible()
    assert "yesterday" not in chat.panel.inner_text()
    second.press("b")
    expect(second.hindrance).to_contain_text("The bot answers here")
    expect(chat.answers.last).to_be_visible(timeout=ANSWER_MS)


def test_what_the_bot_has_is_found_and_taken_from_it(chat: Chat, desk: Desk) -> None:
    chat.ask("a zeppelin of mine")
    desk.page.keyboard.press("f")
    desk.find("zeppelin").click()
    expect(desk.transcript.get_by_text("a zeppelin of mine")).to_be_visible()
    expect(desk.hindrance).to_contain_text("The bot answers here")
    desk.page.keyboard.press("c")
    desk.may_write()
    desk.page.keyboard.type("A person, at last")
    desk.page.keyboard.press("Enter")
    expect(chat.answers.filter(has_text="A person, at last")).to_be_visible()
    desk.press("b")
    expect(desk.hindrance).to_contain_text("The bot answers here")


def test_a_draft_outlasts_a_lost_connection_and_waits_until_all_has_arrived(chat: Chat, desk: Desk) -> None:
    chat.ask("hi")
    call_person(chat)
    desk.claim_next()
    desk.page.keyboard.type("half a reply")
    desk.page.context.set_offline(True)
    desk.page.evaluate("dispatchEvent(new Event('online'))")
    expect(desk.page.locator("#composer-remark")).to_contain_text("Catching up")
    desk.page.keyboard.press("Enter")
    expect(desk.field).to_have_value("half a reply")
    desk.page.context.set_offline(False)
    expect(desk.page.locator("#composer-remark")).to_be_empty()
    desk.page.keyboard.press("Enter")
    expect(chat.answers.filter(has_text="half a reply")).to_be_visible()
    desk.press("b")
    expect(desk.hindrance).to_contain_text("The bot answers here")


def test_who_is_no_operator_is_told_so(page: Page, server: RunningServer) -> None:
    address = "customer@demo.example"
    with httpx.Client(base_url=f"{server.url}/chat/v1") as http:
        assert http.post("/accounts", json={"email": address}).status_code == httpx.codes.ACCEPTED
        (letter,) = (server.data / "letters").iterdir()
        token = letter_token(letter)
        chosen = http.post("/accounts/password", json={"token": token, "password": PASSWORD, "name": "Carl"})
        assert chosen.status_code == httpx.codes.CREATED, chosen.text
    desk = Desk(page, server)
    desk.sign_in_as(address, PASSWORD)
    expect(page.get_by_role("heading")).to_contain_text("this account is no operator")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Mail address")).to_be_visible()


def letter_token(letter: Path) -> str:
    """What the link in it carries."""
    text = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default).get_content()
    found = re.search(r"account=([^\s&]+)", text)
    assert found, text
    return found[1]


@pytest.mark.parametrize(
    "looks",
    [{}, {"color_scheme": "dark"}, {"locale": "ar"}, {"viewport": {"width": 800, "height": 700}}],
    ids=["light", "dark", "right to left", "narrow"],
)
def test_it_can_be_used_by_everybody(
    looks: dict[str, object],
    chat: Chat,
    server: RunningServer,
    new_context: NewContext,
    axe_violations: Callable[[Page], list[str]],
    screenshot: Callable[[Page, str], None],
    request: pytest.FixtureRequest,
) -> None:
    chat.ask("hi")
    call_person(chat)
    desk = Desk(new_context(**looks).new_page(), server)
    desk.sign_in("operator")
    expect(desk.queue.locator(".case.pending")).to_have_count(1)
    desk.claim_next()
    desk.page.keyboard.type("Hello **there**")
    desk.page.keyboard.press("Enter")
    expect(chat.answers.filter(has_text="Hello there")).to_be_visible()
    assert axe_violations(desk.page) == []
    screenshot(desk.page, f"console {request.node.callspec.id}")
    width = desk.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "it scrolls sideways"
    desk.press("b")
    expect(desk.hindrance).to_be_visible()
