"""The component: an intent for whoever is upset, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.timeout(120)  # importing Rasa

RANKING = [{"name": "complaint", "confidence": 0.7}, {"name": "greet", "confidence": 0.2}]


def understood(text: str | None, ranking: list[dict[str, Any]] = RANKING, **config: Any) -> dict[str, Any]:
    """What the classifiers before it and the component make of a text."""
    from rasa.shared.nlu.training_data.message import Message

    from switchboard.nlu.temper import TemperClassifier

    message = Message({"text": text, "intent": dict(ranking[0]) if ranking else {}, "intent_ranking": [*ranking]})
    TemperClassifier({**TemperClassifier.get_default_config(), **config}).process([message])
    return {"intent": message.get("intent"), "ranking": message.get("intent_ranking")}


def test_whoever_is_upset_has_that_intent_before_all_others() -> None:
    result = understood("fuck off")
    assert result["intent"] == result["ranking"][0]
    assert result["intent"]["name"] == "upset"
    assert result["intent"]["confidence"] >= 0.6
    assert result["ranking"][1:] == RANKING


def test_what_a_classifier_thought_of_the_same_intent_is_replaced() -> None:
    result = understood("fuck off", [{"name": "upset", "confidence": 0.3}, *RANKING])
    assert [each["name"] for each in result["ranking"]] == ["upset", "complaint", "greet"]


@pytest.mark.parametrize("text", ["where is my sofa?", "", None, "/upset", " /fuck_off", '/inform{"text": "fuck off"}'])
def test_any_other_message_is_left_as_it_is(text: str | None) -> None:
    assert understood(text) == {"intent": RANKING[0], "ranking": RANKING}


def test_it_works_without_a_classifier() -> None:
    assert understood("fuck off", [])["intent"]["name"] == "upset"


def test_it_takes_what_the_config_says() -> None:
    assert understood("fuck off", intent="angry")["intent"]["name"] == "angry"
    assert understood("this is ridiculous", threshold=0.4)["intent"]["name"] == "upset"
    assert understood("blimey", swearing=["blimey"])["intent"]["name"] == "upset"
    assert understood("the fuck off lamp", harmless=["fuck off lamp"])["intent"]["name"] == "complaint"
    assert understood("fuck off", phrases=None)["intent"]["name"] == "upset"


@pytest.mark.parametrize(
    "config", [{"threshold": 0}, {"threshold": 1.1}, {"threshold": "high"}, {"phrases": "no list"}, {"insults": [1]}]
)
def test_a_config_that_makes_no_sense_is_refused(config: dict[str, Any]) -> None:
    from rasa.shared.exceptions import InvalidConfigException

    with pytest.raises(InvalidConfigException):
        understood("hello", **config)
