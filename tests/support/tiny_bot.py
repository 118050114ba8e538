"""A bot that trains in a second, and its actions, which the action server of the tests imports.

Importing this module imports Rasa's SDK only. `action_cancel` is in `cancelling`, since it needs the example shop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ReminderScheduled, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from switchboard.calling import call_person, enough
from switchboard.reply import Reply
from switchboard.tasks import Cancelled, Report, Unavailable, Uncertain, task

DOMAIN = """
version: "3.1"
intents:
  [greet, choose, stream, crash, slow, wait, talk, cancel, pay, remind, nag, postpone, due, hope, call, who, seek,
   person, order, help]
actions:
  - action_call
  - action_help
  - action_seek
  - action_stream
  - action_crash
  - action_slow
  - action_talk
  - action_cancel
  - action_pay
  - action_remind
forms:
  tea_form: {required_slots: [tea, cups]}
slots:
  tea:
    type: text
    influence_conversation: false
    mappings: [{type: from_text, conditions: [{active_loop: tea_form, requested_slot: tea}]}]
  cups:
    type: text
    influence_conversation: false
    mappings: [{type: from_text, not_intent: help, conditions: [{active_loop: tea_form, requested_slot: cups}]}]
  mood: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  nickname: {type: text, influence_conversation: false, mappings: [{type: custom}]}
  secret: {type: text, influence_conversation: false, mappings: [{type: custom}]}
responses:
  utter_greet:
    - text: "Hello there."
  utter_done:
    - text: "Done."
  utter_who:
    - text: "You are {nickname}."
  utter_person:
    - text: "I call somebody."
      custom: {handoff: {reason: asked, team: tea}}
  utter_handoff_resolved:
    - text: "So that is done."
  utter_ask_tea:
    - text: "Which tea?"
  utter_ask_cups:
    - text: "How many cups?"
  utter_due:
    - text: "It is time."
  utter_choose:
    - text: "Which one?"
      image: "https://shop.example/a.png"
      buttons:
        - {title: "Greet", payload: "/greet"}
        - {title: "Other", payload: "/stream"}
    - text: "Which one, on our channel?"
      channel: switchboard
      buttons:
        - {title: "Greet", payload: "/greet"}
  utter_turn_failed:
    - text: "That went wrong."
      buttons:
        - {title: "Try again", payload: "{message}"}
        - {title: "Talk to a person", payload: "/greet"}
"""

CONFIG = """
recipe: default.v1
assistant_id: tiny
language: en
pipeline:
  - name: WhitespaceTokenizer
  - name: KeywordIntentClassifier
policies:
  - name: RulePolicy
    enable_fallback_prediction: false
"""

DATA = r"""
version: "3.1"
nlu:
  - {intent: greet, examples: "- hello\n- hello please"}
  - {intent: choose, examples: "- choose\n- choose please"}
  - {intent: stream, examples: "- stream\n- stream please"}
  - {intent: crash, examples: "- crash\n- crash please"}
  - {intent: slow, examples: "- slow\n- slow please"}
  - {intent: wait, examples: "- wait\n- wait please"}
  - {intent: talk, examples: "- talk\n- talk please"}
  - {intent: cancel, examples: "- cancel\n- cancel please"}
  - {intent: pay, examples: "- pay\n- pay please"}
  - {intent: remind, examples: "- remind\n- remind please"}
  - {intent: nag, examples: "- nag\n- nag please"}
  - {intent: postpone, examples: "- postpone\n- postpone please"}
  - {intent: hope, examples: "- hope\n- hope please"}
  - {intent: call, examples: "- call me\n- please call me"}
  - {intent: seek, examples: "- seek\n- seek please"}
  - {intent: person, examples: "- a person please\n- a person"}
  - {intent: help, examples: "- help me\n- help me please"}
  - {intent: order, examples: "- order tea\n- order tea please"}
  - {intent: who, examples: "- who am I\n- who am I then"}
rules:
  - {rule: call, steps: [{intent: call}, {action: action_call}, {action: utter_who}]}
  - {rule: help, steps: [{intent: help}, {action: action_help}]}
  - {rule: person, steps: [{intent: person}, {action: utter_person}]}
  - {rule: order, steps: [{intent: order}, {action: tea_form}, {active_loop: tea_form}]}
  - rule: ordered
    condition: [{active_loop: tea_form}]
    steps: [{action: tea_form}, {active_loop: null}, {slot_was_set: [{requested_slot: null}]}, {action: utter_done}]
  - {rule: seek, steps: [{intent: seek}, {action: action_seek}]}
  - {rule: who, steps: [{intent: who}, {action: utter_who}]}
  - {rule: greet, steps: [{intent: greet}, {action: utter_greet}]}
  - {rule: choose, steps: [{intent: choose}, {action: utter_choose}]}
  - {rule: stream, steps: [{intent: stream}, {action: action_stream}]}
  - {rule: crash, steps: [{intent: crash}, {action: utter_greet}, {action: action_crash}]}
  - {rule: slow, steps: [{intent: slow}, {action: action_slow}]}
  - {rule: wait, steps: [{intent: wait}, {action: action_slow}, {action: utter_done}]}
  - {rule: talk, steps: [{intent: talk}, {action: action_talk}]}
  - {rule: cancel, steps: [{intent: cancel}, {action: action_cancel}, {action: utter_greet}]}
  - {rule: pay, steps: [{intent: pay}, {action: action_pay}]}
  - {rule: remind, steps: [{intent: remind}, {action: action_remind}]}
  - {rule: nag, steps: [{intent: nag}, {action: action_remind}]}
  - {rule: hope, steps: [{intent: hope}, {action: action_remind}]}
  - {rule: postpone, steps: [{intent: postpone}, {action: action_remind}, {action: action_slow}]}
  - {rule: due, steps: [{intent: due}, {action: utter_due}]}
