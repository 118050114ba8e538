"""Who is blocked is refused everywhere, and every open stream ends, on every server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from channels.farewell import BLOCKED
from channels.tickets import COOKIE, STREAM, TICKET
from switchboard.log.events import Participant
from switchboard.people import blocks as list_of_blocks
from switchboard.people.accounts import Accounts, state_of
from switchboard.people.identity import Role
from switchboard.people.passwords import Passwords
from switchboard.settings import Settings
from switchboard.store.calls import Calls
from switchboard.store.database import Database
from tests.support.clients import client
from tests.support.edge import Edge, Guest, serving
from tests.support.waiting import bounded, until

CHAT = "/chat/v1"
BLOCKS = f"{CHAT}/blocks"
PASSWORD = "correct horse battery"
HERE, THERE = {"X-Forwarded-For": "203.0.113.1"}, {"X-Forwarded-For": "198.51.100.1"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A proxy on this machine brings the requests."""
    return Settings(_env_file=None, **{**settings.dict(exclude_unset=True), "trusted_proxies": "127.0.0.1"})


@pytest.fixture
async def other_edge(settings: Settings) -> AsyncIterator[Edge]:
    """Another server on the same Redis."""
    async with serving(settings) as edge:
        yield edge


@contextlib.asynccontextmanager
async def staff(edge: Edge, role: Role = "supervisor", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may block others."""
    session = edge.chat.sessions.issue(Participant(f"{role}_1", "operator", role), role, "sign-in")
    authorization = {"Authorization": f"Bearer {edge.chat.sessions.sign(session)}"}
    async with httpx.AsyncClient(base_url=edge.url, headers={**authorization, **headers}) as http:
        yield http


@pytest.fixture
async def boss(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with staff(edge) as http:
        yield http


async def block(boss: httpx.AsyncClient, *edges: Edge, **whom: Any) -> dict[str, Any]:
    """Returns once these servers have heard of it."""
    heard = [len(each.chat.blocks._all) for each in edges]
    answer = await boss.post(BLOCKS, json={"reason": "spam", **whom})
    assert answer.status_code == 201, answer.text

    async def is_known() -> bool:
        return all(len(each.chat.blocks._all) > before for each, before in zip(edges, heard, strict=True))

    await until(is_known)
    made: dict[str, Any] = answer.json()
    return made


@contextlib.asynccontextmanager
async def guest_at(edge: Edge, headers: dict[str, str]) -> AsyncIterator[Guest]:
    async with edge.guest() as guest:
        guest.http.headers.update(headers)
        yield guest


async def refused(call: Awaitable[httpx.Response]) -> None:
    answer = await call
    assert (answer.status_code, answer.json()["code"]) == (403, "blocked")
    assert answer.headers["content-type"] == "application/problem+json"


async def sse(edge: Edge, ada: Guest, conversation: str, is_open: asyncio.Event) -> Any:
    """What the stream says last."""
    url = f"{edge.url}{CHAT}/conversations/{conversation}/stream"
    async with ada.http.stream("GET", url) as response:
        async for line in response.aiter_lines():
            frame = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
            if frame.get("type") == "snapshot":
                is_open.set()
            if frame.get("type") == "disconnect":
                assert frame["reconnect"] is False
                return frame["code"]
    return None


async def socket(edge: Edge, ada: Guest, conversation: str, is_open: asyncio.Event) -> Any:
    """The code with which the WebSocket is closed."""
    url = f"ws{edge.url[4:]}{CHAT}/conversations/{conversation}/socket"
    forwarded = {"X-Forwarded-For": ada.http.headers["X-Forwarded-For"]}
    async with websockets.connect(url, extra_headers=forwarded) as ws:  # type: ignore[attr-defined]
        await ws.send(json.dumps({"id": 1, "connect": {"token": ada.token}}))
        with contextlib.suppress(ConnectionClosed):
            async for frame in ws:
                if json.loads(frame).get("type") == "snapshot":
                    is_open.set()
        return ws.close_code


async def socket_io(edge: Edge, ada: Guest, conversation: str, is_open: asyncio.Event) -> Any:
    """The code in the last entry that the client is told."""
    url = f"ws{edge.url[4:]}{CHAT}/socket.io/?EIO=4&transport=websocket"
    forwarded = {"X-Forwarded-For": ada.http.headers["X-Forwarded-For"]}
    auth = {"token": ada.token, "conversationId": conversation, "stream": True}
    async with websockets.connect(url, extra_headers=forwarded) as ws:  # type: ignore[attr-defined]
        await ws.send(f"40{json.dumps(auth)}")
        with contextlib.suppress(ConnectionClosed):
            async for packet in ws:
                name, entry = json.loads(packet[2:]) if packet.startswith("42") else ("", {})
                if name == "entry" and entry["type"] == "snapshot":
                    is_open.set()
                if name == "entry" and entry["type"] == "disconnect":
                    return entry["code"]
    return None


async def agui(edge: Edge, ada: Guest, conversation: str, is_open: asyncio.Event) -> Any:
    """The code of the run's error, as a close code."""
    body = {"threadId": conversation, "runId": "r1", "messages": [{"id": "m1", "role": "user", "content": "hello"}]}
    more = {"tools": [], "context": [], "state": {}, "forwardedProps": {}}
    async with ada.http.stream("POST", f"{edge.url}{CHAT}/agui", json={**body, **more}) as response:
        async for line in response.aiter_lines():
            is_open.set()
            if '"RUN_ERROR"' in line:
                return BLOCKED.code if json.loads(line.removeprefix("data: "))["code"] == "blocked" else line
    return None


async def aisdk(edge: Edge, ada: Guest, conversation: str, is_open: asyncio.Event) -> Any:
    """The answer's error, as a close code."""
    message = {"id": "m1", "role": "user", "parts": [{"type": "text", "text": "hello"}]}
    body = {"id": conversation, "message": message}
    async with ada.http.stream("POST", f"{edge.url}{CHAT}/aisdk", json=body) as response:
        async for line in response.aiter_lines():
            is_open.set()
            if '"error"' in line:
                return BLOCKED.code if "Blocked" in line else line
    return None


Way = Callable[[Edge, Guest, str, asyncio.Event], Awaitable[Any]]


@pytest.mark.parametrize("way", [sse, socket, socket_io, agui, aisdk], ids=lambda way: way.__name__)
@pytest.mark.parametrize("by", ["participantId", "address"])
async def test_streams_end_on_every_server_and_those_of_others_go_on(
    edge: Edge, other_edge: Edge, boss: httpx.AsyncClient, way: Way, by: str
) -> None:
    async with bounded(), guest_at(edge, HERE) as ada, guest_at(edge, THERE) as bob:
        places = [(edge, ada), (other_edge, ada), (edge, bob)]
        opened = [asyncio.Event() for _ in places]
        conversation = await ada.open()
        conversations = [conversation, conversation, await bob.open()]
        first, second, his = (
            asyncio.ensure_future(way(*place, which, is_open))
            for place, which, is_open in zip(places, conversations, opened, strict=True)
        )
        for is_open in opened:
            await is_open.wait()
        await block(boss, edge, other_edge, **{by: ada.participant if by == "participantId" else "203.0.113.0/24"})
        assert await asyncio.gather(first, second) == [BLOCKED.code] * 2
        assert not his.done()
        his.cancel()


async def test_nobody_who_is_blocked_does_anything(edge: Edge, other_edge: Edge, boss: httpx.AsyncClient) -> None:
    async with guest_at(edge, HERE) as ada, guest_at(edge, HERE) as bob, httpx.AsyncClient() as http:
        conversation = await ada.open()
        session = edge.chat.authenticate(ada.token)
        refresh = edge.chat.sign_ins.refresh_token(session)
        ticket, cookie = edge.chat.sessions.sign(session, TICKET, 60), edge.chat.sessions.sign(session, STREAM)
        await block(boss, edge, other_edge, participantId=ada.participant)
        for server in (edge, other_edge):
            here = f"{server.url}{CHAT}/conversations/{conversation}"
            await refused(ada.http.get(here))
            await refused(ada.http.post(f"{here}/messages", json={"clientMessageId": "1", "text": "hello"}))
            await refused(ada.http.post(f"{here}/read", json={"upTo": 1}))
            await refused(ada.http.post(f"{server.url}{CHAT}/conversations"))
            await refused(ada.http.post(f"{server.url}{CHAT}/tickets"))
            await refused(http.get(f"{here}/stream?ticket={ticket}"))
            await refused(http.get(f"{here}/stream", headers={"Cookie": f"{COOKIE}={cookie}"}))
            await refused(http.post(f"{server.url}{CHAT}/sessions", json={"refreshToken": refresh}))
        assert (await bob.http.post(f"{CHAT}/conversations")).status_code == 201
        await boss.post(f"{BLOCKS}/remove", json={"participantId": ada.participant})

        async def is_back() -> bool:
            return (await ada.http.post(f"{CHAT}/tickets")).status_code == 201

        await until(is_back)
        again = await http.post(f"{edge.url}{CHAT}/sessions", json={"refreshToken": refresh})
        assert again.status_code == 200, "the block has not used it up"


async def test_nobody_becomes_a_guest_at_an_address_that_is_blocked(edge: Edge, boss: httpx.AsyncClient) -> None:
    await block(boss, edge, address="203.0.113.7/24")
    async with httpx.AsyncClient(base_url=edge.url) as http:
        await refused(http.post(f"{CHAT}/sessions", headers=HERE))
        assert (await http.post(f"{CHAT}/sessions", headers=THERE)).status_code == 201
        assert (await http.get(f"{CHAT}/openapi.json", headers=HERE)).status_code == 200


async def account(edge: Edge, email: str, role: Role) -> str:
    """Somebody who signs in by password; the participant's id."""
    accounts = Accounts(Calls(Database(edge.chat.settings.database)))
    made = await accounts.appoint(email, role, email)
    await accounts.set_password(email, state_of(made), await Passwords().hash(PASSWORD), email)
    return made.id


async def test_nobody_signs_in_who_is_blocked_but_who_may_lift_it_comes_in(edge: Edge, boss: httpx.AsyncClient) -> None:
    ada = await account(edge, "ada@shop.example", "customer")
    await account(edge, "boss@shop.example", "supervisor")

    async def signs_in(email: str, headers: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient(base_url=edge.url, headers=headers, timeout=20) as http:
            return await http.post(f"{CHAT}/accounts/session", json={"email": email, "password": PASSWORD})

    await block(boss, edge, address="203.0.113.0/24")
    await refused(signs_in("ada@shop.example", HERE))
    there = await signs_in("ada@shop.example", THERE)
    overseer = await signs_in("boss@shop.example", HERE)
    assert (there.status_code, overseer.status_code) == (201, 201)
    await block(boss, edge, participantId=ada)
    await refused(signs_in("ada@shop.example", THERE))
    async with httpx.AsyncClient(base_url=edge.url, headers=HERE) as http:
        await refused(http.post(f"{CHAT}/accounts", json={"email": "ada@shop.example"}))
        refresh = {"refreshToken": overseer.json()["refreshToken"]}
        assert (await http.post(f"{CHAT}/sessions", json=refresh)).status_code == 200
        await refused(http.post(f"{CHAT}/sessions", json={"refreshToken": there.json()["refreshToken"]}))


async def test_a_socket_is_refused_to_who_is_blocked(edge: Edge, boss: httpx.AsyncClient) -> None:
    async with guest_at(edge, HERE) as ada:
        url = f"ws{edge.url[4:]}{CHAT}/conversations/{await ada.open()}/socket"
        await block(boss, edge, address="203.0.113.1")
        async with websockets.connect(url, extra_headers=HERE) as ws:  # type: ignore[attr-defined]
            await ws.send(json.dumps({"id": 1, "connect": {"token": ada.token}}))
            error = json.loads(await ws.recv())["error"]
            with pytest.raises(ConnectionClosed):
                for _ in range(2):
                    await ws.recv()
        assert ((error["code"], error["temporary"]), ws.close_code) == (("blocked", False), BLOCKED.code)


async def test_the_client_of_socket_io_is_told(edge: Edge, ada: Guest, boss: httpx.AsyncClient) -> None:
    await block(boss, edge, participantId=ada.participant)
    arguments = {"url": edge.url, "transports": ["websocket"], "origin": "", "auth": {"token": ada.token}}
    async with bounded(), client("socketio.mjs", **arguments) as io:
        assert "blocked" in json.dumps(await io.says())


async def test_the_list_says_who_blocked_whom_when_why_and_until_when(edge: Edge, boss: httpx.AsyncClient) -> None:
    before = time.time() * 1000
    until_ms = round(before) + 3_600_000
    first = await block(boss, edge, participantId="guest_x", reason=" sends\x00 spam ", until=until_ms)
    async with staff(edge, "service") as robot:
        second = await block(robot, edge, address="2001:DB8::/48")
        answer = await robot.get(BLOCKS)
    assert (answer.status_code, answer.json()["blocks"]) == (200, [second, first])
    assert before - 1 <= first.pop("at") <= second.pop("at") <= time.time() * 1000 + 1
    assert first == {"participantId": "guest_x", "by": "supervisor_1", "reason": "sends  spam", "until": until_ms}
    assert second == {"address": "2001:db8::/48", "by": "service_1", "reason": "spam"}
    for whom in ({"participantId": "guest_x"}, {"address": "2001:db8::1/48"}, {"address": "203.0.113.1"}):
        assert (await boss.post(f"{BLOCKS}/remove", json=whom)).status_code == 204
    assert (await boss.get(BLOCKS)).json() == {"blocks": []}


async def test_who_may_lift_a_block_is_not_locked_out_by_one_of_a_network(edge: Edge, boss: httpx.AsyncClient) -> None:
    await block(boss, edge, address="203.0.0.0/16")
    async with staff(edge, "supervisor", **HERE) as there, staff(edge, "operator", **HERE) as operator:
        assert (await there.get(BLOCKS)).status_code == 200
        await refused(operator.post(f"{CHAT}/tickets"))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "either"),
        ({"participantId": "a", "address": "203.0.113.1"}, "either"),
        ({"participantId": "a b"}, "participantId"),
        ({"participantId": ""}, "participantId"),
        ({"participantId": "a\n"}, "participantId"),
        ({"participantId": "x" * 129}, "participantId"),
        ({"participantId": 7}, "participantId"),
        ({"participantId": "supervisor_1"}, "you"),
        ({"address": "shop.example"}, "address"),
        ({"address": "0.0.0.0/0"}, "wider"),
        ({"address": "203.0.0.0/15"}, "wider"),
        ({"address": "::/0"}, "wider"),
        ({"address": "2001:d00::/31"}, "wider"),
        ({"address": "::ffff:0:0/96"}, "wider"),
        ({"address": "fe80::1%eth0"}, "zone"),
        ({"address": 3405803777}, "address"),
        ({"participantId": "a", "reason": " \t "}, "reason"),
        ({"participantId": "a", "reason": "x" * 201}, "reason"),
        ({"participantId": "a", "reason": None}, "reason"),
        ({"participantId": "a", "until": 1}, "past"),
        ({"participantId": "a", "until": "2030-01-01"}, "until"),
        ({"participantId": "a", "until": 10**15}, "until"),
        ({"participantId": "a", "forever": True}, "forever"),
    ],
    ids=str,
)
async def test_what_is_no_block_is_refused(
    edge: Edge, boss: httpx.AsyncClient, body: dict[str, Any], says: str
) -> None:
    answer = await boss.post(BLOCKS, json={"reason": "spam", **body})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert says in answer.json()["detail"]
    assert (await boss.get(BLOCKS)).json() == {"blocks": []}


async def test_an_ipv4_address_is_blocked_however_it_is_written(edge: Edge, boss: httpx.AsyncClient) -> None:
    assert (await block(boss, edge, address="::ffff:203.0.113.1"))["address"] == "203.0.113.1/32"
    async with httpx.AsyncClient(base_url=edge.url) as http:
        await refused(http.post(f"{CHAT}/sessions", headers=HERE))


async def test_a_full_list_says_so(edge: Edge, boss: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_of_blocks, "MOST", 1)
    await block(boss, edge, participantId="a")
    answer = await boss.post(BLOCKS, json={"participantId": "b", "reason": "spam"})
    assert (answer.status_code, answer.json()["code"]) == (409, "full")


async def test_an_address_cannot_be_blocked_where_none_is_known(settings: Settings) -> None:
    unaware = settings.copy(update={"trusted_proxies": None})
    async with serving(unaware) as edge, staff(edge) as boss:
        answer = await boss.post(BLOCKS, json={"address": "203.0.113.1", "reason": "spam"})
    assert (answer.status_code, "TRUSTED_PROXIES" in answer.json()["detail"]) == (422, True)
