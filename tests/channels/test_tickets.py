"""A browser's own EventSource signs in with a ticket, once, and comes back with a cookie, good for nothing else."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from channels.tickets import COOKIE, STREAM, TICKET
from switchboard.log import connection
from switchboard.log.events import Participant
from switchboard.people.identity import Session
from tests.support.chat_server import HOME, Guest, Server
from tests.support.edge import frames
from tests.support.redis_server import RedisServer


async def ticket(guest: Guest) -> str:
    answer = await guest.http.post("/chat/v1/tickets", json={}, headers=guest.headers)
    assert (answer.status_code, answer.json()["expiresIn"]) == (201, 60_000)
    return str(answer.json()["ticket"])


async def first_frame(server: Server, url: str, **headers: str) -> tuple[dict[str, object], httpx.Headers]:
    async with httpx.AsyncClient(base_url=server.url) as http, http.stream("GET", url, headers=headers) as response:
        assert response.status_code == 200
        return await anext(frames(response)), response.headers


async def status(server: Server, path: str, **headers: str) -> int:
    async with httpx.AsyncClient(base_url=server.url) as http:
        return (await http.get(path, headers=headers)).status_code


async def test_a_ticket_opens_the_stream_once_and_its_cookie_opens_it_again(server: Server, guest: Guest) -> None:
    url = f"{guest.path}/stream?ticket={await ticket(guest)}"
    connected, headers = await first_frame(server, url)
    assert connected["type"] == "connected"
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie and f"Path={guest.path}/stream" in cookie
    again = {"cookie": cookie.split(";")[0], "last-event-id": f"{connected['epoch']}.{connected['offset']}"}
    assert (await first_frame(server, url, **again))[0]["recovered"] is True
    assert await status(server, url) == 401, "without the cookie a used ticket is worth nothing"


async def test_neither_ticket_nor_cookie_is_good_for_anything_else(server: Server, guest: Guest) -> None:
    spent = await ticket(guest)
    _, headers = await first_frame(server, f"{guest.path}/stream?ticket={spent}")
    cookie = headers["set-cookie"].split(";")[0]
    value = cookie.removeprefix(f"{COOKIE}=")
    assert await status(server, guest.path, cookie=cookie) == 401
    for token in (spent, value, await ticket(guest)):
        assert await status(server, guest.path, authorization=f"Bearer {token}") == 401
    stranger = await server.guest()
    assert await status(server, f"{stranger.path}/stream?ticket={await ticket(guest)}") == 404


@pytest.mark.parametrize("bad", ["", "junk", "a.b.c"])
async def test_a_bad_ticket_opens_nothing(server: Server, guest: Guest, bad: str) -> None:
    assert await status(server, f"{guest.path}/stream?ticket={bad}") == 401


async def test_an_expired_cookie_ends_the_reconnects_and_an_expired_ticket_opens_nothing(
    server: Server, guest: Guest
) -> None:
    past = Session(Participant(**guest.participant), 1)  # type: ignore[arg-type]
    cookie = server.chat.sessions.sign(past, STREAM)
    assert await status(server, f"{guest.path}/stream", cookie=f"{COOKIE}={cookie}") == 204
    assert await status(server, f"{guest.path}/stream?ticket={server.chat.sessions.sign(past, TICKET)}") == 401


async def test_another_sites_page_cannot_read_with_the_cookie(server: Server, guest: Guest) -> None:
    _, headers = await first_frame(server, f"{guest.path}/stream?ticket={await ticket(guest)}")
    cookie = headers["set-cookie"].split(";")[0]
    assert await status(server, f"{guest.path}/stream", cookie=cookie, origin="https://evil.example") == 403
    _, headers = await first_frame(server, f"{guest.path}/stream", cookie=cookie, origin=HOME)
    assert headers["access-control-allow-credentials"] == "true"


async def turned_away(server: Server, url: str, **headers: str) -> tuple[int, httpx.Headers]:
    """A stream that ends at once, as one that an EventSource comes back to; its code."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        answer = await http.get(url, headers=headers)
    retry, said = answer.text.splitlines()[:2]
    disconnect = json.loads(said.removeprefix("data: "))
    assert (answer.status_code, retry, disconnect["type"], disconnect["reconnect"]) == (
        200,
        "retry: 5000",
        "disconnect",
        True,
    )
    return int(disconnect["code"]), answer.headers


async def test_a_stream_that_meets_overload_first_comes_back_by_itself(server: Server, guest: Guest) -> None:
    url = f"{guest.path}/stream?ticket={await ticket(guest)}"
    room = server.chat.settings
    server.chat.settings = room.copy(update={"max_streams": 0})
    code, headers = await turned_away(server, url)
    assert code == 3009
    server.chat.settings = room
    again, _ = await first_frame(server, url, cookie=headers["set-cookie"].split(";")[0])
    assert again["type"] == "connected"


async def test_a_stream_that_comes_back_while_redis_is_away_is_asked_to_come_again(
    server: Server, guest: Guest, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "WAIT_SECONDS", 0.5)
    url = f"{guest.path}/stream?ticket={await ticket(guest)}"
    _, headers = await first_frame(server, url)
    cookie = headers["set-cookie"].split(";")[0]
    unused = f"{guest.path}/stream?ticket={await ticket(guest)}"
    redis_server.pause()
    try:
        answers = await asyncio.gather(turned_away(server, url, cookie=cookie), turned_away(server, unused))
    finally:
        redis_server.go_on()
    assert [code for code, _ in answers] == [3010, 3010]
    assert (await first_frame(server, url, cookie=cookie))[0]["type"] == "connected"
