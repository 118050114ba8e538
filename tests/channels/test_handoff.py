"""Customers ask for a person, operators take over: by REST, as every client does it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import websockets

from switchboard.handoff.case import Wish
from switchboard.log.events import Participant
from switchboard.people.identity import Role
from tests.support.edge import Edge, Guest, frames
from tests.support.waiting import bounded

CHAT = "/chat/v1"


@contextlib.asynccontextmanager
async def somebody(edge: Edge, name: str, role: Role = "operator") -> AsyncIterator[Guest]:
    """Somebody who works here."""
    who = Participant(f"user_{name.lower()}", "operator", name)
    token = edge.chat.sessions.sign(edge.chat.sessions.issue(who, role, "sign-in"))
    async with httpx.AsyncClient(base_url=edge.url, timeout=10, headers={"Authorization": f"Bearer {token}"}) as http:
        yield Guest(http, who.id, token)


@pytest.fixture
async def eva(edge: Edge) -> AsyncIterator[Guest]:
    async with somebody(edge, "Eva") as operator:
        yield operator


@pytest.fixture
async def bob(edge: Edge) -> AsyncIterator[Guest]:
    async with somebody(edge, "Bob") as operator:
        yield operator


async def do(who: Guest, conversation: str, what: str, status: int = 200, **body: Any) -> dict[str, Any]:
    """A call about a conversation, and what it answers."""
    response = await who.http.post(f"{CHAT}/conversations/{conversation}/{what}", json=body)
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def first(stream: AsyncIterator[dict[str, Any]], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The next frame that is wanted."""
    async with bounded():
        async for frame in stream:
            if wanted(frame):
                return frame
    raise AssertionError("the stream ended")


async def test_a_customer_asks_for_a_person_once_however_often(edge: Edge, ada: Guest) -> None:
    talk = await ada.open()
    asked = await do(ada, talk, "handoff", 202)
    assert asked == {"handoffId": "h2", "owner": "queue:support", "term": 2, "available": False}
    assert await do(ada, talk, "handoff", 200, team="billing") == asked
    state = await ada.snapshot(talk)
    assert (state["owner"], state["handoff"]["status"]) == ("queue:support", "pending")


async def test_who_waits_is_told_whether_somebody_is_there(ada: Guest, eva: Guest) -> None:
    presence = f"{CHAT}/desk/presence"
    assert (await eva.http.post(presence, json={"status": "online", "teams": ["billing"]})).status_code == 204
    assert (await do(ada, await ada.open(), "handoff", 202, team="billing"))["available"] is True
    assert (await do(ada, await ada.open(), "handoff", 202))["available"] is False
    assert (await eva.http.post(presence, json={"status": "busy"})).status_code == 204
    assert (await do(ada, await ada.open(), "handoff", 202))["available"] is False


async def test_one_operator_wins_and_the_other_is_told_who(ada: Guest, eva: Guest, bob: Guest) -> None:
    talk = await ada.open()
    await do(ada, talk, "handoff", 202)
    assert (await do(eva, talk, "claim"))["owner"] == "operator:user_eva"
    refused = await do(bob, talk, "claim", 409)
    assert (refused["code"], refused["owner"]) == ("owned", "operator:user_eva")
    assert (await eva.send(talk, text="Hello Ada")).status_code == 202
    late = await bob.send(talk, text="Hello too")
    assert (late.status_code, late.json()["owner"]) == (409, "operator:user_eva")
    messages = (await ada.snapshot(talk))["messages"]
    assert [(each["author"]["name"], each["text"]) for each in messages] == [("Eva", "Hello Ada")]


