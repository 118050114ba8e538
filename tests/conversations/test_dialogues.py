"""Whole conversations: the trained model, the real actions, a real database. `rasa test` runs no action; this does.

Each is a list of what the customer says and what must be in the answer; `!` marks what must not be.
"""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from shop import tables

pytestmark = pytest.mark.timeout(300)  # importing Rasa and, where no current model is there, training

Dialogue = list[tuple[str, tuple[str, ...]]]

DIALOGUES: dict[str, Dialogue] = {
    "tracking step by step, then the next order": [
        ("hey, wheres my stuff", ("order number",)),
        ("1001", ("e-mail",)),
        ("ada@example.com", ("SwiftPost: out for delivery", "Parcelo: in transit", "aren't answering")),
        ("and 1003?", ("was delivered", "!e-mail")),
    ],
    "cancelling in one message, a question, and a clear yes": [
        ("cancel order 1002, ada@example.com", ("two linen cushions", "cancel")),
        ("wait, how long does delivery take?", ("working days", "two linen cushions")),
        ("maybe", ("yes or", "two linen cushions", "!Done", "!I've cancelled")),
        ("yes", ("44.00",)),
        ("cancel order 1002", ("already cancelled",)),
    ],
    "cancelling what has left": [
        ("pls cancel 1001, ada@example.com", ("can't cancel", "!Shall I")),
    ],
    "the other order at the confirmation": [
        ("cancel order 1002, ada@example.com", ("two linen cushions",)),
        ("no, the other order", ("number",)),
        ("1004", ("already cancelled",)),
    ],
    "never mind": [
        ("I want to cancel my order", ("number",)),
        ("never mind", ("nothing",)),
        ("no", ("!stopped",)),
    ],
    "a return with a reason in own words": [
        ("i want my money back", ("number",)),
        ("1003, ada@example.com", ("few words",)),
        ("it's a bit smaller than I thought it would be", ("stoneware vase",)),
        ("yes please", ("R-1003", "ada@example.com")),
        ("return order 1003", ("R-1003", "already")),
    ],
    "a return that is too late": [
        ("refund 1006 grace@example.com", ("30 days",)),
    ],
    "another address, corrected": [
        ("change the address of order 1001", ("e-mail",)),
        ("sorry, I meant 1002", ("e-mail",)),
        ("ada@example.com", ("treet",)),
        ("how much is delivery?", ("£3.95", "treet")),
        ("somewhere nice", ("12 Byron Row",)),
        ("5 High Street, Cambridge CB1 2AB", ("5 High Street, Cambridge CB1 2AB",)),
        ("yes", ("1002", "5 High Street")),
    ],
    "everything about a new address in one message": [
        (
            "change the address of order 1002, ada@example.com, to 5 High Street, Cambridge CB1 2AB",
            ("5 High Street, Cambridge CB1 2AB", "?"),
        ),
        ("no", ("stays",)),
    ],
    "another wish in the middle of a form": [
        ("cancel my order", ("number",)),
        ("track order 1007, grace@example.com", ("reading lamp", "SwiftPost", "!cancel")),
    ],
    "a wrong pair, the same answer, and an end to it": [
        ("track order 1001", ("e-mail",)),
        ("eve@example.com", ("together", "number")),
        ("9999, eve@example.com", ("together",)),
        ("1001, eve@example.com", ("together",)),
        ("1002, eve@example.com", ("together",)),
        ("1003, eve@example.com", ("together",)),
        ("1001, ada@example.com", ("too many tries", "!SwiftPost")),
        ("track order 1001, ada@example.com", ("too many tries", "!SwiftPost")),
    ],
    "not understood, twice": [
        ("glorp fnord zzyx", ("!person",)),
        ("zzyx wubble krrt", ("message",)),
        ("yes", ("tell them",)),
    ],
    "a complaint, then a person": [
        ("your driver threw my parcel over the fence and drove off", ("C-",)),
        ("yes please", ("?",)),
        ("somebody should ring me about it", ("phone number",)),
        ("07700 900123", ("M-", "07700 900123")),
    ],
    "no number at hand": [
        ("track my order", ("number",)),
        ("I don't know my order number", ("confirmation e-mail",)),
    ],
    "goodbye and a rating": [
        ("bye", ("how",)),
        ("2 stars", ("sorry",)),
        ("no thanks", ("!stopped",)),
    ],
    "a payment": [
        ("my card got declined", ("bank",)),
        ("trouble paying", ("What happened",)),
        ("I was charged twice", ("reservation",)),
    ],
    "a greeting with a remark": [
        ("evening! quick one", ("!mean", "!feedback", "an I")),
    ],
    "what was bought, with its number": [
        ("what's happening with the desk i bought, no. 1001", ("e-mail", "!mean")),
    ],
    "cancelling, and the wish repeated at the confirmation": [
        ("cancel order 1002, ada@example.com", ("two linen cushions",)),
        ("no wait, what happens if I cancel?", ("two linen cushions", "!44.00")),
        ("maybe cancel it later", ("!44.00", "two linen cushions")),
        ("ok go ahead and cancel", ("44.00",)),
    ],
    "the same message, sent twice": [
        ("cancel order 1002, ada@example.com", ("two linen cushions",)),
        ("cancel order 1002, ada@example.com", ("two linen cushions", "!44.00")),
    ],
    "don't, at the confirmation": [
        ("cancel order 1002, ada@example.com", ("two linen cushions",)),
        ("please don't cancel my order", ("!44.00",)),
    ],
    "cancelling, and the wish repeated with the number": [
        ("cancel order 1002, ada@example.com", ("two linen cushions",)),
        ("cancel 1002", ("44.00",)),
    ],
    "cancelling, and the wish repeated with another number": [
        ("cancel order 1002, ada@example.com", ("two linen cushions",)),
        ("cancel 1001 please", ("!44.00", "already left")),
    ],
    "a return, and the wish repeated": [
        ("return order 1003, ada@example.com, it is broken", ("stoneware vase",)),
        ("just go ahead and return it", ("R-1003",)),
    ],
    "a goodbye in a form": [
        ("cancel order 1002, ada@example.com", ("two linen cushions",)),
        ("ta, bye", ("nothing", "!two linen cushions")),
        ("yes", ("!44.00",)),
    ],
    "a yes is no reason for a return": [
        ("return order 1003, ada@example.com", ("few words",)),
        ("yes please", ("no reason", "!stoneware vase")),
        ("no particular reason", ("stoneware vase",)),
    ],
    "no reason for a return": [
        ("return order 1003, ada@example.com", ("few words",)),
        ("no", ("stoneware vase",)),
        ("thanks, bye", ("nothing", "!stoneware vase")),
    ],
    "an insult": [
        ("you guys are absolutely useless", ("sorry", "message", "!C-", "!mean")),
        ("yes", ("tell them",)),
        ("the sofa never came", ("phone number",)),
        ("ada@example.com", ("M-", "ada@example.com")),
    ],
    "an insult, and no message": [
        ("fuck off you stupid bot", ("sorry", "message")),
        ("no", ("!stopped",)),
        ("where is order 1001, ada@example.com", ("SwiftPost",)),
    ],
    "an insult with a complaint": [
        ("the driver left my new sofa in the rain, you bloody idiots", ("C-", "!message")),
    ],
    "anger in a form, which goes on": [
        ("cancel my order", ("number",)),
        ("THIS IS BULLSHIT!!!", ("sorry", "message", "number")),
        ("1002, ada@example.com", ("two linen cushions",)),
        ("you idiots", ("sorry", "message", "two linen cushions", "!44.00")),
        ("yes", ("44.00",)),
    ],
    "an answer in anger": [
        ("track my order", ("number",)),
        ("1001, you useless idiots", ("e-mail", "!message")),
        ("ada@example.com, are you even reading this", ("SwiftPost",)),
    ],
    "a message in anger": [
        ("human please", ("tell them",)),
        ("your driver is a fucking idiot, he broke my lamp", ("phone number",)),
        ("I don't give a shit", ("sorry", "phone number")),
        ("07700 900123", ("M-",)),
    ],
    "an angry reason for a return": [
        ("return order 1003, ada@example.com", ("few words",)),
        ("because it is a piece of crap", ("stoneware vase",)),
    ],
    "an address that sounds like a greeting": [
        ("change the address of order 1002, ada@example.com", ("treet",)),
        ("14 Mill Lane", ("town",)),
        ("York YO1 7HH", ("York YO1 7HH", "14 Mill Lane")),
        ("yes change it please", ("14 Mill Lane", "1002", "!?")),
    ],
    "a complaint without content, then more of it": [
        ("I want to complain", ("sorry",)),
        ("you're all useless", ("!C-",)),
        ("the courier swore at my wife", ("C-",)),
    ],
    "a question is no complaint": [
        ("do you deliver on sundays", ("Sundays",)),
        ("and how much would that be for spain", ("£3.95", "!C-")),
    ],
    "why not is no clear yes": [
        ("cancel order 1002, ada@example.com", ("two linen cushions",)),
        ("why not", ("two linen cushions", "!44.00")),
        ("i don't need it, cancel", ("two linen cushions", "!44.00")),
    ],
    "a complaint in few words": [
        ("the lamp came broken and nobody answers!!", ("C-", "!tell me")),
    ],
    "delivery on a Saturday, and what it costs how fast": [
        ("do you deliver on saturdays?", ("Saturdays",)),
        ("how much is postage to Ireland and how fast", ("£3.95", "2 to 4 working days")),
    ],
}  # fmt: skip

