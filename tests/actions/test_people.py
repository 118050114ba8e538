"""Messages, complaints and ratings: kept once, and only claimed when they are."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Action
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select
from sqlalchemy.engine import Engine

from actions.complaint import ActionComplaint, ValidateComplaintForm
from actions.contact_human_agent import ActionContactHumanAgent, ValidateContactHumanAgentForm, contact_in
from actions.feedback import ActionFeedback, ValidateFeedbackForm
from shop import tables
from tests.support.demo_shop import in_form, message, slots_of, tracker

LONG = "the driver threw the parcel over the fence and left"


async def test_a_message_is_passed_on_once_though_its_turn_is_run_twice(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    given = tracker(message("07700 900123"), contact_message="Please call", contact_detail="07700 900123")
    for _ in range(2):
        await ActionContactHumanAgent().run(dispatcher, given, domain)
    with demo_shop.connect() as connection:
        rows = connection.execute(select(tables.messages)).all()
    assert [(row.text, row.contact) for row in rows] == [("Please call", "07700 900123")]
    assert all(rows[0].reference in said["text"] for said in dispatcher.messages)


async def test_a_complaint_is_filed_and_a_person_offered(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any]
) -> None:
    given = tracker(message(LONG, "complaint"), complaint_text=LONG, order_number="1001")
    left = slots_of(await ActionComplaint().run(dispatcher, given, domain))
    with demo_shop.connect() as connection:
        row = connection.execute(select(tables.messages)).one()
    assert left == {"complaint_text": None, "open_issue": row.reference}
    assert (row.kind, row.text, row.order_number) == ("complaint", LONG, "1001")
    assert dispatcher.messages[0]["buttons"][0] == {"title": "Yes, please", "payload": "/contact_human_agent"}


@pytest.mark.parametrize(("rating", "kind"), [("5", "thank"), ("1", "sorry")])
async def test_a_rating_is_kept_and_answered_by_its_height(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any], rating: str, kind: str
) -> None:
    await ActionFeedback().run(dispatcher, tracker(message(rating), rating=rating), domain)
    with demo_shop.connect() as connection:
        assert connection.execute(select(tables.ratings.c.rating)).scalar() == int(rating)
    assert kind in dispatcher.messages[0]["text"].lower()


@pytest.mark.parametrize(
    ("action", "table", "slots"),
    [
        (ActionContactHumanAgent(), "shop_messages", {"contact_message": "Hello", "contact_detail": "a@example.com"}),
        (ActionComplaint(), "shop_messages", {"complaint_text": LONG}),
        (ActionFeedback(), "shop_ratings", {"rating": "5"}),
    ],
)
async def test_what_could_not_be_kept_is_not_claimed(
    demo_shop: Engine, dispatcher: CollectingDispatcher, domain: dict[str, Any],
    action: Action, table: str, slots: dict[str, Any],
) -> None:  # fmt: skip
    with demo_shop.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {table}")
    await action.run(dispatcher, tracker(message("here"), **slots), domain)
    assert "couldn't" in dispatcher.messages[0]["text"]


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("write to ada@example.com please", "ada@example.com"),
        ("+44 20 7946 0958", "+44 20 7946 0958"),
        ("call me", None),
        ("order 1001", None),
    ],
)
def test_a_contact_is_found_in_a_sentence(text: str, contact: str | None) -> None:
    assert contact_in(text) == contact


@pytest.mark.parametrize(
    ("latest", "asked", "given", "slots"),
    [
        (message("human!", "contact_human_agent"), None, {}, {}),
        (message("human!", "contact_human_agent"), "contact_message", {}, {"contact_message": None}),
        (
            message("where is my order?", "track_order"),
            "contact_message",
            {},
            {"contact_message": "where is my order?"},
        ),
        (
            message("call 07700 900123 about 1001", "track_order"),
            "contact_message",
            {},
            {"contact_message": "call 07700 900123 about 1001", "contact_detail": "07700 900123"},
        ),
        (
            message("it is broken", "nlu_fallback", 0.2),
            "contact_message",
            {"email": "ada@example.com"},
            {"contact_message": "it is broken", "contact_detail": "ada@example.com"},
        ),
        (message("dunno", "inform"), "contact_detail", {"contact_message": "Hi"}, {"contact_detail": None}),
        (message("never mind", "stop"), "contact_message", {}, {}),
    ],
)
async def test_the_contact_form_takes_what_it_can_use(
    dispatcher: CollectingDispatcher, domain: dict[str, Any],
    latest: dict[str, Any], asked: str | None, given: dict[str, Any], slots: dict[str, Any],
) -> None:  # fmt: skip
    form = ValidateContactHumanAgentForm()
    events = await form.run(
        dispatcher, in_form(latest, form.form_name(), {}, **{"requested_slot": asked, **given}), domain
    )
    assert slots_of(events) == slots


@pytest.mark.parametrize(
    ("latest", "asked", "text"),
    [
        (message("I want to complain", "complaint"), None, None),
        (message(LONG, "complaint"), None, LONG),
        (message("you guys are absolutely useless", "complaint"), None, None),
        (message("you're all useless", "complaint"), "complaint_text", None),
        (message("my lamp came broken, nobody answers", "complaint"), None, "my lamp came broken, nobody answers"),
        (message("ada@example.com", "inform"), "complaint_text", None),
        (message("yes please", "affirm"), "complaint_text", None),
        (message("thanks", "thanks"), "complaint_text", None),
        (message("it came late", "track_order", 0.5), "complaint_text", "it came late"),
        (message("no", "deny"), "complaint_text", None),
    ],
)
async def test_the_complaint_is_taken_where_it_is_told(
    dispatcher: CollectingDispatcher,
    domain: dict[str, Any],
    latest: dict[str, Any],
    asked: str | None,
    text: str | None,
) -> None:
    form = ValidateComplaintForm()
    events = await form.run(dispatcher, in_form(latest, form.form_name(), {}, requested_slot=asked), domain)
    assert slots_of(events).get("complaint_text") == text


@pytest.mark.parametrize(("value", "rating"), [("5", "5"), ("five", "5"), ("6", None), ("great", None)])
def test_a_rating_is_one_to_five(dispatcher: CollectingDispatcher, value: str, rating: str | None) -> None:
    assert ValidateFeedbackForm().validate_rating(value, dispatcher, tracker(message(value)), {}) == {"rating": rating}
