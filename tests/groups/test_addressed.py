"""Whether a message is addressed to the bot, by its text alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from switchboard.addressed import addresses

LABELLED: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "addressed.yml").read_text(encoding="utf-8"))
LEAST = 0.95
NAMES = ("Assistant", "Zoë Bot")


def test_it_is_right_as_often_as_promised() -> None:
    names = tuple(LABELLED["names"])
    meant, others = LABELLED["addressed"], LABELLED["not addressed"]
    assert len({*meant, *others}) == 200
    missed = [text for text in meant if not addresses(text, names)]
    mistaken = [text for text in others if addresses(text, names)]
    found = len(meant) - len(missed)
    assert found / len(meant) >= LEAST, missed
    assert found / (found + len(mistaken)) >= LEAST, mistaken
    assert (len(mistaken), len(missed)) == (3, 2), "what docs/protocol.md says of it"


@pytest.mark.parametrize(
    ("text", "is_addressed"),
    [
        ("zoë bot, are you there?", True),
        ("ZOE\u0308  BOT, are you there?", True),  # the dots apart from the letter, and another case
        ("@Zoë Bot 1001", True),
        ("@assistant", True),
        ("＠ａｓｓｉｓｔａｎｔ １００１", True),
        ("Zoë, are you there?", False),
        ("my zoë bot, the old one", False),
        ("zoë bots, all of you", False),
        ("assistant@shop.example", False),
        ('"@assistant" works', False),
        ("", False),
        ("\n\n", False),
    ],
)
def test_names_are_whole_words_in_any_case_and_form(text: str, is_addressed: bool) -> None:
    assert addresses(text, NAMES) is is_addressed


@pytest.mark.parametrize("names", [(), ("",), (" ",)])
def test_who_has_no_name_is_addressed_by_nobody(names: tuple[str, ...]) -> None:
    assert not addresses("@ hey , assistant", names)


def test_a_name_is_not_a_pattern() -> None:
    assert addresses("@C-3P.O", ("C-3P.O",))
    assert not addresses("@C-3PXO", ("C-3P.O",))
    assert addresses("hey (bot) [x], go", ("(bot) [x]",))
