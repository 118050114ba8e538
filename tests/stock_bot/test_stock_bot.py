"""Real Rasa, real servers: any Rasa bot gets page and stream, and an author's change reaches an open conversation."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from tests.stock_bot.conversation import Conversation
from tests.stock_bot.stock import CACHE, OURS, ROOT, make_stock_bot
from tests.support.supervisor import processes_in, supervisor

LOADING_SECONDS = 240.0  # DIET and TED on a busy machine
SMALL_CONFIG = """\
language: en
assistant_id: small
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
policies:
- name: RulePolicy
"""
SMALL_DOMAIN = """\
intents: [greet, bye]
responses:
  utter_greet:
  - text: Hello from the old model
  utter_bye:
  - text: Bye
"""
SMALL_DATA = """\
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
- intent: bye
  examples: |
    - bye
    - goodbye
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: bye
  steps: [{intent: bye}, {action: utter_bye}]
"""


@pytest.fixture
def stock_bot(tmp_path: Path) -> Path:
    """What `rasa init` writes, with our `credentials.yml` and `endpoints.yml`."""
    make_stock_bot(tmp_path)
    return tmp_path


@pytest.fixture
def small_bot(tmp_path: Path) -> Path:
    """A bot that trains in seconds."""
    for name, content in (("config.yml", SMALL_CONFIG), ("domain.yml", SMALL_DOMAIN), ("data/all.yml", SMALL_DATA)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    (tmp_path / "actions").mkdir()
    (tmp_path / "actions/__init__.py").touch()
    for name in OURS:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.timeout(400)
def test_a_stock_rasa_bot_gets_the_page_and_the_stream_from_two_changed_files(stock_bot: Path) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    with supervisor(stock_bot, RASA_CACHE_DIRECTORY=str(CACHE)) as running:
        running.wait_until_ready(LOADING_SECONDS)
        page = httpx.get(running.url)
        assert page.headers["content-type"].startswith("text/html")
        assert "/widget.js" in page.text
        assert httpx.get(f"{running.url}/widget.js").status_code == 200
        with Conversation(running.url) as conversation:
            assert conversation.say("hello") == ["Hey! How are you?"]
            assert "Great, carry on!" in conversation.say("I am feeling very good")
        assert running.stop() < 5
        assert processes_in(stock_bot) == []


@pytest.mark.timeout(200)
def test_an_authors_change_reaches_an_open_conversation_over_the_same_stream(small_bot: Path) -> None:
    with supervisor(small_bot, "dev") as running:
        running.wait_for("watching", 90)
        with Conversation(running.url) as conversation:
            assert conversation.say("hello") == ["Hello from the old model"]
            (small_bot / "domain.yml").write_text(SMALL_DOMAIN.replace("old", "new"))
            running.wait_for("answers since", 90)
            assert conversation.say("hello") == ["Hello from the new model"]
            offsets = [entry["offset"] for entry in conversation.entries if "timestamp" in entry]
            assert offsets == list(range(offsets[0], offsets[0] + len(offsets)))

        (small_bot / "data/all.yml").write_text(f"{SMALL_DATA}- rule: [\n")
        running.wait_for("could not be trained", 60)
        assert "data/all.yml" in running.output.rpartition("could not be trained")[2]
        with Conversation(running.url) as conversation:
            assert conversation.say("bye") == ["Bye"]


def test_a_broken_flow_is_one_message_in_rasas_words(small_bot: Path) -> None:
    (small_bot / "domain.yml").write_text("intents: [greet\n")
    with supervisor(small_bot) as running:
        assert running.ended(90) == 1
        assert "could not be trained" in running.output
        assert "domain.yml" in running.output
        assert "Traceback" not in running.output
        assert processes_in(small_bot) == []