async def test_an_operator_passes_it_on_and_is_out_of_it(ada: Guest, eva: Guest, bob: Guest) -> None:
    talk = await ada.open()
    await do(eva, talk, "claim")
    await do(eva, talk, "transfer", 422, participantId="user_bob")
    await bob.http.post(f"{CHAT}/desk/presence", json={"status": "online"})
    assert (await do(eva, talk, "transfer", participantId="user_bob"))["owner"] == "operator:user_bob"
    late = await eva.send(talk, text="One more thing")
    assert (late.status_code, late.json()["code"], late.json()["owner"]) == (409, "owned", "operator:user_bob")
    assert (await bob.send(talk, text="I am Bob")).status_code == 202


async def test_a_claim_says_which_ownership_it_has_seen(ada: Guest, eva: Guest) -> None:
    talk = await ada.open()
    await do(ada, talk, "handoff", 202)
    await do(eva, talk, "claim", 409, term=1)
    await do(eva, talk, "claim", term=2)


async def test_it_goes_back_to_the_queue_and_to_the_bot(edge: Edge, ada: Guest, eva: Guest, bob: Guest) -> None:
    talk = await ada.open()
    await do(ada, talk, "handoff", 202)
    await do(eva, talk, "claim")
    await do(bob, talk, "release", 409, to="bot")
    assert (await do(eva, talk, "release", to="queue", team="billing"))["owner"] == "queue:billing"
    await do(eva, talk, "release", 403, to="bot")
    await do(bob, talk, "claim")
    assert (await do(bob, talk, "release", to="bot"))["owner"] == "bot:main"
    await do(bob, talk, "claim")
    assert (await do(bob, talk, "resolve", disposition=" solved "))["owner"] == "bot:main"
    last = json.loads((await edge.chat.log.read_back(talk, 1))[0].json)
    assert (last["outcome"], last["disposition"], last["participantId"]) == ("resolved", "solved", "user_bob")


async def test_a_supervisor_decides_about_what_others_have(edge: Edge, ada: Guest, eva: Guest) -> None:
    talk = await ada.open()
    await do(eva, talk, "claim")
    async with somebody(edge, "Zoe", "supervisor") as zoe:
        assert (await do(zoe, talk, "release", to="queue"))["owner"] == "queue:support"
        await do(zoe, talk, "release", to="bot")


async def test_who_waits_may_go_back_to_the_bot(ada: Guest, eva: Guest) -> None:
    talk = await ada.open()
    await do(ada, talk, "handoff/cancel", 409)
    await do(ada, talk, "handoff", 202)
    assert (await do(ada, talk, "handoff/cancel"))["owner"] == "bot:main"
    await do(eva, talk, "claim")
    assert (await do(ada, talk, "handoff/cancel", 409))["owner"] == "operator:user_eva"


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("handoff", {"reason": "because"}),
        ("handoff", {"team": "No Team"}),
        ("claim", {"term": 0}),
        ("release", {"to": "me"}),
        ("transfer", {}),
        ("resolve", {"disposition": " "}),
        ("resolve", {"disposition": "x" * 65}),
    ],
)
async def test_bodies_are_checked(ada: Guest, eva: Guest, what: str, body: dict[str, Any]) -> None:
    talk = await ada.open()
    await do(ada if what == "handoff" else eva, talk, what, 422, **body)


async def test_an_operator_looks_on_unseen(edge: Edge, ada: Guest, eva: Guest) -> None:
    talk = await ada.open()
    async with eva.stream(talk) as seen, ada.stream(talk) as own:
        await anext(seen)
        connected = await anext(own)
        assert connected["present"] == [ada.participant]
        await ada.send(talk, text="hello")
        await first(seen, lambda frame: frame.get("text") == "hello")
    url = f"{edge.url.replace('http', 'ws')}{CHAT}/conversations/{talk}/socket"
    async with websockets.connect(url) as socket:  # type: ignore[attr-defined]
        await socket.send(json.dumps({"id": 1, "connect": {"token": eva.token}}))
        await socket.send(json.dumps({"id": 2, "send": {"clientMessageId": "1", "text": "hi"}}))
        async with bounded():
            while (reply := json.loads(await socket.recv())).get("id") != 2:
                pass
    assert reply["error"]["code"] == "owned"


