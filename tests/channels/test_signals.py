"""Typing, reading, stopping and being there: over HTTP and over a socket, for those who take part."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.client import WebSocketClientProtocol, connect
from websockets.exceptions import ConnectionClosed

from channels import pace
from channels.pace import AT_ONCE, REFUSALS
from tests.support.chat_server import Guest, Server
from tests.support.waiting import bounded


async def post(guest: Guest, what: str, body: Any, **headers: str) -> Any:
    return await guest.http.post(f"{guest.path}/{what}", json=body, headers={**guest.headers, **headers})


@contextlib.asynccontextmanager
async def socket_of(server: Server, guest: Guest) -> AsyncIterator[WebSocketClientProtocol]:
    """Connected, with the first frames read."""
    async with bounded(), connect(f"ws{server.url[4:]}{guest.path}/socket") as ws:
        await ws.send(json.dumps({"id": 0, "connect": {"token": guest.token}}))
        assert json.loads(await ws.recv())["id"] == 0
        connected = json.loads(await ws.recv())
        assert connected["present"] == [guest.participant["id"]]
        assert json.loads(await ws.recv())["type"] == "snapshot"
        yield ws


async def command(ws: WebSocketClientProtocol, **body: Any) -> tuple[Any, list[Any]]:
    """The reply, and the entries that came before it."""
    await ws.send(json.dumps({"id": 7, **body}))
    entries: list[Any] = []
    while "id" not in (frame := json.loads(await ws.recv())):
        entries.append(frame)
    return frame, entries


async def test_typing_is_told_and_not_kept(server: Server, guest: Guest) -> None:
    before = (await guest.snapshot())["offset"]
    async with socket_of(server, guest) as ws:
        assert (await post(guest, "typing", {"typing": True})).status_code == 204
        told = json.loads(await ws.recv())
        assert (told["type"], told["participantId"], told["typing"]) == (
            "participant.typing",
            guest.participant["id"],
            True,
        )
        assert "offset" not in told
        assert (await command(ws, typing={"typing": False}))[0] == {"id": 7, "result": {}}
    assert (await guest.snapshot())["offset"] == before


async def test_what_was_read_is_on_the_log_once(server: Server, guest: Guest) -> None:
    end = (await guest.snapshot())["offset"]
    async with socket_of(server, guest) as ws:
        for _ in range(3):
            assert (await post(guest, "read", {"upTo": end})).json() == {"upTo": end}
        assert (await command(ws, read={"upTo": end}))[0]["result"] == {"upTo": end}
    state = await guest.snapshot()
    assert (state["offset"], state["read"]) == (end + 1, {guest.participant["id"]: end})


@pytest.mark.parametrize("up_to", [0, -1, 4, 10**15, "3", 2.5, None, True])
async def test_what_is_not_there_cannot_be_read(guest: Guest, up_to: Any) -> None:
    assert (await guest.snapshot())["offset"] == 3
    assert (await post(guest, "read", {"upTo": up_to})).status_code == 422


async def test_stopping_names_the_turn_and_stops_nothing_when_nothing_runs(server: Server, guest: Guest) -> None:
    idle = await post(guest, "stop", {})
    assert (idle.status_code, idle.json()) == (200, {"turnId": None})
    offset = (await guest.send(text="talk")).json()["offset"]
    async with socket_of(server, guest) as ws:
        for _ in range(2):
            stopped = await post(guest, "stop", {})
            assert (stopped.status_code, stopped.json()) == (202, {"turnId": f"t{offset}"})
        assert (await command(ws, stop={"turnId": "t1"}))[0]["result"] == {"turnId": None}
    assert (await guest.snapshot())["offset"] == offset + 1


@pytest.mark.parametrize(("what", "body"), [("typing", {"typing": True}), ("read", {"upTo": 1}), ("stop", {})])
async def test_strangers_see_no_conversation(server: Server, guest: Guest, what: str, body: Any) -> None:
    stranger = await server.guest()
    answer = await post(guest, what, body, **stranger.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await post(guest, what, body, Authorization="")).status_code == 401


async def test_a_flood_of_commands_is_refused_and_then_cut(server: Server, guest: Guest) -> None:
    async with socket_of(server, guest) as ws:
        for n in range(AT_ONCE + REFUSALS + 100):
            await ws.send(json.dumps({"id": n, "typing": {"typing": True}}))
        with pytest.raises(ConnectionClosed) as closed:
            replies = [json.loads(await ws.recv()) for _ in range(10_000)]
            assert replies
        assert closed.value.rcvd and closed.value.rcvd.code == 3503
    assert (await guest.send(text="still here")).status_code == 202


async def test_a_flood_of_posts_is_refused_and_nobody_else_notices(
    server: Server, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "PER_SECOND", 0.0)
    monkeypatch.setattr(pace, "REFUSALS", 5)
    answers = [await post(guest, "typing", {"typing": True}) for _ in range(AT_ONCE + 10)]
    assert [answer.status_code for answer in answers] == [204] * AT_ONCE + [429] * 10
    assert (answers[-1].json()["code"], answers[-1].headers["retry-after"]) == ("too_many", "2")
    assert (await post(await server.guest(), "typing", {"typing": True})).status_code == 204


@pytest.mark.parametrize("frame", [b'{"id": 1, "typing": {"typing": true}}', '{"id": 1}', '{"id": 1, "a": 1, "b": 2}'])
async def test_what_is_no_command_is_answered_with_an_error(server: Server, guest: Guest, frame: str | bytes) -> None:
    async with socket_of(server, guest) as ws:
        await ws.send(frame)
        assert json.loads(await ws.recv())["error"]["temporary"] is False
        assert (await command(ws, typing={"typing": True}))[0]["result"] == {}
