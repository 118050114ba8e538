"""Tracking tells each parcel as its carrier answers, and is honest about the one that does not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine

from actions.track_order import ActionTrackOrder, track_order
from shop.carriers import demo_carriers
from switchboard.runtime import runtime
from tests.support.demo_shop import message, tracker


class Recorder:
    """A `Report` that keeps what it is told, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    async def progress(self, done: int, total: int, note: str) -> None:
        self.heard.append((done, total, note))

    async def text(self, text: str) -> None:
        self.heard.append((text,))


async def track(dispatcher: CollectingDispatcher, domain: dict[str, Any], number: str, email: str) -> dict[str, Any]:
    given = tracker(message("where is it?", "track_order"), order_number=number, email=email)
    await ActionTrackOrder().run(dispatcher, given, domain)
    assert len(dispatcher.messages) == 1
    said: dict[str, Any] = dispatcher.messages[0]
    return said


async def test_three_parcels_are_one_message_and_the_broken_carrier_one_honest_line(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    said = await track(dispatcher, domain, "1001", "ada@example.com")
    assert "SwiftPost: out for delivery, last seen in Leeds" in said["text"]
    assert "Parcelo: in transit" in said["text"]
    assert "Northwind Freight: they aren't answering just now" in said["text"]
    assert [button["payload"] for button in said["buttons"]] == ["/track_order", "/contact_human_agent"]


async def test_carriers_are_told_in_the_order_of_their_answers_with_progress(
    demo_shop: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.desk.demo_carriers", lambda: demo_carriers(speed=0.5))
    report = Recorder()
    tracked = await track_order(report, "1001", "ada@example.com", "c_1", "m_1")
    texts = [entry[0] for entry in report.heard if len(entry) == 1]
    progress = [entry[:2] for entry in report.heard if len(entry) == 3]
    assert tracked.silent == 1
    assert texts[0].startswith("Order 1001")
    assert "desk lamp" in texts[1]  # SwiftPost is the quickest
    assert progress == [(0, 3), (1, 3), (2, 3), (3, 3)]


async def test_stopping_stops_asking(demo_shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.desk.demo_carriers", lambda: demo_carriers(speed=30.0))
    running = asyncio.create_task(track_order(Recorder(), "1007", "grace@example.com", "c_1", "m_1"))
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left or not (await asyncio.wait(left, timeout=1.0))[1]


@pytest.mark.parametrize(
    ("number", "email", "words"),
    [
        ("1002", "ada@example.com", "two linen cushions"),
        ("1003", "ada@example.com", "was delivered on"),
        ("1004", "ada@example.com", "was cancelled"),
    ],
)
async def test_orders_without_parcels_under_way_are_told_by_their_state(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any], number: str, email: str, words: str
) -> None:
    assert words in (await track(dispatcher, domain, number, email))["text"]


async def test_a_shop_that_does_not_answer_is_an_apology_with_a_way_on(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    with demo_shop.begin() as connection:
        connection.exec_driver_sql("DROP TABLE shop_orders")
    said = await track(dispatcher, domain, "1001", "ada@example.com")
    assert said["text"].lower().count("sorry") == 1
    assert [button["payload"] for button in said["buttons"]] == ["/track_order", "/contact_human_agent"]
    assert [run.status for run in await runtime().history.of("c_1")] == ["unavailable"]


async def test_the_task_is_in_the_history(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    await track(dispatcher, domain, "1001", "ada@example.com")
    assert [(run.name, run.status) for run in await runtime().history.of("c_1")] == [("track_order", "completed")]
