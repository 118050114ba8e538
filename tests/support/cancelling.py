"""The tiny bot's action that cancels an order of the example shop. To import it is to have it."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from shop.client import Proof
from shop.desk import shop_desk
from switchboard.reply import Reply
from switchboard.tasks import Report, task

EMAIL = "ada@example.com"


@task("cancel", title="Cancelling", timeout=10.0, effects=True, keyed=True)
async def cancel(report: Report, order: str) -> str:
    """The shop's real cancellation, which puts every effect on a ledger. Returns the order's number."""
    return (await shop_desk().client.cancel_order(Proof(order, EMAIL), report.key)).number


class ActionCancel(Action):
    """Cancels the order that the message names, and says so in a streamed reply."""

    def name(self) -> str:
        return "action_cancel"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        async with Reply(dispatcher, tracker) as reply:
            await reply.write("A moment. ")
            number = await reply.run(cancel, order=tracker.latest_message["text"].split()[1])
            await reply.write(f"Order {number} is cancelled.")
        return [SlotSet("mood", f"without order {number}")]
