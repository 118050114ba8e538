"""Who does too much is told to wait, by every way in and whichever server is asked."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import websockets

from switchboard.log import connection
from switchboard.log.keys import limit
from switchboard.settings import Settings
from tests.support.clients import client
from tests.support.edge import Edge, Guest, serving
from tests.support.redis_server import RedisServer

CHAT = "/chat/v1"
DAY = 86_400
HERE, THERE = {"X-Forwarded-For": "203.0.113.1"}, {"X-Forwarded-For": "203.0.113.2"}


@pytest.fixture
def limits() -> dict[str, Any]:
    """What a test sets; by default three messages a person, every 8 hours another one."""
    return {"limit_messages_per_person": "3/day"}


@pytest.fixture
def settings(settings: Settings, limits: dict[str, Any]) -> Settings:
    return Settings(_env_file=None, **{**settings.dict(exclude_unset=True), **limits})


@pytest.fixture
async def other_edge(settings: Settings) -> AsyncIterator[Edge]:
    """Another server on the same Redis."""
    async with serving(settings) as edge:
        yield edge


Outcome = tuple[str, bool]  # a code, '' for success; whether to try again
Send = Callable[[Edge, Guest, str, str], Awaitable[Outcome]]


async def by_post(edge: Edge, ada: Guest, conversation: str, text: str) -> Outcome:
    answer = await ada.send(conversation, text=text)
    return outcome(answer)


async def by_socket(edge: Edge, ada: Guest, conversation: str, text: str) -> Outcome:
    url = f"ws{edge.url[4:]}{CHAT}/conversations/{conversation}/socket"
    async with websockets.connect(url) as ws:  # type: ignore[attr-defined]
        await ws.send(json.dumps({"id": 1, "connect": {"token": ada.token}}))
        await ws.send(json.dumps({"id": 2, "send": {"clientMessageId": uuid.uuid4().hex, "text": text}}))
        while (frame := json.loads(await ws.recv())).get("id") != 2:
            pass
    error = frame.get("error", {"code": "", "temporary": False})
    return error["code"], error["temporary"]


async def by_socket_io(edge: Edge, ada: Guest, conversation: str, text: str) -> Outcome:
    auth = {"token": ada.token, "conversationId": conversation}
    async with client("socketio.mjs", url=edge.url, transports=["websocket"], origin="", auth=auth) as socket:
        while (await socket.says())["event"] != "connected":
            pass
        await socket.tell({"emit": ["send_message", {"text": text}]})
        while (said := await socket.says())["event"] != "ack":
            pass
    error = (said.get("data") or said).get("error", {"code": "", "temporary": False})
    return error["code"], error["temporary"]


async def by_agui(edge: Edge, ada: Guest, conversation: str, text: str) -> Outcome:
    body = {
        "threadId": conversation,
        "runId": "r1",
        "messages": [{"id": uuid.uuid4().hex, "role": "user", "content": text}],
    }
    return await streamed(ada, "agui", {**body, "tools": [], "context": [], "state": {}, "forwardedProps": {}})


async def by_aisdk(edge: Edge, ada: Guest, conversation: str, text: str) -> Outcome:
    message = {"id": uuid.uuid4().hex, "role": "user", "parts": [{"type": "text", "text": text}]}
    return await streamed(ada, "aisdk", {"id": conversation, "message": message})


async def streamed(ada: Guest, way: str, body: dict[str, Any]) -> Outcome:
    """An answer that is a stream has begun: the message was accepted."""
    async with ada.http.stream("POST", f"{CHAT}/{way}", json=body) as answer:
        if answer.status_code == 200:
            return "", False
        await answer.aread()
        return outcome(answer)


def outcome(answer: httpx.Response) -> Outcome:
    return ("", False) if answer.is_success else (answer.json()["code"], "retry-after" in answer.headers)


WAYS = [by_post, by_socket, by_socket_io, by_agui, by_aisdk]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_a_person_sends_so_much_by_every_way(edge: Edge, ada: Guest, eve: Guest, way: Send) -> None:
    conversation = await ada.open()
    for _ in range(3):
        assert await way(edge, ada, conversation, "hello") == ("", False)
    assert await way(edge, ada, conversation, "hello") == ("rate_limited", True)
    assert len((await ada.snapshot(conversation))["messages"]) == 3
    assert await way(edge, eve, await eve.open(), "hello") == ("", False)


async def test_a_refusal_says_for_how_long_and_a_page_may_read_it(edge: Edge, ada: Guest, settings: Settings) -> None:
    conversation = await ada.open()
    for _ in range(3):
        await ada.send(conversation, text="hello")
    refused = await ada.http.post(
        f"{CHAT}/conversations/{conversation}/messages",
        json={"clientMessageId": "4", "text": "hello"},
        headers={"Origin": settings.allowed_origins},
    )
    wait = int(refused.headers["retry-after"])
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert DAY / 3 - 10 < wait <= DAY / 3
    assert refused.json()["detail"] == f"Too many messages from you. Try again in {wait} s."
    assert refused.headers["access-control-expose-headers"] == "ETag, Retry-After"
    paid_off = int(await edge.chat.log.redis.get(limit("person", ada.participant)))
    await edge.chat.log.redis.set(limit("person", ada.participant), paid_off - wait * 1_000_000)  # so much later
    assert (await ada.send(conversation, text="hello")).status_code == 202
    assert (await ada.send(conversation, text="hello")).status_code == 429


async def test_servers_share_a_limit(edge: Edge, other_edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    path = f"{CHAT}/conversations/{conversation}/messages"
    statuses = []
    for number, server in enumerate([edge, other_edge] * 2):
        body = {"clientMessageId": str(number), "text": "hello"}
        statuses.append((await ada.http.post(server.url + path, json=body)).status_code)
    assert statuses == [202, 202, 202, 429]


async def test_what_is_on_the_log_is_acknowledged_to_who_is_too_fast(ada: Guest) -> None:
    conversation = await ada.open()
    for number in range(3):
        await ada.send(conversation, text="hello", clientMessageId=f"m{number}")
    assert (await ada.send(conversation, text="hello", clientMessageId="m3")).status_code == 429
    again = await ada.send(conversation, text="hello", clientMessageId="m1")
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert (await ada.send(conversation, text="other", clientMessageId="m1")).status_code == 409


async def test_while_redis_is_away_a_limit_is_a_503(
    ada: Guest, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "WAIT_SECONDS", 0.5)
    conversation = await ada.open()
    redis_server.pause()
    try:
        answer = await ada.send(conversation, text="hello")
    finally:
        redis_server.go_on()
    assert outcome(answer) == ("unavailable", True)
    assert (await ada.send(conversation, text="hello")).status_code == 202


CONVERSATION = {"limit_messages_per_person": "off", "limit_messages_per_conversation": "2/day"}


@pytest.mark.parametrize("limits", [CONVERSATION])
async def test_a_conversation_takes_so_much_and_strangers_use_up_nothing(ada: Guest, eve: Guest) -> None:
    conversation, other = await ada.open(), await ada.open()
    for _ in range(3):
        assert (await eve.send(conversation, text="hello")).status_code == 404
    for number in range(2):
        assert (await ada.send(conversation, text="hello", clientMessageId=f"m{number}")).status_code == 202
    refused = await ada.send(conversation, text="hello")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert DAY / 2 - 10 < int(refused.headers["retry-after"]) <= DAY / 2
    assert (await ada.send(conversation, text="hello", clientMessageId="m0")).status_code == 200
    assert (await ada.send(other, text="hello")).status_code == 202


ADDRESS = {
    "limit_messages_per_person": "off",
    "limit_messages_per_address": "2/day",
    "limit_guests_per_address": "3/day",
    "limit_conversations_per_address": "3/day",
    "trusted_proxies": "127.0.0.1",
}


@contextlib.asynccontextmanager
async def from_address(edge: Edge, headers: dict[str, str]) -> AsyncIterator[Guest]:
    """A guest whose requests a proxy brings."""
    async with httpx.AsyncClient(base_url=edge.url, headers=headers, timeout=10) as http:
        session = (await http.post(f"{CHAT}/sessions")).json()
        http.headers["Authorization"] = f"Bearer {session['token']}"
        yield Guest(http, session["participant"]["id"], session["token"])


@pytest.mark.parametrize("limits", [ADDRESS])
async def test_an_address_sends_so_much_whoever_sends_there(edge: Edge) -> None:
    async with from_address(edge, HERE) as ada, from_address(edge, HERE) as bob, from_address(edge, THERE) as eve:
        conversations = [(guest, await guest.open()) for guest in (ada, bob)]
        for guest, conversation in conversations:
            assert (await guest.send(conversation, text="hello")).status_code == 202
        for guest, conversation in conversations:
            refused = await guest.send(conversation, text="hello")
            assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
            assert "your address" in refused.json()["detail"]
        assert (await eve.send(await eve.open(), text="hello")).status_code == 202


@pytest.mark.parametrize("limits", [ADDRESS])
async def test_a_socket_sends_from_the_address_that_it_was_opened_from(edge: Edge) -> None:
    async with from_address(edge, HERE) as ada:
        url = f"ws{edge.url[4:]}{CHAT}/conversations/{await ada.open()}/socket"
        async with websockets.connect(url, extra_headers=HERE) as ws:  # type: ignore[attr-defined]
            await ws.send(json.dumps({"id": 0, "connect": {"token": ada.token}}))
            codes = []
            for number in (1, 2, 3):
                await ws.send(json.dumps({"id": number, "send": {"clientMessageId": str(number), "text": "hello"}}))
                while (frame := json.loads(await ws.recv())).get("id") != number:
                    pass
                codes.append(frame.get("error", {}).get("code"))
        assert codes == [None, None, "rate_limited"]


@pytest.mark.parametrize("limits", [ADDRESS])
async def test_an_address_becomes_so_many_guests_but_who_is_one_stays_one(edge: Edge) -> None:
    async with httpx.AsyncClient(base_url=edge.url) as http:
        answers = [await http.post(f"{CHAT}/sessions", headers=HERE) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert (answers[3].json()["code"], int(answers[3].headers["retry-after"]) > DAY / 3 - 10) == (
            "rate_limited",
            True,
        )
        token = answers[0].json()["refreshToken"]
        assert (await http.post(f"{CHAT}/sessions", headers=HERE, json={"refreshToken": token})).status_code == 200
        assert (await http.post(f"{CHAT}/sessions", headers=THERE)).status_code == 201
        invented = {"X-Forwarded-For": f"8.8.8.8, {HERE['X-Forwarded-For']}"}
        assert (await http.post(f"{CHAT}/sessions", headers=invented)).status_code == 429


async def opening(edge: Edge, ada: Guest) -> str:
    return outcome(await ada.http.post(f"{CHAT}/conversations"))[0]


async def opening_by_socket_io(edge: Edge, ada: Guest) -> str:
    """A browser's client sends no such header, but the proxy does: this one stands for both."""
    url = f"ws{edge.url[4:]}{CHAT}/socket.io/?EIO=4&transport=websocket"
    async with websockets.connect(url, extra_headers=HERE) as ws:  # type: ignore[attr-defined]
        await ws.recv()
        await ws.send(f'40{{"token":"{ada.token}"}}')
        answer = await ws.recv()
    return "" if answer.startswith("40") else str(json.loads(answer[2:])["data"]["code"])


