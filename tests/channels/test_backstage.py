"""What operators say among themselves reaches operators, and nobody else, on no way."""

from __future__ import annotations

import json
from typing import Any

import httpx

from switchboard.log.keys import backstage
from switchboard.records.erasure import Erasure
from tests.channels.test_handoff import CHAT, do, first, somebody
from tests.support.edge import Edge, Guest, frames
from tests.support.waiting import bounded

SECRET = "he-is-a-difficult-one"


async def note(who: Guest, conversation: str, text: str, key: str = "1") -> httpx.Response:
    body = {"clientNoteId": key, "text": text}
    return await who.http.post(f"{CHAT}/conversations/{conversation}/notes", json=body)


async def notes(who: Guest, conversation: str) -> dict[str, Any]:
    response = await who.http.get(f"{CHAT}/conversations/{conversation}/notes")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


async def test_a_note_is_kept_once_and_comes_to_whoever_looks_on(edge: Edge, ada: Guest) -> None:
    talk = await ada.open()
    async with somebody(edge, "Eva") as eva, somebody(edge, "Bob") as bob:
        place = (await notes(bob, talk))["position"]
        url = f"{CHAT}/conversations/{talk}/backstage?lastEventId={place}"
        async with bounded(), bob.http.stream("GET", url) as response:
            stream = frames(response)
            assert (await anext(stream))["present"] == ["user_bob"]
            assert (await note(eva, talk, SECRET)).status_code == 201
            assert (await note(eva, talk, SECRET)).status_code == 200
            assert (await note(eva, talk, "another")).status_code == 409
            seen = await first(stream, lambda frame: frame["type"] == "note.added")
            typing = f"{CHAT}/conversations/{talk}/notes/typing"
            assert (await eva.http.post(typing, json={"typing": True})).status_code == 204
            writes = await first(stream, lambda frame: frame["type"] == "participant.typing")
        assert (seen["text"], seen["author"]["name"]) == (SECRET, "Eva")
        assert writes["participantId"] == "user_eva"
        assert [each["text"] for each in (await notes(bob, talk))["notes"]] == [SECRET]


async def test_not_a_byte_of_it_is_on_any_way_of_the_customers(edge: Edge, ada: Guest) -> None:
    talk = await ada.open()
    async with ada.http.stream("GET", f"{CHAT}/conversations/{talk}/stream") as response:
        lines = response.aiter_lines()
        async with somebody(edge, "Eva") as eva:
            await do(eva, talk, "claim")
            await note(eva, talk, SECRET)
            await eva.http.post(f"{CHAT}/conversations/{talk}/notes/typing", json={"typing": True})
            await eva.send(talk, text="the end")
        wire = ""
        async with bounded():
            while "the end" not in wire:
                wire += await anext(lines)
    assert SECRET not in wire and "typing" not in wire
    hidden = backstage(talk)
    for path in (f"conversations/{talk}", f"conversations/{talk}/messages", "conversations", "tasks", "me/export"):
        answer = await ada.http.get(f"{CHAT}/{path}")
        assert answer.status_code == 200
        assert SECRET not in answer.text and hidden not in answer.text
    for path in (hidden, f"{hidden}/messages", f"{hidden}/stream", f"{talk}/notes", f"{talk}/backstage"):
        assert (await ada.http.get(f"{CHAT}/conversations/{path}")).status_code in (403, 404)
    run = {"threadId": talk, "runId": "r_1", "messages": [], "tools": [], "context": [], "state": {}}
    answer = await ada.http.post(f"{CHAT}/agui", json={**run, "forwardedProps": {}})
    assert answer.status_code == 200 and SECRET not in answer.text


async def test_it_is_no_conversation_that_anybody_could_open_or_write_in(edge: Edge, ada: Guest) -> None:
    talk = await ada.open()
    async with somebody(edge, "Eva") as eva:
        await note(eva, talk, SECRET)
        assert (await eva.send(backstage(talk), text="hi")).status_code == 404
        assert (await note(eva, "c_nowhere", SECRET)).status_code == 404
        assert (await note(eva, talk, "  ")).status_code == 422
        assert (await note(ada, talk, "mine")).status_code == 403


async def test_what_was_noted_about_who_is_erased_is_gone(edge: Edge, ada: Guest) -> None:
    from switchboard.archive.erasing import Erasing

    talk = await ada.open()
    async with somebody(edge, "Eva") as eva:
        await note(eva, talk, SECRET)
    await Erasure(edge.chat.log, Erasing(edge.chat.calls)).erase(ada.participant)
    redis = edge.chat.log.redis
    left = [key async for key in redis.scan_iter("*") if talk in key]
    assert left == []
    for partition in range(16):
        assert talk not in json.dumps(await redis.hgetall(f"sb:{{{partition}}}:desk"))
