"""What the bot does. Every effect is put on a ledger that nobody ever deletes from."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import Column, MetaData, String, Table, create_engine, insert, select
from sqlalchemy.engine import Engine

from switchboard.reply import Reply
from switchboard.settings import Settings
from switchboard.tasks import Report, Uncertain, task

Events = list[dict[str, Any]]
ledger = Table("ledger", MetaData(), Column("key", String(80)), Column("what", String(80), nullable=False))
PIECES = 12  # of a streamed answer
PIECE_SECONDS = 0.01  # what making one takes


@functools.cache
def database() -> Engine:
    """Where the ledger is; the test has made it."""
    return create_engine(Settings().database, future=True)


def once(key: str, what: str) -> None:
    """As a back end does that takes keys: under one key it does nothing twice."""
    with database().begin() as connection:
        if not connection.execute(select(ledger).where(ledger.c.key == key)).first():
            connection.execute(insert(ledger).values(key=key, what=what))


def again(what: str) -> None:
    """As a back end does that takes none."""
    with database().begin() as connection:
        connection.execute(insert(ledger).values(what=what))


@task("cancel", title="Cancelling", timeout=10.0, effects=True, keyed=True)
async def cancel(report: Report, what: str) -> str:
    """Returns what was cancelled."""
    await report.progress(1, 2, "asking")
    await asyncio.to_thread(once, report.key, what)
    return what


@task("pay", title="Paying", timeout=10.0, effects=True)
async def pay(report: Report, what: str) -> None:
    """Nobody knows whether it happened, if it breaks off."""
    await asyncio.to_thread(again, what)


def said(tracker: Tracker) -> str:
    """What follows the first word."""
    return str(tracker.latest_message["text"]).partition(" ")[2]


class ActionRemember(Action):
    def name(self) -> str:
        return "action_remember"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        return [SlotSet("name", said(tracker))]


class ActionStream(Action):
    def name(self) -> str:
        return "action_stream"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        async with Reply(dispatcher, tracker) as reply:
            for piece in range(PIECES):
                await asyncio.sleep(PIECE_SECONDS)
                await reply.write(f"{said(tracker)}·é{piece} ")
        return []


class ActionCancel(Action):
    def name(self) -> str:
        return "action_cancel"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        async with Reply(dispatcher, tracker) as reply:
            await reply.write("A moment. ")
            what = await reply.run(cancel, what=f"{tracker.sender_id} {said(tracker)}")
            await reply.write(f"{what.split()[1]} is cancelled.")
        return []


class ActionPay(Action):
    def name(self) -> str:
        return "action_pay"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        async with Reply(dispatcher, tracker) as reply:
            try:
                await reply.run(pay, what=f"{tracker.sender_id} {said(tracker)}")
                await reply.write(f"{said(tracker)} is paid.")
            except Uncertain:
                await reply.write(f"{said(tracker)} may be paid or not.")
        return []


class ActionBooked(Action):
    """Forgets, so that the next booking asks again."""

    def name(self) -> str:
        return "action_booked"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:
        return [SlotSet("town", None), SlotSet("day", None)]
