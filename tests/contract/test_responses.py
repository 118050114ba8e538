"""What the server really answers is what the OpenAPI document says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
from jsonschema import RefResolver
from openapi_schema_validator import OAS30Validator

from channels.health import OPENAPI
from switchboard.log.events import (
    Button,
    MessageDelta,
    MessageSent,
    MessageStarted,
    Participant,
    TaskFailed,
    TaskProgressed,
    TaskStarted,
    TurnStarted,
)
from switchboard.log.feed import Feed
from switchboard.log.log import Draft
from switchboard.settings import Settings
from switchboard.store.database import Database
from switchboard.store.history import History
from switchboard.turns.turn import BOT
from tests.support.edge import Edge, Guest, serving
from tests.support.group import ACCEPT, accept, do, signed_in

DOCUMENT: dict[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))
ONE = "/chat/v1/conversations/{conversationId}"
HISTORY = (
    MessageSent("m1", BOT, "Which one?", (Button("Yes", "/affirm"),), image="https://shop.example/a.png"),
    TurnStarted("t4", "m0"),
    MessageStarted("m2", BOT, "t4"),
    MessageDelta("m2", "So far"),
    TaskStarted("k1", "look", "Looking", "t4"),
    TaskProgressed("k1", 1, 3, "Asking"),
    TaskStarted("k2", "look", "Looking"),
    TaskFailed("k2", "timeout"),
)
GROUPS: dict[str, dict[str, Any]] = {
    "participants": {"participantId": "user_0", "name": "Dora", "role": "customer"},
    "invitations": {"expiresIn": 60_000, "uses": 3},
    "invitations/revoke": {},
    "mute": {"participantId": "user_0", "muted": True},
    "remove": {"participantId": "user_0"},
}
ANYBODY = {"name": "Somebody", "role": "customer"}


def check(answer: httpx.Response, path: str) -> None:
    """The answer's status, type and body are documented for the path."""
    documented = DOCUMENT["paths"][path][answer.request.method.lower()]["responses"]
    assert str(answer.status_code) in documented, (path, answer.status_code, answer.text)
    response = documented[str(answer.status_code)]
    resolver = RefResolver("", DOCUMENT)
    if "$ref" in response:
        response = resolver.resolve(response["$ref"])[1]
    if answer.status_code == 204:
        assert not answer.content
        return
    media = answer.headers["content-type"].split(";")[0]
    OAS30Validator(response["content"][media]["schema"], resolver=resolver).validate(answer.json())


async def test_answers_are_as_documented(redis_url: str, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, redis_url=redis_url, data_dir=tmp_path, page_dir=tmp_path)
    async with serving(settings) as edge, edge.guest() as ada, httpx.AsyncClient(base_url=edge.url) as stranger:
        conversation = await ada.open()
        here = f"/chat/v1/conversations/{conversation}"
        check(await stranger.post("/chat/v1/sessions"), "/chat/v1/sessions")
        guest = (await stranger.post("/chat/v1/sessions")).json()
        refreshing = {"refreshToken": guest["refreshToken"]}
        check(await stranger.post("/chat/v1/sessions", json=refreshing), "/chat/v1/sessions")
        check(await stranger.post("/chat/v1/sessions", content=b"{"), "/chat/v1/sessions")
        check(await stranger.post("/chat/v1/sessions", json={"name": 7}), "/chat/v1/sessions")
        check(await stranger.post("/chat/v1/sessions", json={"identity": "a.b.c"}), "/chat/v1/sessions")
        check(await stranger.post("/chat/v1/sessions", content=b" " * 70_000), "/chat/v1/sessions")
        check(await ada.http.post("/chat/v1/conversations"), "/chat/v1/conversations")
        check(await stranger.post("/chat/v1/conversations"), "/chat/v1/conversations")
        check(await ada.send(conversation, text="hello", clientMessageId="x"), f"{ONE}/messages")
        check(await ada.send(conversation, text="hello", clientMessageId="x"), f"{ONE}/messages")
        check(await ada.send(conversation, text="other", clientMessageId="x"), f"{ONE}/messages")
        check(await ada.send(conversation), f"{ONE}/messages")
        check(await ada.send("c_nowhere", text="hello"), f"{ONE}/messages")
        await edge.chat.log.publish(conversation, *(Draft(event) for event in HISTORY))
        for path, documented in ((here, ONE), (f"{here}x", ONE), (f"{here}x/stream", f"{ONE}/stream")):
            check(await ada.http.get(path), documented)
            check(await stranger.get(path), documented)
        for query in ("", "?limit=1", "?limit=0", "?before=ab.1"):
            check(await ada.http.get(f"{here}/messages{query}"), f"{ONE}/messages")
        check(await stranger.get(f"{here}/messages"), f"{ONE}/messages")
        check(await ada.http.get(f"{here}x/messages"), f"{ONE}/messages")
        await check_records(edge, ada, stranger, conversation)
        boss = edge.chat.sessions.issue(Participant("boss", "operator", "Boss"), "supervisor", "s")
        overseer = {"Authorization": f"Bearer {edge.chat.sessions.sign(boss)}"}
        for body in ({"participantId": "guest_x", "reason": "spam"}, {"participantId": "guest_x"}):
            check(await stranger.post("/chat/v1/blocks", json=body, headers=overseer), "/chat/v1/blocks")
            check(await ada.http.post("/chat/v1/blocks", json=body), "/chat/v1/blocks")
        check(await stranger.get("/chat/v1/blocks", headers=overseer), "/chat/v1/blocks")
        for path in ("/chat/v1/health", "/chat/v1/openapi.json"):
            check(await stranger.get(path), path)


