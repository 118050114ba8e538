"""The answer as a fold of the log: whatever comes, in pieces or as a snapshot, the chunks are one whole message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.aisdk import chunks
from channels.aisdk.answer import CUT_OFF, FAILED, LOST, Answer

BOT = {"id": "bot:main", "role": "bot", "name": "Assistant"}
ADA = {"id": "guest_ada", "role": "customer", "name": "Ada"}
GRACE = {"id": "op", "role": "operator", "name": "Grace"}

Entry = dict[str, Any]


def answer() -> Answer:
    return Answer("c_1", ADA["id"], "e", 4, "bot:main")


def told(*entries: Entry) -> list[chunks.Chunk]:
    """All chunks of an answer after its beginning; the stream is checked to be well-formed."""
    fold = answer()
    first = fold.begin()
    rest = [chunk for entry in entries for chunk in fold.apply(entry)]
    check([*first, *rest], over=fold.over)
    return rest


def check(stream: list[chunks.Chunk], *, over: bool) -> None:
    """What the AI SDK's own reducer demands, and that nothing is left open at the end."""
    assert [chunk["type"] for chunk in stream[:2]] == ["start", "start-step"]
    texts: set[str] = set()
    tools: set[str] = set()
    for chunk in stream[2:]:
        kind = chunk["type"]
        if kind == "text-start":
            assert chunk["id"] not in texts
            texts.add(chunk["id"])
        elif kind == "text-delta":
            assert chunk["id"] in texts
            assert chunk["delta"]
        elif kind == "text-end":
            texts.remove(chunk["id"])
        elif kind == "tool-input-available":
            tools.add(chunk["toolCallId"])
        elif kind.startswith("tool-output"):
            tools.remove(chunk["toolCallId"])
    ends = [at for at, chunk in enumerate(stream) if chunk["type"] in ("finish", "abort", "error")]
    assert ends == ([len(stream) - 1] if over else [])
    if over:
        assert not texts
        assert not tools


def shown(stream: list[chunks.Chunk]) -> dict[str, str]:
    """What a client has of each text part."""
    texts: dict[str, str] = {}
    for chunk in stream:
        if chunk["type"] == "text-delta":
            texts[chunk["id"]] = texts.get(chunk["id"], "") + chunk["delta"]
    return texts


def turn(verb: str, number: int = 4, **more: Any) -> Entry:
    return {"type": f"turn.{verb}", "turnId": f"t{number}", "offset": 5, **more}


def started(message: str = "m1", number: int = 4) -> Entry:
    return {"type": "message.started", "messageId": message, "author": BOT, "turnId": f"t{number}", "offset": 6}


def delta(text: str, message: str = "m1") -> Entry:
    return {"type": "message.delta", "messageId": message, "delta": text, "offset": 7}


def whole(text: str, message: str = "m1", kind: str = "completed", number: int | None = 4, **more: Any) -> Entry:
    place = {"turnId": f"t{number}"} if number else {}
    given = {"type": f"message.{kind}", "messageId": message, "author": BOT, "text": text, "buttons": [], "offset": 8}
    return {**given, **place, **more}


def snapshot(**state: Any) -> Entry:
    nothing = {"messages": [], "tasks": [], "turn": None, "owner": "bot:main", "epoch": "e", "offset": 50}
    return {"type": "snapshot", "conversationId": "c_1", **nothing, **state}


def message(text: str, status: str = "completed", number: int = 4) -> Entry:
    return {"messageId": "m1", "author": BOT, "text": text, "buttons": [], "turnId": f"t{number}", "status": status}


def test_another_turns_words_are_not_this_answers() -> None:
    stream = told(
        turn("started", 2),
        started("other", 2),
        delta("not ours", "other"),
        whole("not ours", "other", number=2),
        turn("completed", 2),
        turn("started"),
        whole("ours", kind="sent"),
        turn("completed"),
    )
    assert shown(stream) == {"m1": "ours"}


def test_what_a_person_says_meanwhile_is_told_and_what_the_caller_says_is_not() -> None:
    stream = told(
        turn("started"),
        whole("I am Grace.", "p", "sent", None, author=GRACE),
        whole("and another thing", "q", "sent", None, author=ADA),
        turn("completed"),
    )
    assert shown(stream) == {"p": "I am Grace."}


def test_a_final_text_that_is_longer_is_completed() -> None:
    assert shown(told(turn("started"), started(), delta("Hel"), whole("Hello"), turn("completed"))) == {"m1": "Hello"}


