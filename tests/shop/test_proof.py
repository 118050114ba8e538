"""Tries are bounded, and their count tells nobody whether an order exists."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from shop.client import NotProven, Proof, TriesExhausted
from shop.database import DatabaseShop
from shop.proof import TRIES_PER_CONVERSATION, TRIES_PER_ORDER, WINDOW, ProofDesk
from tests.support.demo_shop import Clock

RIGHT = Proof("1001", "ada@example.com")
WRONG = Proof("1001", "eve@example.com")
UNKNOWN = Proof("9999", "eve@example.com")


@pytest.fixture
def desk(engine: Engine, clock: Clock) -> ProofDesk:
    return ProofDesk(engine, DatabaseShop(engine), clock)


async def fail(desk: ProofDesk, proof: Proof, conversation: str, times: int) -> None:
    for number in range(times):
        with pytest.raises(NotProven):
            await desk.open_order(proof, conversation, f"m{number}")


async def test_the_right_pair_opens_the_order_as_often_as_you_like(desk: ProofDesk) -> None:
    for number in range(2 * TRIES_PER_CONVERSATION):
        assert (await desk.open_order(RIGHT, "c_1", f"m{number}")).number == "1001"


@pytest.mark.parametrize("proof", [WRONG, UNKNOWN])
async def test_after_five_wrong_pairs_even_the_right_one_is_not_looked_at(desk: ProofDesk, proof: Proof) -> None:
    await fail(desk, proof, "c_1", TRIES_PER_CONVERSATION)
    with pytest.raises(TriesExhausted):
        await desk.open_order(RIGHT, "c_1", "right")
    assert (await desk.open_order(RIGHT, "c_2", "right")).number == "1001"


@pytest.mark.parametrize("proof", [WRONG, UNKNOWN])
async def test_opening_new_conversations_does_not_help(desk: ProofDesk, proof: Proof) -> None:
    for number in range(TRIES_PER_ORDER):
        await fail(desk, proof, f"c_{number}", 1)
    with pytest.raises(TriesExhausted):
        await desk.open_order(proof, "c_new", "m")


async def test_a_message_that_is_run_again_counts_once(desk: ProofDesk) -> None:
    for _ in range(TRIES_PER_CONVERSATION + 1):
        await fail(desk, WRONG, "c_1", 1)
    assert (await desk.open_order(RIGHT, "c_1", "right")).number == "1001"


async def test_tries_come_back_with_time(desk: ProofDesk, clock: Clock) -> None:
    await fail(desk, WRONG, "c_1", TRIES_PER_CONVERSATION)
    clock.forward(WINDOW + timedelta(seconds=1))
    assert (await desk.open_order(RIGHT, "c_1", "right")).number == "1001"
