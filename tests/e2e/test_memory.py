"""The demo shop knows people again: by name, with the order of last time, on another device, and nobody else's."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.e2e.running_server import RunningServer
from tests.stock_bot.conversation import Conversation

LEARNED_SECONDS = 15.0  # on a busy machine


@pytest.fixture
def user(server: RunningServer, request: pytest.FixtureRequest) -> str:
    """A user of the host's, whom nobody else has met."""
    return f"user of {request.node.name}"


def device(server: RunningServer, user: str, name: str, invitation: str | None = None) -> Conversation:
    """A browser in which the user has just signed in at the host, and opened the chat or accepted an invitation."""
    return Conversation(server.url, invitation, identity=server.site.identity(user, name=name))


def learned(conversation: Conversation, expected: dict[str, str]) -> None:
    """Wait until this, and no more, is remembered."""
    deadline = time.monotonic() + LEARNED_SECONDS
    while (known := conversation.remembered()) != expected:
        assert time.monotonic() < deadline, known
        time.sleep(0.05)


def said(conversation: Conversation, text: str) -> str:
    return "\n".join(conversation.say(text))


def test_the_order_of_last_time_needs_no_number_on_another_device(server: RunningServer, user: str) -> None:
    with device(server, user, "Ada") as first:
        assert "Hello, Ada" in said(first, "hello")
        assert "order number" in said(first, "where is my order?")
        assert "e-mail" in said(first, "1001")
        assert "Parcel" in said(first, "ada@example.com")
        assert "Parcel" in said(first, "where is it now?")
        learned(first, {"last_order": "1001", "last_email": "ada@example.com"})
    with device(server, user, "Ada") as second:
        assert "Hello again, Ada" in said(second, "hello")
        offer = said(second, "where is my order?")
        assert "order 1001?" in offer and "e-mail" not in offer
        assert "Parcel" in said(second, "yes")
    with device(server, f"not the {user}", "Eve") as somebody_else:
        assert "Hello, Eve" in said(somebody_else, "hello")
        assert "1001" not in said(somebody_else, "what do you know about me?")
        asked = said(somebody_else, "where is my order?")
        assert "order number" in asked and "1001?" not in asked
        assert "e-mail" in said(somebody_else, "1001")
    with Conversation(server.url) as guest:
        answer = said(guest, "hello")
        assert "Ada" not in answer and "Guest" not in answer


def test_who_asks_for_it_is_forgotten_everywhere(server: RunningServer, user: str) -> None:
    with device(server, user, "Ada") as first:
        said(first, "track order 1007, grace@example.com")
        learned(first, {"last_order": "1007", "last_email": "grace@example.com"})
        known = said(first, "what do you know about me?")
        assert "1007" in known and "g…@example.com" in known and "grace@example.com" not in known
        assert "forgotten" in said(first, "forget me")
        learned(first, {})
    with device(server, user, "Ada") as second:
        assert "Hello, Ada" in said(second, "hello")
        assert "1007" not in said(second, "where is my order?")


def test_in_a_group_everybody_has_their_own(server: RunningServer, user: str) -> None:
    with device(server, user, "Ada") as ada, device(server, f"friend of {user}", "Bob", ada.invite()) as bob:
        assert "Parcel" in said(ada, "@assistant track order 1001, ada@example.com")
        assert "Hello, Bob" in said(bob, "@assistant hello")
        asked = said(bob, "@assistant where is my order?")
        assert "order number" in asked and "1001?" not in asked and "Parcel" not in asked
        assert "e-mail" in said(bob, "@assistant 1001"), "a number proves nothing, and her address is not his"
        assert "Hello again, Ada" in said(ada, "@assistant hello")
        assert bob.remembered() == {}


def test_a_token_is_needed_to_see_what_is_remembered(server: RunningServer) -> None:
    assert httpx.get(f"{server.url}/chat/v1/me/memory").status_code == httpx.codes.UNAUTHORIZED
