"""The server's snapshot of a log and our client's state after the same entries are one and the same."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from switchboard.log.codec import encode
from switchboard.log.events import (
    Button,
    ConversationClosed,
    ConversationRenamed,
    Event,
    MessageCompleted,
    MessageDelta,
    MessageRead,
    MessageSent,
    MessageStarted,
    Participant,
    ParticipantIdentified,
    SlotsChanged,
    TaskCancelling,
    TaskCompleted,
    TaskFailed,
    TaskProgressed,
    TaskStarted,
    TurnCompleted,
    TurnFailed,
    TurnStarted,
    TurnStopping,
)
from switchboard.log.log import Conversation
from switchboard.log.snapshot import Fold
from switchboard.turns.turn import BOT
from tests.support.clients import client
from tests.support.people import ADA

LOGS = 300
SAME = ("messages", "tasks", "turn", "slots", "read", "title", "closed")


def part(dice: random.Random, turn_id: str, own: str) -> Iterator[Event]:
    """One thing that a bot does; its end may be missing."""
    kind = dice.choice(["message", "stream", "task", "slots"])
    if kind == "message":
        buttons = (Button("Yes", "/yes"),) if dice.random() < 0.5 else ()
        image = dice.choice([None, "https://shop.example/a.png"])
        yield MessageSent(f"b{own}", BOT, "Well", buttons, turn_id=turn_id, image=image, custom={"a": [1]})
    elif kind == "stream":
        for _ in range(dice.choice([1, 1, 2])):  # a crash may have cut off the first try
            yield MessageStarted(f"b{own}", BOT, turn_id)
            for _ in range(dice.randrange(3)):
                yield MessageDelta(f"b{own}", dice.choice(["Grüße ", "👋🏽", "世界"]))
        if dice.random() < 0.7:
            yield MessageCompleted(f"b{own}", BOT, "All of it", turn_id, stopped=dice.choice([None, True]))
    elif kind == "slots":
        yield SlotsChanged({dice.choice("ab"): dice.choice([None, 1, [2]])}, turn_id)
    else:
        yield TaskStarted(f"k{own}", "look", "Looking", dice.choice([None, turn_id]), dice.choice([None, True, False]))
        if dice.random() < 0.3:
            yield TaskCancelling(f"k{own}", ADA.id)
        if dice.random() < 0.7:
            yield TaskProgressed(f"k{own}", 1, 3, "Asking")
        if dice.random() < 0.7:
            yield dice.choice([TaskCompleted(f"k{own}"), TaskFailed(f"k{own}", "cancelled")])


def turn(dice: random.Random, number: int) -> Iterator[Event]:
    """A message of Ada's and what the bot does about it; a crash may have cut it off."""
    turn_id = f"t{number}"
    yield MessageSent(
        f"m{number}",
        ADA,
        "Hello",
        client_message_id=f"x{number}",
        payload=dice.choice([None, "/hi"]),
        reply_to=dice.choice([None, "m1"]),
    )
    yield TurnStarted(turn_id, f"m{number}")
    for at in range(dice.randrange(4)):
        yield from part(dice, turn_id, f"{turn_id}.{at}")
        if dice.random() < 0.3:
            yield MessageRead(dice.choice([ADA.id, "op_eve"]), dice.randrange(1, 9))
    if dice.random() < 0.3:
        yield TurnStopping(turn_id, ADA.id)
    if dice.random() < 0.2:
        yield ParticipantIdentified(ADA.id, Participant(dice.choice(["user_ada", "op_eve"]), "customer", "Ada L."))
    if dice.random() < 0.2:
        yield dice.choice([ConversationRenamed(f"Parcel {number}", ADA.id), ConversationClosed(ADA.id)])
    if dice.random() < 0.9:
        yield dice.choice([TurnCompleted(turn_id), TurnFailed(turn_id, "error")])


def entries(dice: random.Random) -> list[dict[str, Any]]:
    events = [event for number in range(1, dice.randrange(2, 4)) for event in turn(dice, number)]
    place = enumerate(events, start=1)
    return [json.loads(encode(event, 1_000 + at)) | {"epoch": "9f2c", "offset": at} for at, event in place]


def folded(lines: list[dict[str, Any]]) -> dict[str, Any]:
    fold = Fold()
    for line in lines:
        fold.apply(line)
    titles = [line["title"] for line in lines if line["type"] == "conversation.renamed"]
    conversation = Conversation(
        id="c_1",
        epoch="9f2c",
        offset=fold.offset,
        owner=BOT.id,
        participants=(ADA, BOT),
        term=1,
        title=titles[-1] if titles else None,  # as `lifecycle.lua` keeps it
        closed=any(line["type"] == "conversation.closed" for line in lines),
    )
    return json.loads(json.dumps(fold.to_wire(conversation)))  # a copy of its own: a fold goes on


async def test_a_client_makes_of_a_log_what_the_server_does_from_any_snapshot_on() -> None:
    dice = random.Random(11)
    async with client("fold.mjs") as node:
        for _ in range(LOGS):
            log = entries(dice)
            cut = dice.randrange(len(log))
            await node.tell([folded(log[:cut]), *log[cut:]])
            state, snapshot = await node.says(), folded(log)
            assert {name: state[name] for name in SAME} == {name: snapshot[name] for name in SAME}
            assert state["position"]["offset"] == snapshot["offset"]