async def test_the_desk_shows_who_waits_and_who_is_there_as_it_changes(edge: Edge, ada: Guest, eva: Guest) -> None:
    talk = await ada.open()
    async with bounded(), eva.http.stream("GET", f"{CHAT}/desk/stream") as response:
        stream = frames(response)
        shown = await anext(stream)
        assert shown["type"] == "desk"
        assert [(each["name"], each["status"], each["holds"]) for each in shown["operators"]] == [("Eva", "online", 0)]
        await do(ada, talk, "handoff", 202)
        waiting = (await first(stream, lambda frame: bool(frame["conversations"])))["conversations"][0]
        assert (waiting["conversationId"], waiting["status"], waiting["position"]) == (talk, "pending", 1)
        assert waiting["customers"] == [{"id": ada.participant, "name": "Ada"}]
        async with somebody(edge, "Bob") as bob:
            await do(bob, talk, "claim", term=waiting["term"])
        held = await first(stream, lambda frame: frame["conversations"][0]["status"] == "assigned")
        assert {each["name"]: each["holds"] for each in held["operators"]} == {"Eva": 0, "Bob": 1}
    assert (await eva.http.get(f"{CHAT}/desk")).json() == {name: held[name] for name in ("operators", "conversations")}


async def test_what_a_bot_hands_over_is_for_operators_only(edge: Edge, ada: Guest, eva: Guest) -> None:
    talk = await ada.open()
    await edge.chat.desk.request(talk, Wish("rule", context={"summary": "secret-summary"}))
    async with ada.stream(talk) as own:
        await anext(own)
        assert "secret-summary" not in json.dumps(await anext(own))
    assert "secret-summary" not in json.dumps(await ada.snapshot(talk))
    desk = (await eva.http.get(f"{CHAT}/desk")).json()
    assert desk["conversations"][0]["context"] == {"summary": "secret-summary"}


async def test_a_customer_rates_what_people_have_settled_once(ada: Guest, eva: Guest) -> None:
    talk = await ada.open()
    await do(ada, talk, "handoff", 202)
    await do(eva, talk, "claim")
    await do(ada, talk, "rating", 422, handoffId="h2", rating=5)
    await do(eva, talk, "resolve", disposition="solved")
    assert (await do(ada, talk, "rating", 201, handoffId="h2", rating=5, comment=" great "))["duplicate"] is False
    assert (await do(ada, talk, "rating", 200, handoffId="h2", rating=5, comment="great"))["duplicate"] is True
    await do(ada, talk, "rating", 409, handoffId="h2", rating=1)
    await do(eva, talk, "rating", 403, handoffId="h2", rating=5)
    for wrong in ({"handoffId": "h9", "rating": 5}, {"handoffId": "h2", "rating": 6}, {"handoffId": "x", "rating": 1}):
        await do(ada, talk, "rating", 422, **wrong)


async def test_who_gives_it_back_looks_on(ada: Guest, eva: Guest) -> None:
    talk = await ada.open()
    await do(eva, talk, "claim")
    async with eva.stream(talk) as seen:
        await anext(seen)
        await do(eva, talk, "release", to="bot")
        await ada.send(talk, text="and now?")
        await first(seen, lambda frame: frame.get("text") == "and now?")


async def test_what_an_operator_does_not_say_anew_stays(eva: Guest) -> None:
    presence = f"{CHAT}/desk/presence"
    await eva.http.post(presence, json={"status": "online", "teams": ["billing"], "capacity": 3})
    await eva.http.post(presence, json={"status": "busy"})
    (olive,) = (await eva.http.get(f"{CHAT}/desk")).json()["operators"]
    assert (olive["status"], olive["teams"], olive["capacity"]) == ("busy", ["billing"], 3)
    await eva.http.post(presence, json={"status": "busy", "teams": []})
    (olive,) = (await eva.http.get(f"{CHAT}/desk")).json()["operators"]
    assert olive["teams"] == []
