"""Returns: the reason, a confirmation, then a return is opened."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.conversation import UPSET, intent_of, requested_slot, text_of
from actions.forms import confirmation, free_text, may_answer, repeated_wish
from actions.orders import OrderAction, OrderForm, credentials, open_order, shop_answers
from actions.voice import Voice
from shop.client import Order, Proof, Refund
from shop.database import utc_now
from shop.desk import shop_desk
from shop.rules import why_not_refund
from switchboard.reply import Reply
from switchboard.tasks import Report, task

LONGEST_REASON = 500  # characters, as the shop keeps them
NOT_GIVEN = "not given"
NO_REASON = re.compile(r"\b(?:no|any)(?: \w+)? reason|rather not say|none of your business", re.IGNORECASE)


@task("get_refund", title="Opening your return", timeout=10.0, effects=True, keyed=True)
async def get_refund(
    report: Report, order_number: str, email: str, conversation_id: str, attempt: str, reason: str
) -> Refund:
    """Open a return and return it; one that is open already is returned as it is.

    Raises `Refused` (`wrong_pair`, `too_many_tries`, `not_delivered`, `order_cancelled`, `too_late`) and `Unavailable`.
    """
    await open_order(order_number, email, conversation_id, attempt)
    with shop_answers():
        return await shop_desk().client.request_refund(Proof(order_number, email), reason, report.key)


class ValidateGetRefundForm(OrderForm):
    """Asks for a reason and a confirmation, unless the order can't be returned."""

    flow = "get_refund"
    confirmed = "refund_confirmed"
    explanations: ClassVar[dict[str, str]] = {
        **OrderForm.explanations,
        "refund_reason": "utter_bad_refund_reason",
        "refund_confirmed": "utter_yes_or_no",
    }

    def why_not(self, order: Order) -> str | None:
        return "already_open" if order.refund else why_not_refund(order, utc_now())

    def keeps(self, tracker: Tracker) -> bool:
        """A reason often sounds like a complaint."""
        return requested_slot(tracker) == "refund_reason" and intent_of(tracker) == "complaint"

    def extract_refund_reason(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take the customer's own words where no reason that we know is in them; nobody has to give one."""
        if requested_slot(tracker) != "refund_reason" or tracker.get_slot("refund_reason"):
            return {}
        if intent_of(tracker) == "deny" or NO_REASON.search(text_of(tracker)):
            return {"refund_reason": NOT_GIVEN}
        reason = free_text(tracker)
        told = may_answer(tracker) or intent_of(tracker) in {self.flow, "complaint", UPSET}
        return {"refund_reason": reason} if reason and told else {}

    def validate_refund_reason(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take anything, shortened to what the shop keeps."""
        return {"refund_reason": str(value)[:LONGEST_REASON]}

    def extract_refund_confirmed(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take the same wish once more for a yes."""
        return repeated_wish(tracker, self.flow, "refund_confirmed")

    def validate_refund_confirmed(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        """Take a clear yes or no."""
        return confirmation(self.flow, "refund_confirmed", value, dispatcher, tracker)


class ActionGetRefund(OrderAction):
    """Opens the return that was confirmed."""

    flow = "get_refund"
    answers = ("refund_reason", "refund_confirmed")

    async def act(self, reply: Reply, voice: Voice, tracker: Tracker) -> None:
        if not tracker.get_slot("refund_confirmed"):
            await voice.say("utter_refund_not_opened")
            return
        proven = credentials(tracker)
        reason = str(tracker.get_slot("refund_reason") or NOT_GIVEN)
        refund: Refund = await reply.run(get_refund, **proven, reason=reason)
        await voice.say("utter_refund_opened", reference=refund.reference, email=proven["email"])
