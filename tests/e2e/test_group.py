"""Several people in one conversation: two at a desk, one with a phone, an operator, and the bot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from switchboard.log.events import Participant
from switchboard.people.identity import Sessions
from switchboard.settings import Settings
from tests.e2e.chat import Chat
from tests.e2e.running_server import RunningServer

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
HOSTILE = '<img src=x onerror="window.hit=1">'
Opens = Callable[..., BrowserContext]
Shoots = Callable[[Page, str], None]
Axe = Callable[[Page], list[str]]


class Member(Chat):
    """Somebody with a browser."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.panel = self.element.locator("#panel")
        self.field = self.panel.locator("textarea")
        self.people = self.panel.get_by_role("group", name="People")
        self.invitation = self.panel.locator("form.join")

    def show_people(self) -> None:
        self.panel.get_by_role("button", name=re.compile("^People")).click()
        expect(self.people).to_be_visible()

    def hide_people(self) -> None:
        self.choice("Back to the conversation").click()
        expect(self.people).to_have_count(0)

    def row(self, text: str) -> Locator:
        return self.panel.locator(".row", has_text=text)

    def hears(self, text: str) -> Locator:
        """A message of somebody else's; its row."""
        row = self.row(text).first
        expect(row).to_be_visible()
        return row

    def call_oneself(self, name: str) -> None:
        self.show_people()
        self.people.get_by_label("Your name").fill(name)
        self.people.get_by_role("button", name="Save").click()
        expect(self.people.get_by_text("Saved.")).to_be_visible()
        self.hide_people()

    def invite(self) -> str:
        """The link, copied."""
        self.show_people()
        self.people.get_by_role("button", name="Invite somebody").click()
        self.people.get_by_role("button", name="Copy").click()
        expect(self.people.get_by_text("Copied.")).to_be_visible()
        link = self.people.get_by_label("Link to join").input_value()
        assert self.page.evaluate("navigator.clipboard.readText()") == link
        return link

    def follow(self, link: str) -> None:
        self.visit(link)
        expect(self.invitation).to_be_visible()

    def join_as(self, name: str) -> None:
        self.invitation.get_by_label("Your name").fill(name)
        self.invitation.get_by_role("button", name="Join").click()
        expect(self.invitation).to_have_count(0)


