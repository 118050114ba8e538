"""What the bot has done: by page, by status, by conversation; of other people's nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from channels.paging import Cursor
from switchboard.log.events import Participant
from switchboard.people.identity import PARTS, Role
from switchboard.settings import Settings
from switchboard.store.database import Database
from switchboard.store.history import History
from tests.channels.test_listing import archive
from tests.support.edge import Edge, Guest
from tests.support.group import do, join

TASKS = "/chat/v1/tasks"


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """With either database."""
    if request.param == "sqlite":
        return settings
    return settings.copy(update={"database_url": str(request.getfixturevalue("postgres").empty())})


@pytest.fixture
def history(settings: Settings) -> History:
    return History(Database(settings.database))


async def get(http: httpx.AsyncClient, path: str = TASKS, **query: Any) -> tuple[int, Any]:
    answer = await http.get(path, params=query)
    return answer.status_code, answer.json()


async def ids(guest: Guest, **query: Any) -> list[str]:
    status, body = await get(guest.http, **query)
    assert status == 200, body
    return [task["taskId"] for task in body["tasks"]]


async def worked(edge: Edge, history: History, guest: Guest, *names: str) -> str:
    """A conversation in which these were begun, one after another."""
    conversation = await guest.open()
    for name in names:
        await history.begin(name, conversation, "t4", "refund", {"secret": "s"})
    await archive(edge, conversation)
    return conversation


async def test_a_task_says_how_it_ended_and_what_came_of_it(edge: Edge, history: History, ada: Guest) -> None:
    conversation = await worked(edge, history, ada, "k1", "k2", "k3")
    await history.completed("k1", {"paid": 12})
    await history.failed("k2", "refused", "too_late_says_the_back_end")
    _, body = await get(ada.http)
    third, second, first = body["tasks"]
    common = {"conversationId": conversation, "name": "refund", "turnId": "t4"}
    times = ("startedAt", "endedAt")
    assert first == common | {"taskId": "k1", "status": "completed", "result": {"paid": 12}} | {
        name: first[name] for name in times
    }
    assert second == common | {"taskId": "k2", "status": "failed", "reason": "refused"} | {
        name: second[name] for name in times
    }
    assert third == common | {"taskId": "k3", "status": "running", "startedAt": third["startedAt"]}
    assert first["startedAt"] <= second["startedAt"] <= third["startedAt"]
    assert first["startedAt"] <= first["endedAt"]
    assert await get(ada.http, f"{TASKS}/k1") == (200, first)


async def test_they_are_found_by_status_and_by_conversation(edge: Edge, history: History, ada: Guest) -> None:
    one, other = await worked(edge, history, ada, "k1", "k2"), await worked(edge, history, ada, "k3")
    await history.completed("k1")
    await history.failed("k3", "timeout", "timeout")
    assert await ids(ada, conversation=one) == ["k2", "k1"]
    assert await ids(ada, conversation=other, status="running") == []
    statuses = [await ids(ada, status=status) for status in ("running", "completed", "failed")]
    assert statuses == [["k2"], ["k1"], ["k3"]]


async def test_pages_have_every_task_once(edge: Edge, history: History, ada: Guest) -> None:
    names = [f"k{number}" for number in range(5)]
    await worked(edge, history, ada, *names)
    found: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        _, body = await get(ada.http, **query)
        found += [task["taskId"] for task in body["tasks"]]
        if body["before"] is None:
            break
        query["before"] = body["before"]
    assert found == names[::-1]


async def test_what_is_other_peoples_looks_as_if_it_did_not_exist(
    edge: Edge, history: History, ada: Guest, eve: Guest
) -> None:
    conversation = await worked(edge, history, ada, "k1")
    assert await ids(eve) == []
    for path, query in ((f"{TASKS}/k1", {}), (TASKS, {"conversation": conversation})):
        status, body = await get(eve.http, path, **query)
        assert (status, body["code"]) == (404, "not_found")
    nowhere = await get(eve.http, f"{TASKS}/nowhere")
    assert nowhere == await get(eve.http, f"{TASKS}/k1")


@pytest.mark.parametrize(("role", "may"), [("operator", False), ("supervisor", True), ("service", True)])
async def test_who_oversees_sees_them(edge: Edge, history: History, ada: Guest, role: Role, may: bool) -> None:
    conversation = await worked(edge, history, ada, "k1")
    somebody = Participant(f"{role}_1", PARTS[role], role)
    token = edge.chat.sessions.sign(edge.chat.sessions.issue(somebody, role, "sign-in"))
    async with httpx.AsyncClient(base_url=edge.url, headers={"Authorization": f"Bearer {token}"}) as http:
        assert [(await get(http, f"{TASKS}/k1"))[0], (await get(http, conversation=conversation))[0]] == [
            200 if may else 404
        ] * 2


@pytest.mark.parametrize("query", [{"status": "refused"}, {"limit": "0"}, {"before": "x"}, {"before": "OTk5OTk5.x"}])
async def test_what_is_no_query_is_refused(ada: Guest, query: dict[str, str]) -> None:
    status, body = await get(ada.http, **query)
    assert (status, body["code"]) == (422, "invalid")


@pytest.mark.parametrize("path", ["a" * 41, "a%00b", "a%20b", "%2e%2e"])
async def test_what_is_no_id_is_no_tasks(ada: Guest, path: str) -> None:
    assert (await get(ada.http, f"{TASKS}/{path}"))[0] == 404


async def test_a_cursor_far_in_the_future_is_behind_all(edge: Edge, history: History, ada: Guest) -> None:
    await worked(edge, history, ada, "k1")
    assert await ids(ada, before=str(Cursor(10**17 - 1, "z"))) == ["k1"]
    assert await ids(ada, before=str(Cursor(0, "z"))) == []


async def test_who_was_removed_sees_no_tasks_though_the_archive_does_not_know_yet(
    edge: Edge, history: History, ada: Guest, eve: Guest
) -> None:
    theirs, own = await worked(edge, history, ada, "k1", "k2"), await worked(edge, history, eve, "k3")
    await join(ada, theirs, eve)
    await archive(edge, theirs)
    assert await ids(eve) == ["k3", "k2", "k1"]
    await do(ada, theirs, "remove", participantId=eve.participant)
    assert (await ids(eve), await ids(ada)) == (["k3"], ["k2", "k1"])
    _, page = await get(eve.http, limit=1)
    assert [task["taskId"] for task in page["tasks"]] == ["k3"]
    _, rest = await get(eve.http, limit=2, before=page["before"])
    assert (rest["tasks"], rest["before"]) == ([], None)
    await archive(edge, theirs)
    assert await ids(eve, conversation=own) == await ids(eve) == ["k3"]