async def opening_by_agui(edge: Edge, ada: Guest) -> str:
    return (await by_agui(edge, ada, uuid.uuid4().hex, "hello"))[0]


async def opening_by_aisdk(edge: Edge, ada: Guest) -> str:
    return (await by_aisdk(edge, ada, uuid.uuid4().hex, "hello"))[0]


@pytest.mark.parametrize("limits", [{**ADDRESS, "limit_messages_per_address": "off"}])
@pytest.mark.parametrize("way", [opening, opening_by_socket_io, opening_by_agui, opening_by_aisdk])
async def test_an_address_opens_so_many_conversations_by_every_way(
    edge: Edge, way: Callable[[Edge, Guest], Awaitable[str]]
) -> None:
    async with from_address(edge, HERE) as ada, from_address(edge, HERE) as bob:
        assert [await way(edge, guest) for guest in (ada, bob, ada, bob)] == ["", "", "", "rate_limited"]


@pytest.mark.parametrize("limits", [{**ADDRESS, "trusted_proxies": None}])
async def test_where_addresses_are_not_known_nothing_goes_by_them(edge: Edge) -> None:
    async with from_address(edge, HERE) as ada:
        conversations = [await ada.open() for _ in range(4)]
        statuses = [(await ada.send(conversations[0], text="hello")).status_code for _ in range(3)]
    assert statuses == [202] * 3
    assert [name async for name in edge.chat.log.redis.scan_iter("sb:{limits}:*")] == []


