"""A visitor asks for a person of the team, waits, talks with one, and is back with the bot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from switchboard.log.events import Participant
from switchboard.people.identity import Sessions
from switchboard.settings import Settings
from tests.e2e.chat import Chat
from tests.e2e.running_server import RunningServer


class Operator:
    """Works by HTTP, as a console does."""

    def __init__(self, server: RunningServer) -> None:
        secret = Settings(_env_file=None, data_dir=server.data).secret_key.get_secret_value()
        self._sessions = Sessions(secret)
        token = self._sessions.sign(self._sessions.begin(Participant("op_mia", "operator", "Mia"), "operator"))
        self._http = httpx.Client(base_url=f"{server.url}/chat/v1", headers={"Authorization": f"Bearer {token}"})
        self._said = 0

    def clear_the_desk(self) -> None:
        """Of what other tests have left: who waits, and who counts as there for half a minute after leaving."""
        desk = self._http.get("/desk").json()
        sam = self._sessions.sign(self._sessions.begin(Participant("op_sam", "operator", "Sam"), "supervisor"))
        for each in desk["conversations"]:
            path = f"/conversations/{each['conversationId']}/release"
            headers = {"Authorization": f"Bearer {sam}"}
            self._http.post(path, json={"to": "bot"}, headers=headers).raise_for_status()
        for each in desk["operators"]:
            who = Participant(each["participantId"], "operator", each["name"])
            token = self._sessions.sign(self._sessions.begin(who, "operator"))
            headers = {"Authorization": f"Bearer {token}"}
            self._http.post("/desk/presence", json={"status": "offline"}, headers=headers).raise_for_status()

    def call(self, path: str, body: dict[str, Any]) -> None:
        self._http.post(path, json=body).raise_for_status()

    def say(self, conversation: str, text: str) -> None:
        self._said += 1
        self.call(f"/conversations/{conversation}/messages", {"clientMessageId": f"mia-{self._said}", "text": text})

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def mia(server: RunningServer) -> Iterator[Operator]:
    mia = Operator(server)
    mia.clear_the_desk()
    yield mia
    mia.call("/desk/presence", {"status": "offline"})
    mia.close()


def conversation_of(page: Page) -> str:
    kept: str = page.evaluate("JSON.parse(localStorage.getItem(`switchboard:${location.origin}:conversation`))")
    return f"{kept}"


def wish(chat: Chat) -> Locator:
    """The button at the top; the shop's bot has a choice of the same name."""
    return chat.panel.locator(".head").get_by_role("button", name="Talk to a person")


def banner(chat: Chat) -> Locator:
    return chat.panel.locator(".handoff")


def test_a_person_comes_and_goes(
    chat: Chat, mia: Operator, axe_violations: Callable[[Page], list[str]], screenshot: Callable[[Page, str], None]
) -> None:
    chat.ask("hi")
    wish(chat).click()
    expect(banner(chat)).to_contain_text(re.compile("Waiting for a person · you are 1st of 1"))
    expect(wish(chat)).to_have_count(0)
    expect(chat.panel.get_by_role("status")).to_contain_text("Waiting for a person")
    assert axe_violations(chat.page) == []
    screenshot(chat.page, "person-waiting")
    conversation = conversation_of(chat.page)
    mia.call("/desk/presence", {"status": "online"})
    mia.call(f"/conversations/{conversation}/claim", {})
    expect(banner(chat)).to_have_text("Mia from the team is here")
    mia.say(conversation, "Hello, this is Mia.")
    said = chat.panel.locator(".row.operator", has_text="this is Mia")
    expect(said.locator(".byline")).to_contain_text("Mia")
    chat.say("My parcel is late.")
    expect(chat.panel.locator(".typing")).to_have_count(0)
    screenshot(chat.page, "person-here")
    mia.call(f"/conversations/{conversation}/release", {"to": "queue"})
    expect(banner(chat)).to_contain_text("Mia had to go, you keep your place · you are 1st of 1")
    chat.page.reload()
    expect(banner(chat)).to_contain_text("you are 1st of 1")
    mia.call(f"/conversations/{conversation}/claim", {})
    mia.call(f"/conversations/{conversation}/resolve", {"disposition": "solved"})
    expect(banner(chat)).to_contain_text("How was it with Mia?")
    chat.wait_until_answered()
    expect(chat.panel.get_by_role("status").filter(has_text="Mia has left")).to_have_count(0)
    screenshot(chat.page, "person-back")
    chat.ask("where is my order?")
    expect(banner(chat)).to_have_count(0)


def test_what_a_person_has_settled_is_rated_once(
    chat: Chat, mia: Operator, axe_violations: Callable[[Page], list[str]], screenshot: Callable[[Page, str], None]
) -> None:
    chat.ask("hi")
    settle(chat, mia)
    expect(banner(chat)).to_contain_text("How was it with Mia?")
    chat.wait_until_answered()
    screenshot(chat.page, "person-rate")
    chat.choice("4 of 5").click()
    comment = banner(chat).get_by_role("textbox", name="Anything to add? (optional)")
    expect(comment).to_be_focused()
    expect(chat.choice("4 of 5")).to_have_attribute("aria-pressed", "true")
    assert axe_violations(chat.page) == []
    comment.fill("Quick, and kind.")
    screenshot(chat.page, "person-comment")
    banner(chat).get_by_role("button", name="Send").click()
    expect(banner(chat)).to_have_text("Thank you")
    expect(chat.field).to_be_focused()
    screenshot(chat.page, "person-thanks")
    [rated] = [entry for entry in chat.entries() if entry["type"] == "handoff.rated"]
    assert (rated["rating"], rated["comment"]) == (4, "Quick, and kind.")
    chat.page.reload()
    expect(chat.panel.locator(".row.operator", has_text="this is Mia")).to_be_visible()
    expect(banner(chat)).to_have_count(0)


def settle(chat: Chat, mia: Operator) -> None:
    """Mia comes, says hello, and has settled it."""
    conversation = conversation_of(chat.page)
    mia.call("/desk/presence", {"status": "online"})
    mia.call(f"/conversations/{conversation}/claim", {})
    expect(banner(chat)).to_have_text("Mia from the team is here")
    mia.say(conversation, "Hello, this is Mia.")
    expect(chat.panel.locator(".row.operator", has_text="this is Mia")).to_be_visible()
    mia.call(f"/conversations/{conversation}/resolve", {"disposition": "solved"})


def test_who_does_not_want_to_wait_goes_on_with_the_bot(chat: Chat, mia: Operator) -> None:
    wish(chat).click()
    expect(banner(chat)).to_contain_text("Waiting for a person")
    expect(banner(chat)).to_contain_text("Nobody from the team is here at the moment.")
    chat.choice("Go on with the bot").click()
    expect(banner(chat)).to_have_text("You are back with the assistant")
    expect(chat.field).to_be_focused()
    chat.ask("hi")


def test_the_title_has_room_beside_four_buttons_that_fit_a_finger(chat: Chat) -> None:
    chat.ask("hi")
    buttons = [box for button in chat.panel.locator(".head button").all() if (box := button.bounding_box())]
    assert [(box["width"], box["height"]) for box in buttons] == [(40, 40)] * 4
    room = "title => title.scrollHeight <= title.clientHeight && title.scrollWidth <= title.clientWidth"
    for width in (1280, 400, 320):
        chat.page.set_viewport_size({"width": width, "height": 800})
        assert chat.panel.locator("#title").evaluate(room), f"the title is cut in a window of {width} px"
