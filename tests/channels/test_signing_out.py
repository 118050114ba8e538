"""Who signs out is out at once: every token is refused, and every open stream ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from websockets.exceptions import ConnectionClosedError

from channels.farewell import REVOKED
from channels.tickets import COOKIE, STREAM, TICKET
from switchboard.settings import Settings
from tests.support.edge import Edge, Guest, serving
from tests.support.waiting import bounded, until

SESSIONS = "/chat/v1/sessions"


@pytest.fixture
async def other_edge(redis_url: str, tmp_path: Path, settings: Settings) -> AsyncIterator[Edge]:
    """Another server on the same Redis."""
    async with serving(settings) as edge:
        yield edge


async def sse(edge: Edge, ada: Guest, conversation: str, is_open: asyncio.Event) -> int:
    """The code with which the stream ends."""
    url = f"{edge.url}/chat/v1/conversations/{conversation}/stream"
    async with (
        httpx.AsyncClient(timeout=20) as http,
        http.stream("GET", url, headers={"Authorization": f"Bearer {ada.token}"}) as response,
    ):
        async for line in response.aiter_lines():
            frame = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
            if frame.get("type") == "snapshot":
                is_open.set()
            if frame.get("type") == "disconnect":
                assert frame["reconnect"] is False
                code: int = frame["code"]
    return code


async def socket(edge: Edge, ada: Guest, conversation: str, is_open: asyncio.Event) -> int:
    """The same over a WebSocket."""
    url = f"{edge.url.replace('http', 'ws')}/chat/v1/conversations/{conversation}/socket"
    async with websockets.connect(url) as ws:  # type: ignore[attr-defined]
        await ws.send(json.dumps({"id": 1, "connect": {"token": ada.token}}))
        with contextlib.suppress(ConnectionClosedError):
            async for frame in ws:
                if json.loads(frame).get("type") == "snapshot":
                    is_open.set()
        code: int = ws.close_code
    return code


Way = Callable[[Edge, Guest, str, asyncio.Event], Awaitable[int]]


@pytest.mark.parametrize("way", [sse, socket])
@pytest.mark.parametrize("everywhere", [False, True])
async def test_streams_end_on_every_server_and_those_of_others_go_on(
    edge: Edge, other_edge: Edge, ada: Guest, way: Way, everywhere: bool
) -> None:
    conversation = await ada.open()
    is_open = [asyncio.Event(), asyncio.Event()]
    async with bounded(), edge.guest("Bob") as bob:
        streams = [
            asyncio.create_task(way(each, ada, conversation, opened))  # type: ignore[arg-type]
            for each, opened in zip((edge, other_edge), is_open, strict=True)
        ]
        his_is_open = asyncio.Event()
        his = asyncio.create_task(way(edge, bob, await bob.open(), his_is_open))  # type: ignore[arg-type]
        for opened in (*is_open, his_is_open):
            await opened.wait()
        answer = await ada.http.post(f"{SESSIONS}/end", json={"everywhere": everywhere})
        assert answer.status_code == 204
        assert await asyncio.gather(*streams) == [REVOKED.code, REVOKED.code]
        assert not his.done()
        his.cancel()


async def test_no_token_of_the_sign_in_is_good_for_anything(edge: Edge, other_edge: Edge) -> None:
    async with httpx.AsyncClient(base_url=edge.url) as http:
        first = (await http.post(SESSIONS, json={"name": "Ada"})).json()
        http.headers["Authorization"] = f"Bearer {first['token']}"
        second = (await http.post(SESSIONS, json={"refreshToken": first["refreshToken"]})).json()
        assert second["participant"] == first["participant"]
        here = f"/chat/v1/conversations/{(await http.post('/chat/v1/conversations')).json()['conversationId']}"
        session = edge.chat.authenticate(first["token"])
        ticket, cookie = edge.chat.sessions.sign(session, TICKET, 60), edge.chat.sessions.sign(session, STREAM)
        await http.post(f"{SESSIONS}/end")

        async def is_known_there() -> bool:
            return other_edge.chat.revocations.cover(session)

        await until(is_known_there)
        for url in (edge.url, other_edge.url):
            for token in (first["token"], second["token"]):
                answer = await http.get(url + here, headers={"Authorization": f"Bearer {token}"})
                assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
            answer = await http.post(f"{url}{SESSIONS}", json={"refreshToken": second["refreshToken"]})
            assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")
        del http.headers["Authorization"]
        assert (await http.get(f"{here}/stream?ticket={ticket}")).status_code == 401
        assert (await http.get(f"{here}/stream", headers={"Cookie": f"{COOKIE}={cookie}"})).status_code == 204


async def test_a_guest_who_comes_back_is_the_same_with_a_token_of_an_hour(edge: Edge) -> None:
    async with httpx.AsyncClient(base_url=edge.url) as http:
        first = (await http.post(SESSIONS, json={"name": "Ada"})).json()
        answer = await http.post(SESSIONS, json={"refreshToken": first["refreshToken"]})
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.json()["participant"] == first["participant"]


BAD: dict[str, tuple[Any, int]] = {
    "junk": ("junk", 401),
    "nothing": ("", 401),
    "a number": (5, 422),
    "very long": ("x" * 9_000, 422),
}


@pytest.mark.parametrize(("token", "status"), BAD.values(), ids=BAD.keys())
async def test_what_is_no_refresh_token_refreshes_nothing(edge: Edge, token: Any, status: int) -> None:
    async with httpx.AsyncClient(base_url=edge.url) as http:
        assert (await http.post(SESSIONS, json={"refreshToken": token})).status_code == status
        access = (await http.post(SESSIONS)).json()["token"]
        assert (await http.post(SESSIONS, json={"refreshToken": access})).status_code == 401
        assert (await http.post(SESSIONS, json={"refreshToken": "a", "identity": "b"})).status_code == 422