# Of somebody who has tracked order 1001 before, somewhere else.
KNOWN_DIALOGUES: dict[str, Dialogue] = {
    "the order of last time": [
        ("where is my order?", ("order 1001?", "!e-mail")),
        ("yes please", ("SwiftPost: out for delivery", "!e-mail")),
        ("where is it now?", ("SwiftPost: out for delivery", "!?")),
    ],
    "another order, with the same address": [
        ("where is my order?", ("order 1001?",)),
        ("no", ("order number", "!1001?")),
        ("1003", ("was delivered", "!e-mail")),
    ],
    "another order, by the button": [
        ("where is my order?", ("order 1001?",)),
        ("/other_order", ("order number", "!order 1001?")),
        ("how long does delivery take?", ("working days", "order number", "!order 1001?")),
        ("never mind", ("nothing",)),
        ("cancel my order", ("order number", "!order 1001?")),
    ],
    "a question before the answer": [
        ("where is my order?", ("order 1001?",)),
        ("how long does delivery take?", ("working days", "order 1001?")),
        ("/affirm", ("SwiftPost",)),
    ],
    "another order at once": [
        ("cancel order 1002", ("two linen cushions", "!1001", "!e-mail")),
        ("no", ("!44.00",)),
    ],
    "somebody else's order": [
        ("track order 1005", ("together", "!1001?")),
        ("1005", ("e-mail",)),
        ("ada@example.com", ("together", "!cancel")),
    ],
    "a number in the answer": [
        ("where is my order?", ("order 1001?",)),
        ("no, 1003", ("was delivered",)),
    ],
    "what is known, and forgotten": [
        ("what do you know about me?", ("1001", "a…@example.com", "!ada@example.com", "forget")),
        ("yes", ("forgotten",)),
        ("where is my order?", ("order number", "!order 1001?")),
        ("what do you know about me?", ("nothing", "!1001?")),
    ],
    "what is known, in the middle of a form": [
        ("cancel order 1002", ("two linen cushions",)),
        ("what do you know about me?", ("1001", "two linen cushions")),
        ("yes", ("44.00",)),
    ],
}  # fmt: skip

