"""NLU regression: what the classifier makes of `test_nlu.yml`, which it was never trained on."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
import yaml

FLOOR = 0.94  # measured 0.965 over 231 messages; two right answers are a percent
INTENT_FLOOR = 0.7  # of each intent by itself
MOST_MISTAKEN = 0.02  # of messages that call for nobody
HELD_OUT = Path(__file__).with_name("test_nlu.yml")

pytestmark = pytest.mark.timeout(300)  # importing Rasa and, where no current model is there, training


def held_out() -> list[tuple[str, str]]:
    """The messages and their intents."""
    blocks = yaml.safe_load(HELD_OUT.read_text(encoding="utf-8"))["nlu"]
    return [
        (line.removeprefix("- ").strip().strip('"'), block["intent"])
        for block in blocks
        for line in block["examples"].splitlines()
    ]


async def test_accuracy_stays_above_the_floor() -> None:
    from tests.support.assistant import assistant

    messages = held_out()
    right: dict[str, list[bool]] = defaultdict(list)
    mistakes = []
    for text, intent in messages:
        predicted = (await assistant().understand(text))["intent"]["name"]
        right[intent].append(predicted == intent)
        if predicted != intent:
            mistakes.append(f"{intent} taken for {predicted}: {text}")
    accuracy = 1 - len(mistakes) / len(messages)
    weakest = {intent: sum(hits) / len(hits) for intent, hits in right.items() if sum(hits) / len(hits) < INTENT_FLOOR}
    assert accuracy >= FLOOR, "\n".join(mistakes)
    assert weakest == {}, "\n".join(mistakes)


async def test_the_classifier_takes_nobody_for_upset_whom_temper_takes_for_calm() -> None:
    from tests.support.assistant import assistant

    texts = yaml.safe_load(HELD_OUT.with_name("upset.yml").read_text(encoding="utf-8"))["calm"]
    mistaken = [text for text in texts if (await assistant().understand(text))["intent"]["name"] == "upset"]
    assert len(mistaken) / len(texts) <= MOST_MISTAKEN, mistaken


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("cancel order 1001, eve+shop@example.co.uk", {"order_number": "1001", "email": "eve+shop@example.co.uk"}),
        ("#1002", {"order_number": "#1002"}),
        ("1003.", {"order_number": "1003"}),
        ("my number is 07700 900123", {}),
        ("you charged me £1200", {}),
        ("it is brokn", {"refund_reason": "damaged"}),
        ("I was billed twice", {"payment_problem": "charged twice"}),
        ("I'd say 4/5", {"rating": "4"}),
    ],
)
async def test_entities_are_found_and_nothing_else_is(text: str, entities: dict[str, str]) -> None:
    from tests.support.assistant import assistant

    found = (await assistant().understand(text))["entities"]
    assert {entity["entity"]: entity["value"] for entity in found} == entities
