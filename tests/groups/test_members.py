"""Who may let whom in, send whom away and mute whom, over HTTP."""

from __future__ import annotations

import asyncio

import pytest

from channels.pace import AT_ONCE
from tests.support.edge import Edge, Guest
from tests.support.group import ACCEPT, accept, do, invitation, join, participants, signed_in


async def test_an_invitation_lets_in_as_many_as_it_says_and_each_once(
    conversation: str, ada: Guest, bob: Guest, carla: Guest
) -> None:
    invited = await invitation(ada, conversation)
    for _ in range(2):
        assert (await accept(bob, invited)).status_code == 200
    assert (await accept(ada, invited)).status_code == 200
    late = await accept(carla, invited)
    assert (late.status_code, late.json()["code"]) == (410, "used_up")
    assert await participants(bob, conversation) == {ada.participant, bob.participant, "bot:main"}
    state = await bob.snapshot(conversation)
    assert (state["host"], state["muted"]) == (ada.participant, [])
    assert (await carla.http.get(f"/chat/v1/conversations/{conversation}")).status_code == 404


async def test_of_many_who_come_at_once_only_as_many_get_in(
    edge: Edge, other_edge: Edge, conversation: str, ada: Guest
) -> None:
    invited = await invitation(ada, conversation, uses=3)
    people = [edge.chat.sessions.guest(f"Guest {number}") for number in range(10)]
    tokens = [edge.chat.sessions.sign(person) for person in people]

    async def come(token: str, url: str) -> int:
        answer = await ada.http.post(
            url + ACCEPT, json={"invitation": invited}, headers={"Authorization": f"Bearer {token}"}
        )
        return answer.status_code

    urls = [edge.url, other_edge.url]
    answers = await asyncio.gather(*(come(token, urls[at % 2]) for at, token in enumerate(tokens * 2)))
    assert sorted(answers) == [200] * 6 + [410] * 14, "three people, each twice"
    assert len(await participants(ada, conversation)) == 5


async def test_one_who_left_comes_back_by_another_use(conversation: str, ada: Guest, bob: Guest) -> None:
    invited = await invitation(ada, conversation, uses=2)
    assert (await accept(bob, invited)).status_code == 200
    for status in (200, 410):
        assert (await do(bob, conversation, "leave")).status_code == 204
        assert (await accept(bob, invited)).status_code == status
    assert (await do(bob, conversation, "leave")).status_code == 404


@pytest.mark.parametrize("bad", ["", "junk", "a.b.c", "é", "x" * 8_000])
async def test_what_is_no_invitation_is_not_found(bob: Guest, bad: str) -> None:
    assert (await accept(bob, bad)).status_code == 404


async def test_no_token_passes_for_another(conversation: str, ada: Guest, bob: Guest) -> None:
    invited = await invitation(ada, conversation)
    assert (await accept(bob, bob.token)).status_code == 404
    answer = await ada.http.get(
        f"/chat/v1/conversations/{conversation}", headers={"Authorization": f"Bearer {invited}"}
    )
    assert answer.status_code == 401


async def test_an_invitation_expires(edge: Edge, conversation: str, ada: Guest, bob: Guest) -> None:
    described = await edge.chat.log.describe(conversation)
    invited, _ = edge.chat.invitations.issue(described, 1, -1)
    answer = await accept(bob, invited)
    assert (answer.status_code, answer.json()["code"]) == (410, "expired")
    assert (await accept(ada, invited)).status_code == 200, "who takes part need not come in"


async def test_revoked_invitations_are_over_and_later_ones_are_not(conversation: str, ada: Guest, bob: Guest) -> None:
    invited = await invitation(ada, conversation)
    assert (await do(bob, conversation, "invitations/revoke")).status_code == 404
    assert (await do(ada, conversation, "invitations/revoke")).status_code == 204
    answer = await accept(bob, invited)
    assert (answer.status_code, answer.json()["code"]) == (410, "revoked")
    await join(ada, conversation, bob)


async def test_who_is_removed_comes_in_with_no_invitation_of_before(conversation: str, ada: Guest, bob: Guest) -> None:
    invited = await invitation(ada, conversation, uses=50)
    await accept(bob, invited)
    for _ in range(2):
        assert (await do(ada, conversation, "remove", participantId=bob.participant)).status_code == 204
    assert (await accept(bob, invited)).json()["code"] == "revoked"
    assert (await bob.send(conversation, text="still here?")).status_code == 404
    assert await participants(ada, conversation) == {ada.participant, "bot:main"}


async def test_who_left_before_being_removed_comes_in_with_no_invitation_of_before_either(
    conversation: str, ada: Guest, bob: Guest
) -> None:
    invited = await invitation(ada, conversation, uses=50)
    await accept(bob, invited)
    assert (await do(bob, conversation, "leave")).status_code == 204
    assert (await do(ada, conversation, "remove", participantId=bob.participant)).status_code == 204
    assert (await accept(bob, invited)).json()["code"] == "revoked"


