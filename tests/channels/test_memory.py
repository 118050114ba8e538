"""People see what is remembered of them, put it right, and have it forgotten; nobody else does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.adapter import ChatChannel
from switchboard.people.memory import Lesson, Memory
from switchboard.settings import SettingsError
from switchboard.store.calls import Calls
from switchboard.store.database import Database
from tests.support.edge import Edge, Guest

MEMORY = "/chat/v1/me/memory"


async def learn(edge: Edge, guest: Guest, **known: Any) -> None:
    now = datetime.now(UTC)
    lessons = [Lesson(guest.participant, name, value, "c_1", now, 3600) for name, value in known.items()]
    await edge.chat.memory.learn(lessons)


async def known(guest: Guest) -> dict[str, Any]:
    answer = await guest.http.get(MEMORY)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    return {each["name"]: each["value"] for each in answer.json()["memory"]}


async def test_what_is_remembered_is_shown_with_where_it_is_from(edge: Edge, ada: Guest) -> None:
    assert await known(ada) == {}
    await learn(edge, ada, nickname="Countess")
    (each,) = (await ada.http.get(MEMORY)).json()["memory"]
    assert (each["name"], each["value"], each["conversationId"]) == ("nickname", "Countess", "c_1")
    assert each["expiresAt"] - each["learnedAt"] == 3_600_000
    assert abs(each["learnedAt"] / 1000 - datetime.now(UTC).timestamp()) < 60


@pytest.mark.parametrize("value", ["Ada", True, 7, 2.5])
async def test_it_is_put_right_by_the_person_alone(edge: Edge, ada: Guest, value: Any) -> None:
    await learn(edge, ada, nickname="Countess")
    async with edge.guest("Eve") as eve:
        assert (await eve.http.post(MEMORY, json={"name": "nickname", "value": "x"})).status_code == 404
        await eve.http.post(f"{MEMORY}/forget")
    answer = await ada.http.post(MEMORY, json={"name": "nickname", "value": value})
    assert answer.status_code == 200 and answer.json()["value"] == value and "conversationId" not in answer.json()
    assert await known(ada) == {"nickname": value}


async def test_it_is_forgotten_one_by_one_or_altogether(edge: Edge, ada: Guest) -> None:
    await learn(edge, ada, nickname="Countess", last_order="1001", color="red")
    assert (await ada.http.post(f"{MEMORY}/forget", json={"name": "color"})).status_code == 204
    assert await known(ada) == {"nickname": "Countess", "last_order": "1001"}
    assert (await ada.http.post(f"{MEMORY}/forget")).status_code == 204
    assert await known(ada) == {}
    assert (await ada.http.post(MEMORY, json={"name": "color", "value": "blue"})).status_code == 404


BAD: dict[str, Any] = {
    "nothing": {},
    "no value": {"name": "nickname"},
    "a list": {"name": "nickname", "value": ["Ada"]},
    "none": {"name": "nickname", "value": None},
    "long": {"name": "nickname", "value": "x" * 1_001},
    "empty": {"name": "nickname", "value": " "},
    "a long name": {"name": "x" * 81, "value": "Ada"},
    "half a character": {"name": "\ud800", "value": "Ada"},
    "a name that is none": {"name": "a b", "value": "Ada"},
    "of another": {"name": "nickname", "value": "Ada", "person": "guest_eve"},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
async def test_what_does_not_fit_is_refused(ada: Guest, body: dict[str, Any]) -> None:
    assert (await ada.http.post(MEMORY, content=json.dumps(body))).status_code == 422


async def test_a_database_that_is_away_is_said_so(edge: Edge, ada: Guest, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    edge.chat.memory = Memory(Calls(Database(f"sqlite:///{tmp_path}/file/test.db")))
    calls: list[httpx.Response] = [
        await ada.http.get(MEMORY),
        await ada.http.post(MEMORY, json={"name": "nickname", "value": "Ada"}),
        await ada.http.post(f"{MEMORY}/forget"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in calls] == [(503, "unavailable")] * 3


@pytest.mark.parametrize("personal", ["nickname", {"nickname": 30}, [["nickname"]]])
def test_a_bot_whose_personal_slots_are_no_list_does_not_start(personal: Any) -> None:
    with pytest.raises(SettingsError, match="personal"):
        ChatChannel.from_credentials({"personal": personal})


@pytest.mark.parametrize("remember", [["nickname"], {"nickname": 0}, {"nickname": "long"}, {"nickname": True}])
def test_a_bot_that_does_not_say_for_how_long_does_not_start(remember: Any) -> None:
    with pytest.raises(SettingsError, match="remember"):
        ChatChannel.from_credentials({"remember": remember})
