"""Server-Sent Events: the bytes, where they begin, and how they end."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import httpx
import pytest

from switchboard.log.events import MessageSent, Participant
from switchboard.log.log import Draft
from switchboard.people.identity import Session
from switchboard.settings import Settings
from switchboard.turns.turn import BOT
from tests.support.edge import Edge, Guest, serving
from tests.support.waiting import bounded


async def say(edge: Edge, conversation: str, *texts: str) -> None:
    for number, text in enumerate(texts):
        await edge.chat.log.publish(conversation, Draft(MessageSent(f"m_{text}_{number}", BOT, text)))


async def test_a_new_reader_gets_a_snapshot_and_then_what_comes(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    await say(edge, conversation, "before")
    async with ada.stream(conversation) as frames:
        hello, snapshot = await anext(frames), await anext(frames)
        await say(edge, conversation, "after")
        entry = await anext(frames)
    assert (hello["type"], hello["recovered"], hello["offset"]) == ("connected", False, 4)
    assert [message["text"] for message in snapshot["messages"]] == ["before"]
    assert (entry["text"], entry["offset"]) == ("after", 5)


async def test_a_reader_that_comes_back_gets_what_it_missed_and_no_snapshot(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    await say(edge, conversation, "a", "b", "c")
    epoch = (await ada.snapshot(conversation))["epoch"]
    async with ada.stream(conversation, **{"Last-Event-ID": f"{epoch}.4"}) as frames:
        hello, *missed = [await anext(frames) for _ in range(3)]
    assert hello["recovered"] is True
    assert [entry["text"] for entry in missed] == ["b", "c"]


POSITIONS = ["", "junk", "abc.1", "{epoch}.999", "{epoch}.-1", "{epoch}.1.1", "{epoch}." + "9" * 40]


@pytest.mark.parametrize("position", POSITIONS)
async def test_a_position_that_is_none_of_this_log_gives_a_snapshot(ada: Guest, position: str) -> None:
    conversation = await ada.open()
    epoch = (await ada.snapshot(conversation))["epoch"]
    async with ada.stream(conversation, **{"Last-Event-ID": position.replace("{epoch}", epoch)}) as frames:
        hello, snapshot = await anext(frames), await anext(frames)
    assert (hello["recovered"], snapshot["type"], snapshot["offset"]) == (False, "snapshot", 3)


async def test_an_epoch_of_another_conversation_gives_a_snapshot(edge: Edge, ada: Guest) -> None:
    conversation, other = await ada.open(), await ada.open()
    foreign = (await ada.snapshot(other))["epoch"]
    assert foreign != (await ada.snapshot(conversation))["epoch"]
    async with ada.stream(conversation, **{"Last-Event-ID": f"{foreign}.2"}) as frames:
        hello, snapshot = await anext(frames), await anext(frames)
    assert (hello["recovered"], snapshot["type"], snapshot["conversationId"]) == (False, "snapshot", conversation)


async def test_the_header_wins_over_the_query(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    await say(edge, conversation, "a", "b")
    epoch = (await ada.snapshot(conversation))["epoch"]
    url = f"/chat/v1/conversations/{conversation}/stream?lastEventId={epoch}.3"
    async with bounded(), ada.http.stream("GET", url, headers={"Last-Event-ID": f"{epoch}.4"}) as response:
        lines = response.aiter_lines()
        ids = [line async for line in _until(lines, 1) if line.startswith("id:")]
    assert ids == [f"id: {epoch}.5"]


async def _until(lines: AsyncIterator[str], entries: int) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line.startswith("id:"):
            entries -= 1
            if not entries:
                return


async def test_frames_are_an_id_line_a_data_line_and_an_empty_line(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    await say(edge, conversation, "first\nsecond — ünïcode\u2028")
    epoch = (await ada.snapshot(conversation))["epoch"]
    url = f"/chat/v1/conversations/{conversation}/stream?lastEventId={epoch}.3"
    received = b""
    async with bounded(), ada.http.stream("GET", url) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-cache, no-transform"
        assert response.headers["x-accel-buffering"] == "no"
        async for chunk in response.aiter_raw():
            received += chunk
            if received.count(b"\n\n") == 2:
                break
    hello, entry, rest = received.split(b"\n\n")
    assert hello.startswith(b'data: {"type":"connected"')
    assert entry.startswith(f'id: {epoch}.4\ndata: {{"epoch":"{epoch}","offset":4,"type":"message.sent"'.encode())
    assert b"\r" not in received
    assert rest == b""


async def test_a_stream_ends_with_its_token(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    brief = Session(Participant(ada.participant, "customer", "Ada"), int(time.time()) + 2)
    headers = {"Authorization": f"Bearer {edge.chat.sessions.sign(brief)}"}
    async with ada.stream(conversation, **headers) as frames:
        types = [(frame["type"], frame.get("code")) async for frame in frames]
    assert types == [("connected", None), ("snapshot", None), ("disconnect", 3500)]


async def test_a_server_that_stops_says_so_and_asks_readers_to_come_back(settings: Settings) -> None:
    async with serving(settings) as edge, edge.guest() as guest, guest.stream(await guest.open()) as frames:
        await anext(frames)
        await anext(frames)
        await edge.chat.stop(5)
        last = [frame async for frame in frames]
    assert [(frame["code"], frame["reconnect"]) for frame in last] == [(3001, True)]


async def test_a_reader_that_leaves_leaves_nothing_behind(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    for _ in range(3):
        async with ada.stream(conversation) as frames:
            await anext(frames)
    async with ada.stream(conversation) as frames:
        await anext(frames)
        assert len(edge.chat.streams) <= 4


async def test_other_sites_may_read_only_if_they_are_named(settings: Settings) -> None:
    named = settings.copy(update={"allowed_origins": "https://shop.example"})
    async with serving(named) as edge, httpx.AsyncClient(base_url=edge.url) as http:
        allowed = await http.post("/chat/v1/sessions", headers={"Origin": "https://shop.example"})
        other = await http.post("/chat/v1/sessions", headers={"Origin": "https://evil.example"})
        own = await http.post("/chat/v1/sessions", headers={"Origin": edge.url})
        preflight = await http.options("/chat/v1/conversations", headers={"Origin": "https://shop.example"})
        problem = await http.get("/chat/v1/conversations/x", headers={"Origin": "https://shop.example"})
    assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in other.headers
    assert own.headers["access-control-allow-origin"] == edge.url
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    assert problem.status_code == 401
    assert problem.headers["access-control-allow-origin"] == "https://shop.example"
