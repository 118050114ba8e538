"""How angry a text is, by the text alone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from switchboard.nlu.anger import ENGLISH, LONGEST, temper

LABELLED: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "upset.yml").read_text(encoding="utf-8"))
THRESHOLD = 0.6  # what TemperClassifier has by default
MOST_MISTAKEN = 0.02
LEAST_FOUND = 0.8
LONG = 10_000  # characters
SLOW = 0.05  # seconds, some twenty times what the slowest takes


def halves(texts: list[str]) -> tuple[list[str], list[str]]:
    """Those that the signs were fitted to, and those that were only measured."""
    return texts[: len(texts) // 2], texts[len(texts) // 2 :]


@pytest.mark.parametrize("half", [0, 1])
def test_it_calls_for_a_person_where_one_is_called_for(half: int) -> None:
    upset, calm = halves(LABELLED["upset"])[half], halves(LABELLED["calm"])[half]
    missed = [text for text in upset if temper(text) < THRESHOLD]
    mistaken = [text for text in calm if temper(text) >= THRESHOLD]
    assert len(mistaken) / len(calm) <= MOST_MISTAKEN, mistaken
    assert 1 - len(missed) / len(upset) >= LEAST_FOUND, missed
    assert (len(mistaken), len(missed)) == ((0, 0), (0, 2))[half], "what docs/flows.md says of it"


def test_the_labelled_messages_are_200_and_no_two_the_same() -> None:
    assert (len(LABELLED["upset"]), len(LABELLED["calm"])) == (80, 120)
    assert len({*LABELLED["upset"], *LABELLED["calm"]}) == 200


@pytest.mark.parametrize(
    "text",
    [
        "fuck you",
        "FUCK YOU",
        "ｆｕｃｋ ｙｏｕ",
        "f\u200bu\u200bc\u200bk you",
        "f\u00aduck you",
        "fuuuuuck you",
        "f*** you",
        "f*ck this",
        "Великолепно! you idiots",
        "you’re useless",
        "YOU'RE USELESS",
        "Useless!",
        "I have never been so angry",
        "not good enough. I'm furious",
    ],
)
def test_it_is_seen_however_it_is_written(text: str) -> None:
    assert temper(text) >= THRESHOLD


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "\u200d",
        "\ud800",
        "😡",
        "**bold** and __more__",
        "I'm not furious, I only wonder",
        "you're not stupid",
        "I felt so stupid",
        "bloody good table",
        "the Bastard brothers' shop in Fucking",
        "I own the horrible one",
        "did my parcel get lost?",
        "will Sue be able to sign for it",
        "drop dead gorgeous",
        "last time I tried, the card was declined",
        "have you seen the scam e-mail?",
        "MIRROR 120X80 OAK",
        "PERFECT!!! THANK YOU!!!",
    ],
)
def test_what_only_looks_bad_is_not(text: str) -> None:
    assert temper(text) < THRESHOLD


@pytest.mark.parametrize(
    "text",
    ["you ", "a", "!?", "\u200d", "f*", "e\u0301", " ", "a'", "absolute ", "ﷺ", "i have ", "never so ", "you are "],
)
def test_long_texts_take_no_longer_than_they_must(text: str) -> None:
    long = (text * LONG)[:LONG]
    began = time.perf_counter()
    assert 0 <= temper(long) <= 1
    assert time.perf_counter() - began < SLOW


def test_of_a_long_text_the_beginning_and_the_end_count() -> None:
    filler = "and then we waited " * LONGEST
    assert temper(f"you idiots, {filler}") >= THRESHOLD
    assert temper(f"{filler} you idiots") >= THRESHOLD
    assert temper(filler) == 0


def test_more_signs_make_it_surer_and_ease_makes_it_less_sure() -> None:
    assert temper("you idiots") < temper("you idiots!!!") < temper("you idiots!!! I'll sue you")
    assert temper("you idiots lol") < temper("you idiots")


def test_a_project_has_words_of_its_own() -> None:
    own = ENGLISH.extended(["Blimey"], ["muggle"], ["the  watch (dog)", ""], ["Stupid Bot 2000"])
    for text in ("blimey", "you muggle", "I'll tell THE WATCH (DOG)"):
        assert temper(text, own) >= THRESHOLD > temper(text)
    assert temper("is a muggle a dog?", own) == 0
    assert temper("I want the stupid  bot 2000", own) == 0 < temper("I want the stupid bot 2000")
    assert temper("a watchdog", own) == 0
