"""Who asks for it is signed out at once and then erased; nobody is by a slip, or by somebody who may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx

from channels.farewell import REVOKED
from switchboard.log.events import Participant
from switchboard.log.members import Members
from switchboard.people.blocks import Block, person
from switchboard.records.eraser import Eraser
from tests.support.edge import Edge, Guest

ERASE, OTHERS = "/chat/v1/me/erase", "/chat/v1/people/erase"


async def erase_everybody_due(edge: Edge) -> None:
    """As the archiver's process does, at once and once more."""
    chat = edge.chat
    eraser = Eraser(chat.log, chat.calls, chat.sign_ins, linger_seconds=0.0)
    for _ in range(2):
        await eraser.look()
    assert await chat.erasures.open() == []


async def next_snapshot(frames: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    async for frame in frames:
        if frame["type"] == "snapshot":
            return frame
    raise AssertionError("the stream ended")


async def test_who_asks_is_signed_out_and_gone(edge: Edge, ada: Guest) -> None:
    conversation = await ada.open()
    await ada.send(conversation, text="my secret")
    async with ada.stream(conversation) as frames:
        await next_snapshot(frames)
        answer = await ada.http.post(ERASE, json={"participantId": ada.participant})
        assert (answer.status_code, answer.content) == (202, b"")
        codes = [frame["code"] async for frame in frames if frame["type"] == "disconnect"]
    assert codes == [REVOKED.code]
    assert (await ada.http.get("/chat/v1/me")).status_code == 401
    await erase_everybody_due(edge)
    assert [key async for key in edge.chat.log.redis.scan_iter(f"*{conversation}*")] == []


async def test_others_see_at_once_that_it_is_another_log(edge: Edge, ada: Guest, eve: Guest) -> None:
    conversation = await ada.open()
    await Members(edge.chat.log.redis).join(conversation, Participant(eve.participant, "customer", "Eve"))
    await ada.send(conversation, text="my secret")
    await eve.send(conversation, text="Eve's own")
    async with eve.stream(conversation) as frames:
        assert "my secret" in str(await next_snapshot(frames))
        await ada.http.post(ERASE, json={"participantId": ada.participant})
        await erase_everybody_due(edge)
        state = await next_snapshot(frames)
    assert [message["text"] for message in state["messages"]] == ["", "Eve's own"]
    assert [who["name"] for who in state["participants"] if who["role"] == "customer"] == ["Eve"]


async def test_nobody_is_erased_by_a_slip(edge: Edge, ada: Guest, eve: Guest) -> None:
    for body in ({}, {"participantId": eve.participant}, {"participantId": True}, {"participantId": "a:b"}):
        assert (await ada.http.post(ERASE, json=body)).status_code == 422
    assert (await ada.http.post(OTHERS, json={"participantId": eve.participant})).status_code == 403
    assert await edge.chat.erasures.open() == []
    assert (await eve.http.get("/chat/v1/me")).status_code == 200


async def test_a_supervisor_has_somebody_erased(edge: Edge, eve: Guest) -> None:
    conversation = await eve.open()
    boss = edge.chat.sessions.issue(Participant("user_boss", "operator", "Boss"), "supervisor", "sign-in")
    headers = {"Authorization": f"Bearer {edge.chat.sessions.sign(boss)}"}
    async with httpx.AsyncClient(base_url=edge.url, headers=headers) as http:
        for whom in (eve.participant, "somebody@nowhere"):
            assert (await http.post(OTHERS, json={"participantId": whom})).status_code == 202
        assert (await eve.http.get("/chat/v1/me")).status_code == 401
        await erase_everybody_due(edge)
        assert (await http.get(f"/chat/v1/conversations/{conversation}")).status_code == 404


async def test_a_block_is_not_lifted_by_it(edge: Edge, eve: Guest) -> None:
    await edge.chat.blocks.add(Block(person(eve.participant), "user_boss", 1.0, "spam"))
    boss = edge.chat.sessions.issue(Participant("user_boss", "operator", "Boss"), "supervisor", "sign-in")
    headers = {"Authorization": f"Bearer {edge.chat.sessions.sign(boss)}"}
    async with httpx.AsyncClient(base_url=edge.url, headers=headers) as http:
        await http.post(OTHERS, json={"participantId": eve.participant})
        await erase_everybody_due(edge)
        blocks = (await http.get("/chat/v1/blocks")).json()["blocks"]
    assert [block["participantId"] for block in blocks] == [eve.participant]
