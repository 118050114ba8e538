"""Rasa's own HTTP API, beside the turns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from switchboard.log.inbox import Inbox
from tests.engine.conftest import Talk, served


@pytest.fixture
async def api(talk: Talk) -> AsyncIterator[httpx.AsyncClient]:
    from rasa.server import create_app

    async with served(create_app(talk.agent)) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


@pytest.mark.parametrize(("path", "name"), [("execute", "action_crash"), ("trigger_intent", "crash")])
async def test_an_action_that_fails_is_an_error_and_nothing_is_saved(
    talk: Talk, api: httpx.AsyncClient, path: str, name: str
) -> None:
    await talk.say("hello")
    before = await talk.tracker()
    answer = await api.post(f"/conversations/{talk.id}/{path}", json={"name": name})
    assert answer.status_code == 500
    problem: dict[str, Any] = answer.json()
    assert "action_failed: the action server answered 500" in problem["message"]
    assert await talk.tracker() == before
    assert await Inbox(talk.log.redis).hold(talk.id) is not None, "the lock was given back"


async def test_slots_that_cannot_be_validated_are_an_error_too(
    talk: Talk, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rasa has them validated where the domain has this action, which the action server does not know."""
    monkeypatch.setattr(talk.agent.domain, "user_actions", ["action_validate_slot_mappings"])
    answer = await api.post(f"/conversations/{talk.id}/messages", json={"text": "hello", "sender": "user"})
    assert answer.status_code == 500
    assert "action_failed: the action server answered 404" in answer.json()["message"]
    assert await talk.tracker() == []
