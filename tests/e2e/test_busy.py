"""More is asked than the bot can answer: the visitor sees that, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import redis
from playwright.sync_api import Page, expect

from switchboard.log.keys import keys_of
from switchboard.settings import Settings
from tests.e2e.chat import Chat
from tests.e2e.running_server import RunningServer

MAX_WAITING = 50  # messages of one conversation, see `publish.lua`
ANSWERED_MS = 60_000
HELD_MS = 120_000

_CONVERSATION = "JSON.parse(localStorage.getItem(`switchboard:${location.origin}:conversation`))"
_SAY_OFTEN = """
async (times) => {
  const kept = (name) => JSON.parse(localStorage.getItem(`switchboard:${location.origin}:${name}`));
  const headers = { Authorization: `Bearer ${kept("session").token}`, "Content-Type": "application/json" };
  const statuses = [];
  for (let n = 0; n < times; n += 1) {
    const body = JSON.stringify({ clientMessageId: `another-tab-${n}`, text: "hi" });
    const url = `/chat/v1/conversations/${kept("conversation")}/messages`;
    statuses.push((await fetch(url, { method: "POST", headers, body })).status);
  }
  return statuses;
}
"""


def test_a_message_that_is_one_too_many_waits_in_sight_and_is_sent_by_itself(
    chat: Chat, server: RunningServer, screenshot: Callable[[Page, str], None]
) -> None:
    chat.ask("hi")
    lease = keys_of(chat.page.evaluate(_CONVERSATION)).lease
    store = redis.Redis.from_url(Settings(_env_file=None, data_dir=server.data).redis)
    store.set(lease, "another worker, which is slow", px=HELD_MS)
    assert chat.page.evaluate(_SAY_OFTEN, MAX_WAITING) == [202] * MAX_WAITING
    chat.say("And my parcel?")
    expect(chat.own.last).to_contain_text("Sent soon by itself")
    screenshot(chat.page, "busy")
    store.delete(lease)
    expect(chat.own.last).not_to_contain_text("Sent soon by itself", timeout=ANSWERED_MS)
    expect(chat.panel.locator(".typing")).to_have_count(0, timeout=ANSWERED_MS)
    said = [message["text"] for message in chat.logged() if message["author"]["role"] == "customer"]
    assert said == ["hi"] * (1 + MAX_WAITING) + ["And my parcel?"]
