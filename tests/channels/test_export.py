"""Whoever asks for it gets everything that there is about them, and nothing about anybody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from switchboard.archive.conversations import Part
from switchboard.log.errors import ArchiveUnavailable
from switchboard.log.keys import keys_of
from switchboard.people.memory import Lesson
from switchboard.records import export as module
from switchboard.store.database import Database
from switchboard.store.history import History, utc_now
from switchboard.turns.turn import BOT
from tests.channels.test_listing import archive, told
from tests.support.edge import Edge, Guest
from tests.support.group import do, join
from tests.support.people import message

EXPORT = "/chat/v1/me/export"


async def export(guest: Guest) -> dict[str, Any]:
    answer = await guest.http.get(EXPORT)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    document: dict[str, Any] = answer.json()
    return document


async def logged(edge: Edge, conversation: str) -> list[dict[str, Any]]:
    return [json.loads(line.json) for line in await edge.chat.log.read(conversation, 0, count=10_000)]


async def test_it_has_the_profile_and_every_conversation_with_every_entry_and_every_task(
    edge: Edge, ada: Guest, eve: Guest
) -> None:
    await ada.http.post("/chat/v1/me", json={"language": "de", "preferences": {"theme": "dark"}})
    lesson = Lesson(ada.participant, "city", "Graz", "c_1", utc_now(), 3_600)
    await edge.chat.memory.learn([lesson])
    conversations = [await told(edge, ada, f"hello {number}") for number in range(3)]
    await told(edge, eve, "somebody else's")
    history = History(Database(edge.chat.settings.database))
    for number in range(2):
        await history.begin(f"k{number}", conversations[0], "t4", "refund", {"order": number})
    await edge.chat.log.publish(conversations[0], message("not archived yet"))
    document = await export(ada)
    assert (document["email"], [each["name"] for each in document["memory"]]) == (None, ["city"])
    assert document["profile"] == (await ada.http.get("/chat/v1/me")).json()
    await archive(edge, conversations[0])
    listed = (await ada.http.get("/chat/v1/conversations")).json()["conversations"]
    found = [{k: v for k, v in each.items() if k != "entries"} for each in document["conversations"]]
    assert found == sorted(listed, key=lambda each: str(each["conversationId"]))
    for each in document["conversations"]:
        assert each["entries"] == await logged(edge, each["conversationId"])
    tasks = (await ada.http.get("/chat/v1/tasks")).json()["tasks"]
    assert document["tasks"] == tasks


async def test_who_has_nothing_gets_a_document_that_says_so(ada: Guest) -> None:
    profile = (await ada.http.get("/chat/v1/me")).json()
    assert await export(ada) == {"profile": profile, "email": None, "memory": [], "conversations": [], "tasks": []}


async def test_what_redis_has_no_more_comes_from_the_archive(edge: Edge, ada: Guest) -> None:
    trimmed, lost = await told(edge, ada, *map(str, range(20))), await told(edge, ada, "a", "b")
    everything = {conversation: await logged(edge, conversation) for conversation in (trimmed, lost)}
    await edge.chat.log.redis.xtrim(keys_of(trimmed).log, maxlen=2, approximate=False)
    await edge.chat.log.redis.delete(*keys_of(lost).all)
    found = {each["conversationId"]: each["entries"] for each in (await export(ada))["conversations"]}
    assert found == everything


async def test_one_that_is_longer_than_a_page_is_whole(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    await edge.chat.log.publish(conversation, *(message("x" * 400) for _ in range(700)))
    await archive(edge, conversation)
    (found,) = (await export(ada))["conversations"]
    assert [entry["offset"] for entry in found["entries"]] == list(range(1, 704))


async def test_one_that_cannot_be_read_to_its_end_breaks_off(
    edge: Edge, ada: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    await told(edge, ada, "hello")

    async def away(_: Any) -> Any:
        raise ArchiveUnavailable("the database is away")

    monkeypatch.setattr(edge.chat.tasks, "find", away)
    with pytest.raises(httpx.RemoteProtocolError):
        await ada.http.get(EXPORT)


async def test_while_the_database_is_away_nothing_begins(edge: Edge, ada: Guest, tmp_path: Path) -> None:
    (tmp_path / "switchboard.db").mkdir()
    answer = await ada.http.get(EXPORT)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_it_has_what_the_archiver_has_not_come_to(edge: Edge, ada: Guest, eve: Guest) -> None:
    archived, new = await told(edge, ada, "hello"), await ada.open()
    await ada.send(new, text="brand new")
    await eve.open()
    found = {each["conversationId"]: each for each in (await export(ada))["conversations"]}
    assert set(found) == {archived, new}
    assert found[new]["entries"] == await logged(edge, new)
    assert (found[new]["preview"], found[new]["unread"], found[new]["owner"]) == ("brand new", 0, BOT.id)


@pytest.mark.parametrize("is_archived", [True, False])
async def test_of_a_conversation_that_was_left_it_has_what_there_was_until_then(
    edge: Edge, ada: Guest, eve: Guest, is_archived: bool
) -> None:
    here = await told(edge, ada, "hello")
    await join(ada, here, eve)
    await eve.send(here, text="for a while")
    history = History(Database(edge.chat.settings.database))
    await history.begin("k1", here, "t4", "refund", {})
    await archive(edge, here)
    await do(ada, here, "remove", participantId=eve.participant)
    await ada.send(here, text="now that Eve is gone")
    await history.begin("k2", here, "t9", "secret", {})
    if is_archived:
        await archive(edge, here)
    document = await export(eve)
    (left,) = document["conversations"]
    everything = await logged(edge, here)
    assert left["entries"] == everything[:-1] and left["entries"][-1]["type"] == "participant.left"
    assert (left["preview"], "unread" in left) == ("for a while", False)
    assert eve.participant not in {each["id"] for each in left["participants"]}
    assert [task["taskId"] for task in document["tasks"]] == ["k1"]
    await join(ada, here, eve)
    assert (await export(eve))["conversations"][0]["entries"] == await logged(edge, here)


async def test_one_in_which_something_is_said_meanwhile_is_there_once(
    edge: Edge, ada: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversations = [await told(edge, ada, f"hello {number}") for number in range(4)]
    monkeypatch.setattr(module, "AT_ONCE", 1)
    parts = edge.chat.conversations.parts

    async def moving(participant: str, after: str, count: int) -> list[Part]:
        for conversation in conversations:
            await ada.send(conversation, text="still here")
            await archive(edge, conversation)
        return await parts(participant, after, count)

    monkeypatch.setattr(edge.chat.conversations, "parts", moving)
    assert [each["conversationId"] for each in (await export(ada))["conversations"]] == sorted(conversations)