@pytest.mark.parametrize("limits", [{**ADDRESS, "trusted_proxies": "none"}])
async def test_without_a_proxy_the_header_is_anybodys_invention(edge: Edge) -> None:
    async with httpx.AsyncClient(base_url=edge.url) as http:
        headers = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in range(4)]
        statuses = [(await http.post(f"{CHAT}/sessions", headers=each)).status_code for each in headers]
    assert statuses == [201, 201, 201, 429]


@pytest.mark.parametrize("limits", [{"max_links": 2}])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_a_message_has_so_many_links_by_every_way(edge: Edge, ada: Guest, way: Send) -> None:
    conversation = await ada.open()
    two = "See https://www.example.com/?next=a and www.example.com, not ftp or wwww"
    assert await way(edge, ada, conversation, two) == ("", False)
    assert await way(edge, ada, conversation, f"{two} HTTP://example.com") == ("invalid", False)
    assert [each["text"] for each in (await ada.snapshot(conversation))["messages"]] == [two]


@pytest.mark.parametrize("limits", [{"max_links": 0}])
async def test_a_refusal_names_the_links_and_a_payload_is_no_way_around(ada: Guest) -> None:
    conversation = await ada.open()
    for body in ({"text": "https://example.com"}, {"payload": "/https://example.com"}):
        refused = await ada.send(conversation, **body)
        assert (refused.status_code, "links" in refused.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit_messages_per_person": "many"},
        {"limit_guests_per_address": "0/minute"},
        {"trusted_proxies": "nginx"},
        {"max_links": -1},
    ],
    ids=str,
)
def test_a_setting_that_is_none_stops_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(_env_file=None, **wrong)
