"""Our runner gives what Rasa's gives, and fails as it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.exceptions import GraphComponentException, GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from switchboard.engine.graph import GraphRunner


@pytest.fixture(scope="module")
def loaded(model: Path) -> MessageProcessor:
    """The tiny bot, as Rasa loads it."""
    from rasa.core.agent import Agent

    processor = Agent.load(str(model)).processor
    assert processor is not None
    return processor


@pytest.fixture(params=[False, True], ids=["rasas", "ours"])
def runner(request: pytest.FixtureRequest, loaded: MessageProcessor) -> DaskGraphRunner:
    """Rasa's, and ours made of it."""
    assert isinstance(loaded.graph_runner, DaskGraphRunner)
    return GraphRunner.of(loaded.graph_runner) if request.param else loaded.graph_runner


def _tracker(loaded: MessageProcessor, text: str) -> DialogueStateTracker:
    events = [ActionExecuted(ACTION_LISTEN_NAME), UserUttered(text, {"name": "greet"})]
    return DialogueStateTracker.from_events("ada", events, domain=loaded.domain)


def _understood(loaded: MessageProcessor, runner: DaskGraphRunner, text: str) -> dict[str, Any]:
    target = loaded.model_metadata.nlu_target
    inputs = {PLACEHOLDER_MESSAGE: [UserMessage(text)], PLACEHOLDER_TRACKER: _tracker(loaded, text)}
    parsed: dict[str, Any] = runner.run(inputs=inputs, targets=[target])[target][0].as_dict(True)
    return parsed


@pytest.mark.parametrize("text", ["hello", "choose", "something that nobody taught it", ""])
def test_both_understand_alike(loaded: MessageProcessor, text: str) -> None:
    rasas = loaded.graph_runner
    assert isinstance(rasas, DaskGraphRunner)
    ours = GraphRunner.of(rasas)
    for _ in range(2):  # the second time by the order that the first has worked out
        assert _understood(loaded, ours, text) == _understood(loaded, rasas, text)


def test_both_predict_alike(loaded: MessageProcessor) -> None:
    rasas, target = loaded.graph_runner, loaded.model_metadata.core_target
    assert isinstance(rasas, DaskGraphRunner)
    inputs = {PLACEHOLDER_TRACKER: _tracker(loaded, "hello")}
    predictions = [each.run(inputs=inputs, targets=[target])[target] for each in (rasas, GraphRunner.of(rasas))]
    assert max(predictions[0].probabilities) > 0
    assert vars(predictions[0]) == vars(predictions[1])


def test_what_a_node_lacks_is_an_error(loaded: MessageProcessor, runner: DaskGraphRunner) -> None:
    with pytest.raises(GraphRunError, match="Missing input"):
        runner.run(inputs={}, targets=[loaded.model_metadata.core_target])


def test_what_a_node_raises_comes_out(loaded: MessageProcessor, runner: DaskGraphRunner) -> None:
    inputs = {PLACEHOLDER_TRACKER: "no tracker"}
    with pytest.raises(GraphComponentException):
        runner.run(inputs=inputs, targets=[loaded.model_metadata.core_target])