"""


OTHER = {"greet": "salute", "utter_done": "utter_end", "Hello there.": "Good day.", "Done.": "This is the end."}


def write(folder: Path, changes: Mapping[str, str] | None = None) -> None:
    """The bot's files; with `OTHER` of another bot that understands the same, and has other names and words for it."""
    for name, text in (("domain.yml", DOMAIN), ("config.yml", CONFIG), ("data.yml", DATA)):
        for old, new in (changes or {}).items():
            text = text.replace(old, new)
        (folder / name).write_text(text)


class ActionStream(Action):
    def name(self) -> str:
        return "action_stream"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        async with Reply(dispatcher, tracker) as reply:
            await reply.write("One, ")
            await reply.write("two, ")
            await reply.write("three.")
            reply.buttons([{"title": "Again", "payload": "/stream"}])
        return []


class ActionCrash(Action):
    def name(self) -> str:
        return "action_crash"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        async with Reply(dispatcher, tracker) as reply:
            await reply.write("So far ")
            raise RuntimeError("a defect of an action")
        return []


class ActionTalk(Action):
    """Talks until it is stopped, and says so in a slot; another slot is nobody's business."""

    def name(self) -> str:
        return "action_talk"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        async with Reply(dispatcher, tracker) as reply:
            await reply.write("So far")
            await asyncio.Event().wait()
        return [SlotSet("mood", "stopped" if reply.stopped else "done"), SlotSet("secret", "hush")]


@task("seek", title="Seeking", timeout=60.0)
async def seek(report: Report) -> str:
    """Finds nothing, and does not give up."""
    await asyncio.Event().wait()
    return "never"


class ActionSeek(Action):
    """Seeks until that is cancelled; asked kindly it has a word for who does."""

    def name(self) -> str:
        return "action_seek"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        async with Reply(dispatcher, tracker) as reply:
            await reply.write("Let me see.")
            try:
                await reply.run(seek)
            except Cancelled:
                if not tracker.latest_message["text"].endswith("please"):
                    raise
                await reply.write(" Never mind.")
        return [SlotSet("mood", "stopped" if reply.stopped else "done")]


class ActionHelp(Action):
    """Calls somebody who is there, or says that nobody is."""

    def name(self) -> str:
        return "action_help"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        if await call_person(dispatcher, tracker, "asked", "utter_person"):
            return enough(tracker)
        dispatcher.utter_message(text="Nobody is there.")
        return []


class ActionCall(Action):
    """Takes the last word for the name of whoever speaks."""

    def name(self) -> str:
        return "action_call"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        return [SlotSet("nickname", tracker.latest_message["text"].split()[-1])]


PAID: list[str] = []  # a ledger of what was paid, in another system that takes no keys


@task("pay", title="Paying", timeout=10.0, effects=True)
async def pay(report: Report, order: str) -> None:
    """An effect that its back end would have again and again."""
    await asyncio.sleep(0)
    PAID.append(order)
    await asyncio.sleep(0)


class ActionPay(Action):
    """Pays, or says why not, or that nobody knows."""

    def name(self) -> str:
        return "action_pay"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        async with Reply(dispatcher, tracker) as reply:
            try:
                await reply.run(pay, order=tracker.latest_message["text"].split()[1])
                await reply.write("It is paid.")
            except Uncertain:
                await reply.write("It may be paid or not.")
            except Unavailable:
                await reply.write("It cannot be paid now.")
        return []


class ActionSlow(Action):
    """Runs until the test sets the gate; says when it has begun. Asked kindly it streams."""

    begun: Any = None
    gate: Any = None

    def name(self) -> str:
        return "action_slow"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        if tracker.latest_message["text"].endswith("please"):
            async with Reply(dispatcher, tracker) as reply:
                await reply.write("At ")
                await self._wait()
                await reply.write("last.")
        else:
            await self._wait()
            dispatcher.utter_message(text="At last.")
        return []

    async def _wait(self) -> None:
        ActionSlow.begun.set()
        await ActionSlow.gate.wait()


SOON = timedelta(seconds=0.05)
REMINDS_OF = {"nag": "remind", "hope": "crash"}  # a reminder that schedules another, and one that fails


class ActionRemind(Action):
    """Has Rasa come back to something soon, under one name in all conversations."""

    def name(self) -> str:
        return "action_remind"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        intent = REMINDS_OF.get(tracker.latest_message["intent"]["name"], "due")
        dispatcher.utter_message(text="I will.")
        return [ReminderScheduled(intent, datetime.now().astimezone() + SOON, name="tea", kill_on_user_message=False)]
