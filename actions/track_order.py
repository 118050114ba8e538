"""Tracking: every parcel of an order, each carrier's answer told as it comes in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from rasa_sdk import Tracker

from actions.orders import OrderAction, OrderForm, credentials, open_order
from actions.voice import TALK_TO_A_PERSON, Voice
from shop.carriers import CarrierError, ParcelPosition, carrier_name
from shop.client import Order, OrderStatus, Parcel
from shop.desk import shop_desk
from switchboard.reply import Reply
from switchboard.tasks import Report, task


@dataclass(frozen=True)
class Tracked:
    """An order, and how many of its parcels' carriers did not answer."""

    order: Order
    silent: int = 0


@task("track_order", title="Tracking your order", timeout=25.0)
async def track_order(report: Report, order_number: str, email: str, conversation_id: str, attempt: str) -> Tracked:
    """Tell where each parcel of a shipped order is, as its carrier answers. A silent carrier fails nothing.

    Raises `Refused` (`wrong_pair`, `too_many_tries`) and `Unavailable`.
    """
    order = await open_order(order_number, email, conversation_id, attempt)
    if order.status is not OrderStatus.shipped or not order.parcels:
        return Tracked(order)
    total = len(order.parcels)
    many = "one parcel" if total == 1 else f"{total} parcels"
    await report.text(f"Order {order.number} ({order.summary}) is on its way, in {many}.\n\n")
    await report.progress(0, total, "Asking " + ", ".join(carrier_name(parcel.carrier) for parcel in order.parcels))
    silent = 0
    asked = [asyncio.create_task(_locate(parcel)) for parcel in order.parcels]
    try:
        for done, answer in enumerate(asyncio.as_completed(asked), start=1):
            parcel, position = await answer
            silent += position is None
            await report.text(_line(parcel, position))
            await report.progress(done, total, _note(parcel, position))
    finally:
        for one in asked:
            one.cancel()
    return Tracked(order, silent)


async def _locate(parcel: Parcel) -> tuple[Parcel, ParcelPosition | None]:
    try:
        return parcel, await shop_desk().carriers.locate(parcel)
    except CarrierError:
        return parcel, None


def _line(parcel: Parcel, position: ParcelPosition | None) -> str:
    start = f"- Parcel {parcel.number}, {parcel.contents}, with {carrier_name(parcel.carrier)}: "
    if position is None:
        return f"{start}they aren't answering just now, so I don't know. Its tracking code is {parcel.tracking_code}.\n"
    return f"{start}{position.status}, last seen in {position.place}, expected {position.expected}.\n"


def _note(parcel: Parcel, position: ParcelPosition | None) -> str:
    return f"{carrier_name(parcel.carrier)} " + ("isn't answering" if position is None else "has answered")


class ValidateTrackOrderForm(OrderForm):
    """Any order can be tracked."""

    flow = "track_order"

    def why_not(self, order: Order) -> str | None:
        return None


class ActionTrackOrder(OrderAction):
    """Says where the order is."""

    flow = "track_order"

    async def act(self, reply: Reply, voice: Voice, tracker: Tracker) -> None:
        tracked: Tracked = await reply.run(track_order, **credentials(tracker))
        order = tracked.order
        if order.status is not OrderStatus.shipped:
            date = f"{order.delivered_at:%-d %B}" if order.delivered_at else "an unknown date"
            await voice.say(f"utter_track_{order.status.value}", number=order.number, summary=order.summary, date=date)
        elif tracked.silent:
            await reply.write("\n")
            await voice.say("utter_track_incomplete")
            reply.buttons([{"title": "Try again", "payload": "/track_order"}, TALK_TO_A_PERSON])
        elif order.parcels:
            await reply.write("\n")
            await voice.say("utter_track_complete")
        else:
            await voice.say("utter_track_shipped", number=order.number, summary=order.summary)
