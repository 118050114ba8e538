"""People cancel what the bot does for them, and have it asked again where it failed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from switchboard.log.events import Event, TaskCompleted, TaskFailed, TaskStarted, TurnCompleted
from switchboard.log.log import Draft
from switchboard.settings import Settings
from switchboard.store.database import Database
from switchboard.store.history import History
from tests.support.edge import Edge, Guest
from tests.support.group import accept, do

TURN = "t4"
FAILED: tuple[Event, ...] = (TaskFailed("k1", "unavailable"), TurnCompleted(TURN))


@pytest.fixture
def history(settings: Settings) -> History:
    return History(Database(settings.database))


@pytest.fixture
async def here(edge: Edge, ada: Guest, history: History) -> str:
    """A conversation in which a task runs for what Ada has said."""
    conversation = await ada.open()
    sent = await ada.send(conversation, text="Where is it?", metadata={"page": "/cart"})
    assert sent.json()["offset"] == 4
    await history.begin("k1", conversation, TURN, "look", {})
    await append(edge, conversation, TaskStarted("k1", "look", "Looking", TURN, False))
    return conversation


@pytest.fixture
async def bob(edge: Edge, ada: Guest, here: str) -> AsyncIterator[Guest]:
    """Somebody who takes part too."""
    async with edge.guest("Bob") as guest:
        invited, _ = edge.chat.invitations.issue(await edge.chat.log.describe(here), 1, 60_000)
        assert (await accept(guest, invited)).status_code == 200
        yield guest


async def append(edge: Edge, conversation: str, *events: Event) -> None:
    """As the bot does; the end of the turn answers the message."""
    answers = 4 if any(isinstance(event, TurnCompleted) for event in events) else None
    drafts = [Draft(event, _key(event)) for event in events]
    await edge.chat.log.publish(conversation, *drafts, answers=answers)


def _key(event: Event) -> str:
    if isinstance(event, (TaskStarted, TaskCompleted)):
        return f"{event.task_id}:{event.type.removeprefix('task.')}"
    return ""


async def call(guest: Guest, what: str, task: str = "k1", body: Any = None) -> tuple[int, Any]:
    answer = await guest.http.post(f"/chat/v1/tasks/{task}/{what}", json={} if body is None else body)
    return answer.status_code, answer.json()


async def refused(guest: Guest, what: str, task: str = "k1", body: Any = None) -> tuple[int, str]:
    status, problem = await call(guest, what, task, body)
    return status, problem["code"]


async def test_a_running_task_is_asked_to_end_once_however_often_it_is_called(
    edge: Edge, ada: Guest, history: History, here: str
) -> None:
    assert [await call(ada, "cancel") for _ in range(2)] == [(202, {"taskId": "k1"})] * 2
    lines = await edge.chat.log.read(here, 0)
    assert [line.type for line in lines].count("task.cancelling") == 1
    await history.failed("k1", "cancelled", "cancelled")
    assert await call(ada, "cancel") == (200, {"taskId": "k1"})
    task = (await ada.http.get("/chat/v1/tasks/k1")).json()
    assert (task["status"], task["reason"]) == ("failed", "cancelled")


async def test_what_has_ended_is_not_cancelled(edge: Edge, ada: Guest, history: History, here: str) -> None:
    await append(edge, here, TaskCompleted("k1"))
    assert await refused(ada, "cancel") == (409, "ended")  # though SQL does not know yet
    await history.completed("k1")
    assert await refused(ada, "cancel") == (409, "ended")


async def test_what_a_killed_process_left_running_is_not_cancelled(edge: Edge, ada: Guest, here: str) -> None:
    await append(edge, here, TurnCompleted(TURN))
    assert await refused(ada, "cancel") == (409, "ended")


async def test_a_task_of_a_reminder_is_not_cancelled(ada: Guest, history: History, here: str) -> None:
    await history.begin("k9", here, None, "look", {})
    assert await refused(ada, "cancel", "k9") == (409, "ended")
    assert await refused(ada, "retry", "k9") == (409, "too_old")


@pytest.mark.parametrize("what", ["cancel", "retry"])
async def test_it_is_for_those_who_take_part_and_may_speak(
    edge: Edge, ada: Guest, bob: Guest, eve: Guest, here: str, what: str
) -> None:
    assert await refused(eve, what) == await refused(ada, what, "nowhere") == (404, "not_found")
    assert await refused(ada, what, "a%20b") == (404, "not_found")
    if what == "retry":
        await append(edge, here, *FAILED)
    await do(ada, here, "mute", participantId=bob.participant, muted=True)
    assert await refused(bob, what) == (403, "muted" if what == "cancel" else "forbidden")
    await do(ada, here, "mute", participantId=bob.participant, muted=False)
    assert (await call(bob if what == "cancel" else ada, what))[0] == 202
    await do(ada, here, "remove", participantId=bob.participant)
    assert await refused(bob, what) == (404, "not_found")
    assert await refused(ada, what, body={"x": 1}) == (422, "invalid")
    async with httpx.AsyncClient(base_url=edge.url) as stranger:
        assert (await stranger.post(f"/chat/v1/tasks/k1/{what}")).status_code == 401


async def test_the_message_of_a_failed_task_is_asked_again_once_by_who_has_asked(
    edge: Edge, ada: Guest, bob: Guest, history: History, here: str
) -> None:
    await history.begin("k2", here, TURN, "look", {})
    await append(edge, here, TaskStarted("k2", "look", "Look", TURN, True), TaskFailed("k2", "unavailable"), *FAILED)
    assert await refused(bob, "retry") == (403, "forbidden")
    status, receipt = await call(ada, "retry")
    assert (status, receipt["duplicate"]) == (202, False)
    for task in ("k1", "k2"):
        answer = await ada.http.post(f"/chat/v1/tasks/{task}/retry", json={})
        assert (answer.status_code, answer.json()) == (200, receipt | {"duplicate": True}), "once for all of its tasks"
    *_, first, again = (await ada.snapshot(here))["messages"]
    assert (first["text"], again["text"]) == ("Where is it?", "Where is it?")
    assert (again["author"]["id"], again["messageId"]) == (ada.participant, receipt["messageId"])
    line = await edge.chat.log.at(here, receipt["offset"])
    assert line and '"metadata":{"page":"/cart","retryOf":"k1"}' in line.json
    assert await edge.chat.log.waits(here, receipt["offset"]), "the bot answers it, though nobody addressed it"


async def test_what_runs_or_is_done_is_not_asked_again(edge: Edge, ada: Guest, here: str) -> None:
    assert await refused(ada, "retry") == (409, "running")
    await append(edge, here, TaskStarted("k2", "refund", "Refund", TURN, True), TaskCompleted("k2"), *FAILED)
    assert await refused(ada, "retry") == (409, "completed")


async def test_a_closed_conversation_takes_no_retry(edge: Edge, ada: Guest, here: str) -> None:
    await append(edge, here, *FAILED)
    assert (await ada.http.post(f"/chat/v1/conversations/{here}/close")).status_code == 204
    assert await refused(ada, "retry") == (409, "closed")


async def test_retries_count_as_messages_do(edge: Edge, ada: Guest, here: str) -> None:
    await append(edge, here, *FAILED)
    while (await ada.send(here, text="x")).status_code == 202:
        pass
    answer = await ada.http.post("/chat/v1/tasks/k1/retry", json={})
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