def test_a_final_text_that_differs_stands_beside_what_was_streamed_which_is_marked() -> None:
    stream = told(turn("started"), started(), delta("Helo"), whole("Hello"), turn("completed"))
    assert shown(stream) == {"m1": "Helo", "m1.whole": "Hello"}
    end = next(chunk for chunk in stream if chunk["type"] == "text-end")
    assert end["providerMetadata"]["switchboard"]["replaced"] is True


def test_a_turn_that_is_tried_again_leaves_nothing_open() -> None:
    task = {"type": "task.started", "taskId": "k1", "name": "n", "title": "T", "turnId": "t4"}
    stream = told(
        turn("started"),
        task,
        started(),
        delta("So f"),
        turn("started"),
        started("m2"),
        whole("So far", "m2"),
        turn("completed"),
    )
    assert shown(stream) == {"m1": "So f", "m2": "So far"}
    assert [chunk["errorText"] for chunk in stream if chunk["type"] == "tool-output-error"] == [CUT_OFF]


@pytest.mark.parametrize(
    ("end", "last"),
    [
        (turn("completed"), {"type": "finish", "finishReason": "stop"}),
        (turn("completed", stopped=True), {"type": "abort", "reason": "stopped"}),
        (turn("failed", reason="error"), {"type": "error", "errorText": FAILED}),
        (turn("started", 9), {"type": "finish", "finishReason": "stop"}),
        (turn("completed", 9), {"type": "finish", "finishReason": "stop"}),
    ],
)
def test_every_end_ends_what_is_open_and_nothing_follows(end: Entry, last: chunks.Chunk) -> None:
    stream = told(turn("started"), started(), delta("Hel"), end, delta("lo"), turn("completed"))
    assert stream[-1] == last
    assert shown(stream) == {"m1": "Hel"}


def test_over_a_gap_the_answer_goes_on_with_what_the_snapshot_has_more_of_it() -> None:
    stream = told(
        turn("started"),
        started(),
        delta("He"),
        snapshot(turn="t4", messages=[message("Hell", "streaming")]),
        delta("o"),
        whole("Hello"),
        turn("completed"),
    )
    assert shown(stream) == {"m1": "Hello"}


def test_what_a_crash_cut_off_is_marked_and_told_anew() -> None:
    stream = told(turn("started"), started(), delta("He"), started(), delta("Hi"), whole("Hi"), turn("completed"))
    ends = [chunk for chunk in stream if chunk["type"] == "text-end"]
    assert [chunk.get("providerMetadata", {}).get("switchboard", {}).get("replaced") for chunk in ends] == [True, None]
    assert "".join(chunk["delta"] for chunk in stream if chunk["type"] == "text-delta") == "HeHi"


def test_over_a_gap_that_holds_the_end_the_answer_is_whole() -> None:
    task = {"taskId": "k1", "name": "n", "title": "T", "turnId": "t4", "status": "completed"}
    stream = told(turn("started"), started(), delta("He"), snapshot(messages=[message("Hello")], tasks=[task]))
    assert shown(stream) == {"m1": "Hello"}
    assert stream[-1]["type"] == "finish"


def test_a_log_that_was_restored_ends_the_answer_with_an_error() -> None:
    assert told(turn("started"), snapshot(epoch="f"))[-1] == {"type": "error", "errorText": LOST}


def test_while_a_person_holds_the_conversation_nobody_is_waited_for() -> None:
    changed = {"type": "owner.changed", "owner": "operator:op", "term": 2, "offset": 9}
    assert [chunk["type"] for chunk in told({"type": "connected", "offset": 9}, changed)][-1] == "finish"
    running = told({"type": "connected", "offset": 9}, turn("started"), changed)
    assert [chunk["type"] for chunk in running] == ["data-owner"]


PIECES = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=8)


@given(PIECES, st.data())
def test_however_the_entries_come_the_text_is_the_same(pieces: list[str], data: st.DataObject) -> None:
    """A cut anywhere: what came before it as entries, what was missed as a snapshot, the rest as entries."""
    text = "".join(pieces)
    entries = [turn("started"), started(), *map(delta, pieces), whole(text), turn("completed")]
    seen = data.draw(st.integers(1, len(entries)))
    missed = data.draw(st.integers(seen, len(entries)))
    so_far = "".join(entry.get("delta", "") for entry in entries[:missed])
    ended = missed == len(entries)
    complete = missed >= len(entries) - 1
    state = [message(text if complete else so_far, "completed" if complete else "streaming")] if missed > 1 else []
    gap = snapshot(turn=None if ended else "t4", messages=state)
    assert shown(told(*entries[:seen], gap, *entries[missed:])) == {"m1": text}
