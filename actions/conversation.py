"""What a tracker says about the latest message and what came before it."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from rasa_sdk import Tracker

# Confidence from which an intent moves a form: starts another flow, interrupts it with a question, or confirms an
# effect. Below it, a message is taken for an attempt at answering the form's question.
SURE = 0.6
UPSET = "upset"  # the intent that TemperClassifier gives to messages of whoever is angry or abusive
NAMELESS = "Guest"  # what the chat calls somebody who has said no name
LONGEST_NAME = 40  # characters of it that we say
MARKUP = re.compile(r"[*_`~\[\]()<>{}|#!\\/:@&]|\.(?=\S)")  # in a group others read it: a name is no link


def author_of(tracker: Tracker) -> str | None:
    """Return the id of whoever wrote the latest message, as the chat has made sure of; `None` outside of a chat."""
    author = ((tracker.latest_message or {}).get("metadata") or {}).get("author")
    return str(author) if author else None


def in_company(tracker: Tracker) -> bool:
    """True if other customers read what we say."""
    return ((tracker.latest_message or {}).get("metadata") or {}).get("in_company") is True


def author_before(tracker: Tracker) -> str | None:
    """Return the id of whoever wrote the message before the latest one, which the bot's last words answer."""
    users = [event for event in tracker.events if event.get("event") == "user"]
    author = (users[-2].get("metadata") or {}).get("author") if len(users) > 1 else None
    return str(author) if author else None


def name_of(tracker: Tracker) -> str | None:
    """Return the name of whoever wrote the latest message, in a group too; `None` for a guest without one."""
    given = ((tracker.latest_message or {}).get("metadata") or {}).get("author_name")
    visible = "".join(" " if unicodedata.category(each) == "Cf" else each for each in str(given or ""))
    name = " ".join(MARKUP.sub(" ", visible).split())[:LONGEST_NAME].strip()
    return None if name in ("", NAMELESS) else name


def intent_of(tracker: Tracker) -> str | None:
    """Return the latest message's intent."""
    name: str | None = (tracker.latest_message or {}).get("intent", {}).get("name")
    return name


def confidence_of(tracker: Tracker) -> float:
    """Return how sure the classifier is of the latest message's intent, from 0 to 1."""
    return float((tracker.latest_message or {}).get("intent", {}).get("confidence") or 0.0)


def confidence_in(tracker: Tracker, *intents: str) -> float:
    """Return how sure the classifier is that the latest message has one of the intents, from 0 to 1."""
    ranking = (tracker.latest_message or {}).get("intent_ranking") or []
    return sum(float(ranked.get("confidence") or 0.0) for ranked in ranking if ranked.get("name") in intents)


def beneath(tracker: Tracker) -> str | None:
    """Return the likeliest intent of whoever is upset, beside that."""
    ranking = (tracker.latest_message or {}).get("intent_ranking") or []
    return next((str(ranked["name"]) for ranked in ranking if ranked.get("name") != UPSET), None)


def text_of(tracker: Tracker) -> str:
    """Return the latest message's text, without space around it."""
    return str((tracker.latest_message or {}).get("text") or "").strip()


def entity_of(tracker: Tracker, entity: str) -> str | None:
    """Return the latest message's value of the entity, the last one if there are several."""
    values = [str(value) for value in tracker.get_latest_entity_values(entity)]
    return values[-1] if values else None


def message_id_of(tracker: Tracker) -> str:
    """Return a name for the latest message that is the same when its turn is run again."""
    given = (tracker.latest_message or {}).get("message_id")
    turns = sum(event.get("event") == "user" for event in tracker.events)
    return str(given or f"turn-{turns}")


def requested_slot(tracker: Tracker) -> str | None:
    """Return what the active form has asked for; `None` while a form is only starting."""
    slot: str | None = tracker.get_slot("requested_slot")
    return slot


def slot_before(tracker: Tracker, slot: str) -> str | None:
    """Return the slot's value before the latest message, `None` if it had none."""
    users = [index for index, event in enumerate(tracker.events) if event.get("event") == "user"]
    earlier = reversed(tracker.events[: users[-1]] if users else [])
    values = (event.get("value") for event in earlier if event.get("event") == "slot" and event.get("name") == slot)
    value = next(values, None)
    return None if value is None else str(value)


def text_before(tracker: Tracker) -> str | None:
    """Return the text of the message before the latest one, `None` if there is none."""
    texts = [str(event.get("text") or "").strip() for event in tracker.events if event.get("event") == "user"]
    return texts[-2] if len(texts) > 1 else None


def events_of_last_turn(tracker: Tracker) -> list[dict[str, Any]]:
    """Return what happened between the latest message and the one before it, oldest first."""
    users = [index for index, event in enumerate(tracker.events) if event.get("event") == "user"]
    if not users:
        return []
    start = users[-2] + 1 if len(users) > 1 else 0
    return list(tracker.events[start : users[-1]])


def last_buttons(tracker: Tracker) -> list[dict[str, str]]:
    """Return the buttons of the last message that the bot sent before the latest one."""
    for event in reversed(events_of_last_turn(tracker)):
        if event.get("event") == "bot":
            return list((event.get("data") or {}).get("buttons") or [])
    return []
