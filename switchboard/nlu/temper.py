"""A pipeline component for any Rasa project: gives messages of angry or abusive people an intent of their own.

    pipeline:
      - …  # behind the last classifier, and behind FallbackClassifier
      - name: switchboard.nlu.temper.TemperClassifier
        intent: upset
        threshold: 0.6
        phrases: ["trading standards"]

It reads English, needs no training, and takes a fraction of a millisecond. What it knows of anger is in `anger` and
`signs`.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from switchboard.nlu.anger import ENGLISH, temper

WORD_LISTS = ("swearing", "insults", "phrases", "harmless")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class TemperClassifier(GraphComponent, IntentClassifier):
    """Puts `intent` before all others where `temper` reaches `threshold`, and leaves every other message as it is.

    The confidence is `temper`'s. A project's own words: `swearing` counts wherever it stands, `insults` where they are
    said of whoever reads them, `phrases` are enough by themselves; `harmless` is what looks bad and is not, such as a
    product's name. Messages that begin with "/" are intents already, and left alone.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intent": "upset", "threshold": 0.6, **{name: [] for name in WORD_LISTS}}

    def __init__(self, config: dict[str, Any]) -> None:
        """Raises `InvalidConfigException`."""
        self._intent, self._threshold = config["intent"], config["threshold"]
        if not isinstance(self._threshold, int | float) or not 0 < self._threshold <= 1:
            raise InvalidConfigException(f"threshold must be above 0 and at most 1, not {self._threshold!r}")
        lists = {name: config[name] or [] for name in WORD_LISTS}
        for name, words in lists.items():
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                raise InvalidConfigException(f"{name} must be a list of texts, not {words!r}")
        self._lexicon = ENGLISH.extended(**lists)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TemperClassifier:
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Look at each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            if text.lstrip().startswith(INTENT_MESSAGE_PREFIX):
                continue
            confidence = temper(text, self._lexicon)
            if confidence >= self._threshold:
                self._put_first(message, confidence)
        return messages

    def _put_first(self, message: Message, confidence: float) -> None:
        others = [ranked for ranked in message.get(INTENT_RANKING_KEY) or [] if ranked[INTENT_NAME_KEY] != self._intent]
        upset = {INTENT_NAME_KEY: self._intent, PREDICTED_CONFIDENCE_KEY: confidence}
        message.set(INTENT, upset, add_to_output=True)
        message.set(INTENT_RANKING_KEY, [dict(upset), *others], add_to_output=True)
