"""Others in the conversation, as the visitor sees them; and what they see of the visitor."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Page, Route, expect

from switchboard.log.connection import connect
from switchboard.log.events import Event, MessageRead, MessageSent, Participant, ParticipantJoined, ParticipantTyping
from switchboard.log.log import Draft, Log
from switchboard.settings import Settings
from tests.e2e.chat import ANSWER_MS, Chat
from tests.e2e.running_server import ROOT, RunningServer
from tests.support.clients import installed_node

EVE = Participant("op_eve", "operator", "Eve")
OUTAGE_MS = 60_000  # until a Redis that hangs is given up, and until everything is back
SNAPSHOT = """
const kept = (name) => JSON.parse(localStorage.getItem(`switchboard:${location.origin}:${name}`));
const headers = { Authorization: `Bearer ${kept("session").token}` };
const snapshot = await (await fetch(`/chat/v1/conversations/${kept("conversation")}`, { headers })).json();
"""
CLIENT = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")


class Eve:
    """Writes on the log of the visitor's conversation, as the console does."""

    def __init__(self, server: RunningServer, page: Page) -> None:
        self.socket = Settings(_env_file=None, data_dir=server.data).redis_socket
        self._page = page

    @property
    def conversation(self) -> str:
        kept: str = self._page.evaluate(
            "JSON.parse(localStorage.getItem(`switchboard:${location.origin}:conversation`))"
        )
        return kept

    def publish(self, *events: Event) -> int:
        """The offset of the last one."""
        conversation = self.conversation

        async def act(log: Log) -> int:
            return (await log.publish(conversation, *(Draft(event) for event in events)))[-1].offset

        return self._run(act)

    def type(self, typing: bool) -> None:
        conversation = self.conversation

        async def act(log: Log) -> int:
            await log.tell(conversation, ParticipantTyping(EVE.id, typing))
            return 0

        self._run(act)

    def _run(self, act: Callable[[Log], Awaitable[int]]) -> int:
        async def run() -> int:
            client = connect(f"unix://{self.socket}")
            try:
                return await act(Log(client))
            finally:
                await client.close()
                await client.connection_pool.disconnect()

        with ThreadPoolExecutor() as pool:  # Playwright's synchronous API has the loop of this thread
            return pool.submit(asyncio.run, run()).result()


@pytest.fixture
def eve(chat: Chat, server: RunningServer) -> Eve:
    chat.ask("hi")
    eve = Eve(server, chat.page)
    eve.publish(ParticipantJoined(EVE))
    return eve


def test_others_are_seen_typing_and_reading(
    chat: Chat, eve: Eve, axe_violations: Callable[[Page], list[str]], screenshot: Callable[[Page, str], None]
) -> None:
    writing = chat.panel.locator(".writing")
    eve.type(True)
    expect(writing).to_have_text("Eve is typing")
    assert axe_violations(chat.page) == []
    screenshot(chat.page, "people-typing")
    said = eve.publish(MessageSent("m_eve", EVE, "Hello, I am Eve. May I help?"))
    expect(chat.answers.last).to_contain_text("May I help?")
    expect(writing).to_have_count(0)
    expect(chat.own.last).not_to_contain_text("Read")
    eve.publish(MessageRead(EVE.id, said))
    expect(chat.own.last).to_contain_text("Read")
    assert axe_violations(chat.page) == []
    screenshot(chat.page, "people-read")


def test_the_visitor_is_seen_typing_and_reading(chat: Chat, eve: Eve) -> None:
    said = eve.publish(MessageSent("m_eve", EVE, "Hello, I am Eve."))
    chat.page.wait_for_function(
        f"async (upTo) => {{ {SNAPSHOT} return snapshot.read[kept('session').participant.id] >= upTo }}", arg=said
    )
    with chat.page.expect_request(lambda request: request.url.endswith("/typing")) as begun:
        chat.field.press_sequentially("Oh")
    assert begun.value.post_data_json == {"typing": True}
    with chat.page.expect_request(lambda request: request.url.endswith("/typing")) as ended:
        chat.field.fill("")
    assert ended.value.post_data_json == {"typing": False}


def test_a_closed_panel_reads_nothing(chat: Chat, eve: Eve) -> None:
    chat.choice("Close chat").click()
    first = eve.publish(MessageSent("m_1", EVE, "Hello?"))
    expect(chat.launcher).to_have_accessible_name("Open chat: Larkspur assistant (1 new message)")
    with chat.page.expect_request(lambda request: request.url.endswith("/read")) as told:
        chat.open()
    assert told.value.post_data_json == {"upTo": first}


def test_what_may_be_late_is_said(
    chat: Chat, eve: Eve, axe_violations: Callable[[Page], list[str]], screenshot: Callable[[Page, str], None]
) -> None:
    with redis.Redis.from_url(f"unix://{eve.socket}") as client:
        process = client.info("server")["process_id"]
    strip = chat.panel.locator(".strip")
    os.kill(process, signal.SIGSTOP)
    try:
        expect(strip).to_contain_text("What you see may be late", timeout=OUTAGE_MS)
        expect(chat.health).to_have_text("Reconnecting…")
        assert axe_violations(chat.page) == []
        screenshot(chat.page, "people-late")
    finally:
        os.kill(process, signal.SIGCONT)
    expect(strip).to_have_count(0, timeout=OUTAGE_MS)
    expect(chat.health).to_have_text("Online", timeout=OUTAGE_MS)
    chat.ask("hi")


def snippet(language: str, server: RunningServer) -> str:
    """What the document says, for this server."""
    code = CLIENT.split(f"```{language}\n")[1].split("```")[0]
    return code.replace("http://localhost:5005", server.url)


def test_the_documents_page_holds_a_conversation(page: Page, server: RunningServer) -> None:
    def serve(route: Route) -> None:
        route.fulfill(content_type="text/html", body=snippet("html", server))

    page.route("**/own.html", serve)
    page.goto(f"{server.url}/own.html")
    field, lines = page.get_by_label("Message"), page.get_by_role("listitem")
    for text in ("Where is my order?", "1001", "ada@example.com"):
        before = lines.count()
        field.fill(text)
        page.get_by_role("button", name="Send").click()
        expect(lines.nth(before + 1)).to_be_visible(timeout=ANSWER_MS)
    expect(lines.last).to_contain_text("Parcel", timeout=ANSWER_MS)
    page.reload()
    expect(lines.filter(has_text="ada@example.com").first).to_be_visible()


def test_the_documents_program_gets_an_answer(server: RunningServer, page: Page, tmp_path: Path) -> None:
    (tmp_path / "client.mjs").write_bytes(page.request.get(f"{server.url}/client.js").body())
    (tmp_path / "ask.mjs").write_text(snippet("js", server))
    asked = subprocess.run(
        [str(installed_node()), "ask.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert "help" in asked.stdout.lower() or "hello" in asked.stdout.lower(), asked.stdout
