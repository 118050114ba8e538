"""Everybody is greeted by the name that they are signed in with; a guest without one is greeted without."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import NAMELESS
from actions.greet import ActionGreet
from channels.validation import GUEST, NAME_LIMIT
from tests.support.demo_shop import message, tracker


def greeting(dispatcher: CollectingDispatcher, name: str | None, **slots: Any) -> tuple[str, str | None]:
    """The response, and the name in it."""
    said = message("hi", "greet") | ({"metadata": {"author": "u_1", "author_name": name}} if name is not None else {})
    ActionGreet().run(dispatcher, tracker(said, **slots), {})
    (answer,) = dispatcher.messages
    return answer["response"], answer.get("name")


@pytest.mark.parametrize("slots", [{"last_order": "1001"}, {"open_issue": "C-1"}])
def test_who_is_known_is_greeted_again(dispatcher: CollectingDispatcher, slots: dict[str, str]) -> None:
    assert greeting(dispatcher, "Ada", **slots) == ("utter_greet_again", "Ada")


def test_who_is_new_is_greeted_by_name(dispatcher: CollectingDispatcher) -> None:
    assert greeting(dispatcher, "Ada") == ("utter_greet_by_name", "Ada")


@pytest.mark.parametrize("name", [None, "", GUEST, "***"])
def test_who_has_no_name_is_greeted_without(dispatcher: CollectingDispatcher, name: str | None) -> None:
    assert greeting(dispatcher, name, last_order="1001") == ("utter_greet", None)


def test_a_guest_is_called_what_the_chat_calls_one() -> None:
    assert NAMELESS == GUEST


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Zoë O'Neill-Smith", "Zoë O'Neill-Smith"),
        ("हिन्दी", "हिन्दी"),
        ("J. R. Hartley", "J. R. Hartley"),
        ("[cheap](https://evil.example)", "cheap https evil example"),
        ("www.evil.example", "www evil example"),
        ("**me** {number}", "me number"),
        ("x" * NAME_LIMIT, "x" * 40),
    ],
)
def test_a_name_is_words_and_no_markup(dispatcher: CollectingDispatcher, name: str, said: str) -> None:
    assert greeting(dispatcher, name) == ("utter_greet_by_name", said)