class Operator:
    """Takes part by HTTP, as a desk of one's own would."""

    def __init__(self, server: RunningServer) -> None:
        secret = Settings(_env_file=None, data_dir=server.data).secret_key.get_secret_value()
        sessions = Sessions(secret)
        token = sessions.sign(sessions.begin(Participant("op_mia", "operator", "Mia"), "operator"))
        self._http = httpx.Client(base_url=f"{server.url}/chat/v1", headers={"Authorization": f"Bearer {token}"})
        self._conversation = ""
        self._said = 0

    def join(self, link: str) -> None:
        invitation = link.split("#chat-join=")[1]
        self._conversation = self._post("/invitations/accept", {"invitation": invitation})["conversationId"]

    def say(self, text: str) -> None:
        self._said += 1
        message = {"clientMessageId": f"mia-{self._said}", "text": text}
        self._post(f"/conversations/{self._conversation}/messages", message)

    def close(self) -> None:
        self._http.close()

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(path, json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@dataclass
class Group:
    """Ada has opened the conversation."""

    link: str
    ada: Member
    ben: Member
    cem: Member
    mia: Operator


@pytest.fixture
def member(new_context: Opens, server: RunningServer) -> Iterator[Callable[..., Member]]:
    """Makes people with a browser of their own each. Whatever a page throws fails the test."""
    errors: list[str] = []

    def make(**options: object) -> Member:
        context = new_context(**options)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return Member(page)

    yield make
    assert errors == []


@pytest.fixture
def ada(member: Callable[..., Member], server: RunningServer) -> Member:
    """With a conversation of her own."""
    ada = member()
    ada.visit(server.url)
    ada.open()
    ada.ask("hi")
    ada.call_oneself("Ada")
    return ada


@pytest.fixture
def group(ada: Member, member: Callable[..., Member], server: RunningServer) -> Iterator[Group]:
    """Everybody is there, Cem with a phone."""
    link = ada.invite()
    ben, cem, mia = member(color_scheme="dark"), member(**PHONE), Operator(server)
    for one, name in ((ben, "Ben"), (cem, "Cem")):
        one.follow(link)
        one.join_as(name)
        one.hears("hi")
    mia.join(link)
    ada.hide_people()
    mia.say("Hello, this is Mia.")
    ada.hears("this is Mia")  # The bot has asked Ada something: it would take her next words for the answer.
    ada.say("Welcome, all of you.")
    ben.hears("Welcome")
    cem.hears("Welcome")
    yield Group(link, ada, ben, cem, mia)
    mia.close()


def color_of(row: Locator) -> str:
    color: str = row.locator(".byline bdi").evaluate("(name) => getComputedStyle(name).color")
    return color


def test_a_link_lets_people_in_under_their_names(
    ada: Member, member: Callable[..., Member], axe_violations: Axe, screenshot: Shoots
) -> None:
    link = ada.invite()
    expect(ada.people.get_by_text("up to 10 people")).to_be_visible()
    assert axe_violations(ada.page) == []
    screenshot(ada.page, "group-invite")
    ben = member(**PHONE)
    ben.follow(link)
    assert "#" not in ben.page.url
    screenshot(ben.page, "group-invited")
    assert axe_violations(ben.page) == []
    ben.page.reload()
    expect(ben.invitation).to_be_visible()
    ben.invitation.get_by_role("button", name="Join").click()
    expect(ben.invitation.get_by_label("Your name")).to_be_focused()
    ben.join_as("Ben")
    ben.hears("hi")
    expect(ada.people.get_by_role("listitem").filter(has_text="Ben").get_by_label("here now")).to_be_visible()
    expect(ben.panel.get_by_role("button", name="People (2)")).to_be_visible()


def test_everybody_sees_who_says_what(group: Group, screenshot: Shoots, axe_violations: Axe) -> None:
    group.ben.say("Hello, I am Ben.")
    group.ben.say("Is the vase still on its way?")
    group.cem.hears("on its way?")
    group.cem.say("It should be here by Friday.")
    group.mia.say("It left our stock this morning.")
    ben_said, cem_said = group.ada.hears("I am Ben"), group.ada.hears("by Friday")
    mia_said = group.ada.hears("our stock")
    assert [row.locator(".byline").inner_text().split()[0] for row in (ben_said, cem_said)] == ["Ben", "Cem"]
    expect(mia_said.locator(".byline")).to_contain_text("Support")
    expect(group.ada.row("on its way?").locator(".byline")).to_have_count(0)
    assert color_of(ben_said) == color_of(group.cem.hears("I am Ben")), "the same for everybody"
    assert color_of(ben_said) != color_of(group.ada.answers.first)
    expect(group.ada.answers.first.locator(".role.bot")).to_have_text("Bot")
    status = group.ada.panel.get_by_role("status")
    expect(status).to_contain_text("Cem: It should be here by Friday.")
    for who, name in ((group.ada, "desktop"), (group.ben, "dark"), (group.cem, "phone")):
        who.hears("our stock")
        assert axe_violations(who.page) == []
        screenshot(who.page, f"group-{name}")


def test_the_bot_answers_when_it_is_addressed(group: Group) -> None:
    before = group.ada.answers.count()
    group.ben.say("Where is my order?")
    group.ada.hears("Where is my order?")
    group.ben.say("@assistant where is my order?")
    answer = group.ada.answers.nth(before + 2)
    expect(answer.locator(".role.bot")).to_have_count(1, timeout=15_000)
    asked = [message["text"] for message in group.ada.logged() if message["author"]["role"] != "bot"]
    assert asked[-2:] == ["Where is my order?", "@assistant where is my order?"], "one answer, to the second"


def test_who_writes_and_who_has_read_is_said_by_name(group: Group, screenshot: Shoots, axe_violations: Axe) -> None:
    group.ada.say("Are you both there?")
    expect(group.ada.row("Are you both there?")).to_contain_text(re.compile("Read by (Ben, Cem|Cem, Ben)"))
    writing = group.ada.panel.locator(".writing")
    group.ben.field.press_sequentially("Yes")
    expect(writing).to_have_text("Ben is typing")
    group.cem.field.press_sequentially("I am")
    expect(writing).to_have_text("Ben and Cem are typing")
    assert axe_violations(group.ada.page) == []
    screenshot(group.ada.page, "group-typing")


def test_the_people_panel_is_the_hosts_desk(group: Group, screenshot: Shoots, axe_violations: Axe) -> None:
    ada, cem = group.ada, group.cem
    cem.show_people()
    expect(cem.people.get_by_role("button", name="Mute: Ben")).to_have_count(0)
    expect(cem.people.get_by_role("button", name="Invite somebody")).to_have_count(0)
    expect(cem.people.get_by_role("listitem").filter(has_text="Ada")).to_contain_text("Host")
    screenshot(cem.page, "group-people-phone")
    cem.hide_people()
    ada.show_people()
    expect(ada.people.get_by_role("listitem").first).to_contain_text("You")
    expect(ada.people.get_by_role("button", name="Mute: Mia")).to_have_count(0)
    ada.people.get_by_role("button", name="Mute: Cem").click()
    expect(cem.panel.locator(".obstacle")).to_have_text("You may only read here for now.")
    expect(cem.field).to_have_count(0)
    assert axe_violations(ada.page) == []
    screenshot(ada.page, "group-people")
    ada.people.get_by_role("button", name="Unmute: Cem").click()
    cem.say("Thank you.")
    ada.people.press("Escape")
    expect(ada.panel.get_by_role("button", name="People (4)")).to_be_focused()
    ada.hears("Thank you.")


def test_who_is_removed_is_out_at_once_and_after_a_reload(group: Group, screenshot: Shoots) -> None:
    ada, cem = group.ada, group.cem
    cem.say("One more thing.")
    ada.hears("One more thing.")
    ada.show_people()
    ada.people.get_by_role("button", name="Remove: Cem").click()
    expect(ada.people.get_by_role("group", name="Remove Cem?")).to_be_visible()
    screenshot(ada.page, "group-remove")
    ada.people.get_by_role("button", name="Remove", exact=True).click()
    expect(cem.panel.locator(".obstacle")).to_contain_text("You were removed from this conversation.")
    expect(ada.people.get_by_role("listitem").filter(has_text="Cem")).to_have_count(0)
    ada.hide_people()
    ada.say("We are among ourselves.")
    group.ben.hears("among ourselves")
    expect(cem.row("among ourselves")).to_have_count(0)
    screenshot(cem.page, "group-removed")
    cem.page.reload()
    expect(cem.panel.locator(".obstacle")).to_contain_text("You were removed from this conversation.")
    cem.panel.locator(".obstacle").get_by_role("button", name="New conversation").click()
    cem.ask("hi")


def test_who_leaves_may_begin_anew(group: Group) -> None:
    ben = group.ben
    ben.show_people()
    ben.people.get_by_role("button", name="Leave").click()
    question = ben.people.get_by_role("group", name="Leave this conversation?")
    expect(question.get_by_role("button", name="Leave")).to_be_focused()
    ben.page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    ben.people.get_by_role("button", name="Leave").click()
    question.get_by_role("button", name="Leave").click()
    expect(ben.panel.locator(".obstacle")).to_contain_text("You no longer take part in this conversation.")
    expect(group.ada.panel.get_by_role("status")).to_contain_text("Ben has left.")
    ben.page.reload()
    expect(ben.panel.locator(".obstacle")).to_contain_text("You no longer take part in this conversation.")
    ben.panel.locator(".obstacle").get_by_role("button", name="New conversation").click()
    ben.ask("hi")


def test_an_invitation_that_is_good_for_nothing_says_why(
    group: Group, member: Callable[..., Member], server: RunningServer
) -> None:
    group.ada.show_people()
    group.ada.people.get_by_role("button", name="Remove: Cem").click()
    group.ada.people.get_by_role("button", name="Remove", exact=True).click()
    expect(group.cem.panel.locator(".obstacle")).to_be_visible()
    dana = member()
    for link, reason in (
        (group.link, "expired or been used up"),
        (f"{server.url}/#chat-join=x", "no invitation"),
    ):
        dana.follow(link)
        dana.invitation.get_by_label("Your name").fill("Dana")
        dana.invitation.get_by_role("button", name="Join").click()
        expect(dana.invitation.get_by_role("alert")).to_contain_text(reason)
        expect(dana.panel.get_by_role("form", name="This link does not work")).to_be_visible()
        dana.page.reload()
        expect(dana.panel).to_be_visible()
        expect(dana.invitation).to_have_count(0)
    dana.ask("hi")


def test_a_name_is_never_markup(ada: Member, member: Callable[..., Member]) -> None:
    link = ada.invite()
    mallory = member()
    mallory.follow(link)
    mallory.join_as(HOSTILE)
    mallory.hears("hi")
    ada.hide_people()
    mallory.say("It is <b>me</b>")
    expect(ada.hears("It is").locator(".byline")).to_contain_text(HOSTILE)
    mallory.field.press_sequentially("more")
    expect(ada.panel.locator(".writing")).to_have_text(f"{HOSTILE} is typing")
    ada.show_people()
    expect(ada.people.get_by_role("button", name=f"Remove: {HOSTILE}")).to_be_visible()
    assert ada.panel.locator("img").count() == 0
    assert ada.page.evaluate("window.hit") is None