async def check_records(edge: Edge, ada: Guest, stranger: httpx.AsyncClient, conversation: str) -> None:
    here = f"/chat/v1/conversations/{conversation}"
    for title in ("Parcel", ""):
        check(await ada.http.post(f"{here}/title", json={"title": title}), f"{ONE}/title")
    for what in ("title", "close"):
        check(await stranger.post(f"{here}/{what}"), f"{ONE}/{what}")
        check(await ada.http.post(f"{here}x/{what}", json={"title": "a"} if what == "title" else {}), f"{ONE}/{what}")
    assert (await ada.http.post(f"{here}/close")).status_code == 204
    batch = await Feed(edge.chat.log.redis, "archive").take(conversation, 1_000)
    await edge.chat.archive.add([batch])
    for query in ("", "?closed=true&limit=1", "?limit=0", f"?participant={BOT.id}"):
        check(await ada.http.get(f"/chat/v1/conversations{query}"), "/chat/v1/conversations")
    assert (await ada.http.get("/chat/v1/conversations")).json()["conversations"]
    check(await stranger.get("/chat/v1/conversations"), "/chat/v1/conversations")
    await History(Database(edge.chat.settings.database)).begin("k1", conversation, "t4", "track", {})
    for query in ("", f"?conversation={conversation}&status=running", "?status=x", "?conversation=c_nowhere"):
        check(await ada.http.get(f"/chat/v1/tasks{query}"), "/chat/v1/tasks")
    check(await stranger.get("/chat/v1/tasks"), "/chat/v1/tasks")
    for task in ("k1", "k2"):
        check(await ada.http.get(f"/chat/v1/tasks/{task}"), "/chat/v1/tasks/{taskId}")
        for what in ("cancel", "retry"):
            for http, body in ((ada.http, {}), (ada.http, {"x": 1}), (stranger, {})):
                check(await http.post(f"/chat/v1/tasks/{task}/{what}", json=body), f"/chat/v1/tasks/{{taskId}}/{what}")
    check(await ada.http.get("/chat/v1/me/export"), "/chat/v1/me/export")
    check(await stranger.get("/chat/v1/me/export"), "/chat/v1/me/export")
    check(await ada.http.get("/chat/v1/me"), "/chat/v1/me")
    check(await stranger.get("/chat/v1/me"), "/chat/v1/me")
    for body in ({"language": "de", "preferences": {"a": None, "b": 1}}, {"language": "_"}):
        check(await ada.http.post("/chat/v1/me", json=body), "/chat/v1/me")
    check(await ada.http.post("/chat/v1/me", json={}, headers={"If-Match": '"x"'}), "/chat/v1/me")
    check(await ada.send(conversation, text="late"), f"{ONE}/messages")


async def test_refusals_for_a_while_are_as_documented(redis_url: str, tmp_path: Path) -> None:
    limits = {f"limit_{what}_per_address": "1/day" for what in ("messages", "guests", "conversations")}
    settings = Settings(
        _env_file=None, redis_url=redis_url, data_dir=tmp_path, page_dir=tmp_path, trusted_proxies="none", **limits
    )
    async with serving(settings) as edge, edge.guest() as ada, httpx.AsyncClient(base_url=edge.url) as stranger:
        conversation = await ada.open()
        await ada.send(conversation, text="hello")
        for answer, path in (
            (await ada.send(conversation, text="hello"), f"{ONE}/messages"),
            (await ada.http.post("/chat/v1/conversations"), "/chat/v1/conversations"),
            (await stranger.post("/chat/v1/sessions"), "/chat/v1/sessions"),
        ):
            assert answer.status_code == 429
            check(answer, path)


async def test_answers_about_groups_are_as_documented(redis_url: str, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, redis_url=redis_url, data_dir=tmp_path, page_dir=tmp_path)
    async with (
        serving(settings) as edge,
        edge.guest() as ada,
        edge.guest("Bob") as bob,
        signed_in(edge, "service", "shop") as shop,
        httpx.AsyncClient(base_url=edge.url) as stranger,
    ):
        conversation = await ada.open()
        here = f"/chat/v1/conversations/{conversation}"
        for what, body in GROUPS.items():
            for http, place, sent in ((ada.http, here, body), (bob.http, here, body), (ada.http, f"{here}x", body)):
                check(await http.post(f"{place}/{what}", json=sent), f"{ONE}/{what}")
            check(await ada.http.post(f"{here}/{what}", json={"x": 1}), f"{ONE}/{what}")
            check(await stranger.post(f"{here}/{what}", json=body), f"{ONE}/{what}")
        for expires_in in (60_000, -1):
            invited, _ = edge.chat.invitations.issue(await edge.chat.log.describe(conversation), 1, expires_in)
            for person in (bob, ada):
                check(await accept(person, invited), ACCEPT)
        check(await accept(ada, "junk"), ACCEPT)
        people = [f"user_{number}" for number in (0, *range(49))]
        answers = [await do(shop, conversation, "participants", participantId=who, **ANYBODY) for who in people]
        assert {answer.status_code for answer in answers} == {201, 200, 409}
        for answer in answers:
            check(answer, f"{ONE}/participants")
        check(await do(ada, conversation, "mute", participantId="user_1", muted=True), f"{ONE}/mute")
        check(await do(ada, conversation, "leave"), f"{ONE}/leave")
