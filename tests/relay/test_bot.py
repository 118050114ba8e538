"""A whole bot, with an `event_broker` in its `endpoints.yml` as any Rasa developer writes it."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.relay.conftest import Rabbit
from tests.stock_bot.conversation import Conversation
from tests.support import tiny_bot
from tests.support.supervisor import supervisor

ROOT = Path(__file__).parents[2]
LOADING_SECONDS = 240.0  # training, and loading Rasa, on a busy machine


@pytest.fixture
def bot(tmp_path: Path, rabbit: Rabbit) -> Path:
    """A bot that trains in seconds, with our `credentials.yml` and our `endpoints.yml`, and the broker in it."""
    tiny_bot.write(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data.yml").rename(tmp_path / "data" / "all.yml")
    (tmp_path / "actions").mkdir()
    (tmp_path / "actions" / "__init__.py").touch()
    shutil.copy(ROOT / "credentials.yml", tmp_path)
    endpoints = (ROOT / "endpoints.yml").read_text() + "\n" + yaml.safe_dump({"event_broker": rabbit.settings})
    (tmp_path / "endpoints.yml").write_text(endpoints)
    return tmp_path


@pytest.mark.timeout(360)
async def test_a_bot_answers_without_rabbitmq_which_gets_everything_once_it_is_there(
    bot: Path, rabbit: Rabbit, redis_url: str
) -> None:
    rabbit.server.kill()
    with supervisor(bot, REDIS_URL=redis_url) as running:
        await asyncio.to_thread(running.wait_until_ready, LOADING_SECONDS)
        with Conversation(running.url) as conversation:
            assert await asyncio.to_thread(conversation.say, "hello") == ["Hello there."]
        await asyncio.to_thread(rabbit.server.start)
        events = [json.loads(event.body) for event in await rabbit.server.take(rabbit.events, 9)]
        entries = [json.loads(entry.body) for entry in await rabbit.server.take(rabbit.log, 7)]
        assert await asyncio.to_thread(running.stop) < 5
    said = [(event["event"], event["text"]) for event in events if event["event"] in ("user", "bot")]
    assert said == [("user", "hello"), ("bot", "Hello there.")]
    assert {event["sender_id"] for event in events} == {entry["conversationId"] for entry in entries}
    assert [entry["type"] for entry in entries] == [
        "conversation.started",
        "participant.joined",
        "participant.joined",
        "message.sent",
        "turn.started",
        "message.sent",
        "turn.completed",
    ]
