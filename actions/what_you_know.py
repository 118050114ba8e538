"""What the bot remembers of whoever asks, and how to have it forgotten."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.conversation import author_before, author_of, in_company, intent_of, name_of, text_of
from actions.orders import PAIR, last_proof
from actions.voice import Voice
from switchboard.log.errors import ArchiveUnavailable
from switchboard.reply import Reply
from switchboard.runtime import runtime
from switchboard.tasks import Report, TaskError, Unavailable, task

REMEMBERED = ("last_order", "last_email", "open_issue")  # as `remember` in credentials.yml names them


def is_known(tracker: Tracker) -> bool:
    """True if anything is remembered of whoever speaks."""
    return any(tracker.get_slot(slot) for slot in REMEMBERED)


def masked(email: str) -> str:
    """Return "a…@example.com": its owner knows it again, and in a group nobody else learns it."""
    user, _, host = email.partition("@")
    return f"{user[:1]}…@{host}"


def answers_an_offer(tracker: Tracker) -> bool:
    """True if the latest message presses a button or says yes, and does not ask by itself."""
    return text_of(tracker).startswith("/") or intent_of(tracker) == "affirm"


@task("forget_me", title="Forgetting", timeout=10.0, effects=True, keyed=True)
async def forget_me(report: Report, person: str) -> None:
    """Have all forgotten that is remembered of a person; once more does no harm. Raises `Unavailable`."""
    memory = runtime().memory
    if memory is None:
        raise Unavailable("memory")
    try:
        await memory.forget(person)
    except ArchiveUnavailable as error:
        raise Unavailable("memory") from error


class ActionWhatYouKnow(Action):
    """Tells it, and offers to forget it."""

    def name(self) -> str:
        return "action_what_you_know"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        async with Reply(dispatcher, tracker) as reply:
            voice = Voice(reply, domain)
            if in_company(tracker):
                await voice.say("utter_know_in_company")
                return []
            if name := name_of(tracker):
                await voice.say("utter_know_name", name=name)
                await reply.write("\n")
            if not is_known(tracker):
                await voice.say("utter_know_nothing")
                return []
            if proof := last_proof(tracker):
                await voice.say("utter_know_order", number=proof.order_number, email=masked(proof.email))
                await reply.write("\n")
            if issue := tracker.get_slot("open_issue"):
                await voice.say("utter_know_issue", reference=issue)
                await reply.write("\n")
            await voice.say("utter_offer_to_forget")
        return []


class ActionForgetMe(Action):
    """Forgets it, here and in the memory."""

    def name(self) -> str:
        return "action_forget_me"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        person = author_of(tracker)
        if answers_an_offer(tracker) and author_before(tracker) != person:
            return await ActionWhatYouKnow().run(dispatcher, tracker, domain)  # it was somebody else who was asked
        async with Reply(dispatcher, tracker) as reply:
            voice = Voice(reply, domain)
            try:
                if person:
                    await reply.run(forget_me, person=person)
                await voice.say("utter_forgotten")
            except TaskError:
                await voice.say("utter_not_forgotten")
                return []
        return [SlotSet(slot, None) for slot in dict.fromkeys((*PAIR, *REMEMBERED))]