# Variations say the same in other words; these words stand for whatever a variation says.
SYNONYMS = {"tell them": ("tell them", "about"), "stays": ("stays", "haven't changed"), "yes or": ("yes or", "a yes")}


@pytest.mark.parametrize("name", DIALOGUES)
async def test_a_conversation_goes_as_it_should(demo_shop: Engine, name: str) -> None:
    await hold(uuid.uuid4().hex, DIALOGUES[name])


@pytest.mark.parametrize("name", KNOWN_DIALOGUES)
async def test_a_conversation_with_somebody_who_is_known_goes_as_it_should(demo_shop: Engine, name: str) -> None:
    from tests.support.assistant import assistant

    conversation = uuid.uuid4().hex
    await assistant().know(conversation, last_order="1001", last_email="ada@example.com")
    await hold(conversation, KNOWN_DIALOGUES[name])


async def hold(conversation: str, dialogue: Dialogue) -> None:
    from tests.support.assistant import assistant

    for text, expectations in dialogue:
        messages = await assistant().say(conversation, text)
        answer = "\n".join(message.get("text") or "" for message in messages)
        assert answer, f"no answer to {text!r}"
        for expected in expectations:
            if expected.startswith("!"):
                assert expected[1:] not in answer, f"{text!r} was answered {answer!r}"
            else:
                choices = SYNONYMS.get(expected, (expected,))
                assert any(choice in answer for choice in choices), f"{text!r} was answered {answer!r}"


async def test_a_slot_that_a_payload_sets_opens_no_order(demo_shop: Engine) -> None:
    from tests.support.assistant import assistant

    conversation = uuid.uuid4().hex
    crafted = (
        '/cancel_order{"order_number": "1005", "email": "eve@example.com", "cancel_confirmed": true, "refusal": null}'
    )
    for text in (crafted, "/affirm", "yes"):
        await assistant().say(conversation, text)
    with demo_shop.connect() as connection:
        status = select(tables.orders.c.status).where(tables.orders.c.number == "1005")
        assert connection.execute(status).scalar() == "processing"