async def test_who_is_muted_stops_nobody_and_what_was_said_before_is_there(
    conversation: str, ada: Guest, bob: Guest
) -> None:
    await join(ada, conversation, bob)
    said = {"text": "before", "clientMessageId": "m1"}
    assert (await bob.send(conversation, **said)).status_code == 202
    await do(ada, conversation, "mute", participantId=bob.participant, muted=True)
    again = await bob.send(conversation, **said)
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert (await bob.send(conversation, text="after")).json()["code"] == "muted"
    for what, body in (("stop", {}), ("title", {"title": "mine"}), ("close", {})):
        assert (await do(bob, conversation, what, **body)).json()["code"] == "muted"


async def test_read_marks_bring_about_no_further_ones(conversation: str, ada: Guest, bob: Guest) -> None:
    await join(ada, conversation, bob)
    await ada.send(conversation, text="hello")
    for _ in range(20):
        end = (await bob.snapshot(conversation))["offset"]
        assert (await do(bob, conversation, "read", upTo=end)).json() == {"upTo": end}
    assert (await bob.snapshot(conversation))["offset"] <= end + 1


async def test_only_the_host_and_operators_say_who_takes_part(
    conversation: str, ada: Guest, bob: Guest, carla: Guest, mia: Guest
) -> None:
    await join(ada, conversation, bob, carla, mia)
    for what, body in {
        "invitations": {},
        "invitations/revoke": {},
        "remove": {"participantId": carla.participant},
        "mute": {"participantId": carla.participant, "muted": True},
    }.items():
        answer = await do(bob, conversation, what, **body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), what
    for what, more in (("mute", {"muted": True}), ("remove", {})):
        for whom in (mia, ada):
            answer = await do(ada, conversation, what, participantId=whom.participant, **more)
            assert answer.status_code == 403, "an operator, or oneself"
    assert (await do(mia, conversation, "invitations")).status_code == 201
    assert (await do(mia, conversation, "remove", participantId=ada.participant)).status_code == 204
    assert (await bob.snapshot(conversation))["host"] == bob.participant, "who came before Carla"


async def test_who_is_muted_reads_but_does_not_write(conversation: str, ada: Guest, bob: Guest, mia: Guest) -> None:
    await join(ada, conversation, bob, mia)
    muting = {"participantId": bob.participant, "muted": True}
    for _ in range(2):
        assert (await do(ada, conversation, "mute", **muting)).status_code == 204
    answer = await bob.send(conversation, text="hello")
    assert (answer.status_code, answer.json()["code"]) == (403, "muted")
    state = await bob.snapshot(conversation)
    assert (state["muted"], state["messages"]) == ([bob.participant], [])
    assert (await do(bob, conversation, "read", upTo=3)).status_code == 200
    assert (await do(ada, conversation, "mute", **muting | {"muted": False})).status_code == 204
    assert (await bob.send(conversation, text="hello")).status_code == 202
    answer = await do(ada, conversation, "mute", participantId="guest_nobody", muted=True)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_muted_host_decides_nothing_and_one_who_leaves_muted_comes_back_muted(
    conversation: str, ada: Guest, bob: Guest, mia: Guest
) -> None:
    await join(ada, conversation, bob, mia)
    for whom in (ada, bob):
        assert (await do(mia, conversation, "mute", participantId=whom.participant, muted=True)).status_code == 204
    for what in ("invitations", "invitations/revoke"):
        assert (await do(ada, conversation, what)).status_code == 403
    await do(bob, conversation, "leave")
    await join(mia, conversation, bob)
    assert (await bob.send(conversation, text="hello")).json()["code"] == "muted"
    assert (await bob.snapshot(conversation))["muted"] == sorted([ada.participant, bob.participant])


async def test_a_server_adds_whom_it_likes_and_nobody_else_does(
    edge: Edge, conversation: str, ada: Guest, shop: Guest
) -> None:
    somebody = {"participantId": "user_dora", "name": "Dora", "role": "customer"}
    assert (await do(ada, conversation, "participants", **somebody)).status_code == 403
    for status in (201, 200):
        assert (await do(shop, conversation, "participants", **somebody)).status_code == status
    assert (await do(shop, "c_nowhere", "participants", **somebody)).status_code == 404
    assert (await do(shop, "c.nowhere", "participants", **somebody)).status_code == 404
    async with signed_in(edge, "customer", "user_dora") as dora:
        state = await dora.snapshot(conversation)
    assert {"id": "user_dora", "role": "customer", "name": "Dora"} in state["participants"]


async def test_there_is_room_for_fifty(conversation: str, ada: Guest, bob: Guest, shop: Guest) -> None:
    invited = await invitation(ada, conversation)
    for number in range(48):
        body = {"participantId": f"user_{number}", "name": "Somebody", "role": "customer"}
        assert (await do(shop, conversation, "participants", **body)).status_code == 201
    for answer in (
        await accept(bob, invited),
        await do(shop, conversation, "participants", participantId="user_x", name="X", role="operator"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "full")
    assert (await do(ada, conversation, "remove", participantId="user_7")).status_code == 204
    await join(ada, conversation, bob)


async def test_these_calls_are_paced(monkeypatch: pytest.MonkeyPatch, conversation: str, ada: Guest) -> None:
    monkeypatch.setattr("channels.pace.PER_SECOND", 0.0)
    answers = [(await do(ada, conversation, "mute")).status_code for _ in range(AT_ONCE + 1)]
    assert answers == [422] * AT_ONCE + [429]
