"""Cancelling an order, after asking for confirmation."""

from __future__ import annotations

from typing import Any, ClassVar

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.forms import confirmation, repeated_wish
from actions.orders import OrderAction, OrderForm, credentials, open_order, shop_answers
from actions.voice import Voice
from shop.client import Order, OrderStatus, Proof
from shop.desk import shop_desk
from shop.rules import why_not_cancel
from switchboard.reply import Reply
from switchboard.tasks import Report, task


@task("cancel_order", title="Cancelling your order", timeout=10.0, effects=True, keyed=True)
async def cancel_order(report: Report, order_number: str, email: str, conversation_id: str, attempt: str) -> Order:
    """Cancel the order and return it; one that is cancelled already is returned as it is.

    Raises `Refused` (`wrong_pair`, `too_many_tries`, `already_shipped`, `already_delivered`) and `Unavailable`.
    """
    await open_order(order_number, email, conversation_id, attempt)
    with shop_answers():
        return await shop_desk().client.cancel_order(Proof(order_number, email), report.key)


class ValidateCancelOrderForm(OrderForm):
    """Asks for confirmation, unless the order can't be cancelled."""

    flow = "cancel_order"
    confirmed = "cancel_confirmed"
    explanations: ClassVar[dict[str, str]] = {**OrderForm.explanations, "cancel_confirmed": "utter_yes_or_no"}

    def why_not(self, order: Order) -> str | None:
        return "already_cancelled" if order.status is OrderStatus.cancelled else why_not_cancel(order)

    def extract_cancel_confirmed(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take the same wish once more for a yes."""
        return repeated_wish(tracker, self.flow, "cancel_confirmed")

    def validate_cancel_confirmed(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take a clear yes or no."""
        return confirmation(self.flow, "cancel_confirmed", value, dispatcher, tracker)


class ActionCancelOrder(OrderAction):
    """Cancels what was confirmed."""

    flow = "cancel_order"
    answers = ("cancel_confirmed",)

    async def act(self, reply: Reply, voice: Voice, tracker: Tracker) -> None:
        if not tracker.get_slot("cancel_confirmed"):
            await voice.say("utter_not_cancelled")
            return
        order: Order = await reply.run(cancel_order, **credentials(tracker))
        await voice.say("utter_cancelled", number=order.number, price=order.price)
