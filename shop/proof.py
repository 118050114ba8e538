"""Bounded tries at proving an order. It stands before every `ShopClient`, so a team's own back end is covered too.

Wrong pairs are counted in SQL, where nothing that a customer sends can reach. They are counted for the conversation,
and for the order number over all conversations, because a guest can open as many conversations as he likes. An order
number that does not exist is counted like any other, so the count tells nobody whether an order exists.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, insert, or_, select
from sqlalchemy.engine import Connection, Engine

from shop import tables
from shop.client import NotProven, Order, Proof, ShopClient, TriesExhausted
from shop.database import in_transaction, utc_now

TRIES_PER_CONVERSATION = 5
TRIES_PER_ORDER = 20  # leaves room for a household's mistakes, none for guessing e-mail addresses
WINDOW = timedelta(hours=1)


class ProofDesk:
    """Opens orders for those who prove that they are theirs."""

    def __init__(self, engine: Engine, client: ShopClient, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._client = client
        self._clock = clock

    async def open_order(self, proof: Proof, conversation_id: str, attempt: str) -> Order:
        """Return the order. `attempt` names the message: run twice, it counts once.

        Raises `TriesExhausted` without looking when there were too many wrong pairs, right or wrong as this one may
        be; else `NotProven` for a wrong pair, which is counted; and `ShopUnavailable`.
        """
        if await in_transaction(self._engine, lambda connection: self._exhausted(connection, proof, conversation_id)):
            raise TriesExhausted
        try:
            return await self._client.find_order(proof)
        except NotProven:
            await in_transaction(
                self._engine, lambda connection: self._count(connection, proof, conversation_id, attempt)
            )
            raise

    def _exhausted(self, connection: Connection, proof: Proof, conversation_id: str) -> bool:
        table = tables.wrong_proofs
        recent = table.c.tried_at > self._clock() - WINDOW
        here = table.c.conversation_id == conversation_id
        query = select(
            func.count().filter(here), func.count().filter(table.c.order_number == proof.order_number)
        ).where(recent, or_(here, table.c.order_number == proof.order_number))
        in_conversation, on_order = connection.execute(query).one()
        return bool(in_conversation >= TRIES_PER_CONVERSATION or on_order >= TRIES_PER_ORDER)

    def _count(self, connection: Connection, proof: Proof, conversation_id: str, attempt: str) -> None:
        table = tables.wrong_proofs
        known = select(table.c.tried_at).where(table.c.conversation_id == conversation_id, table.c.attempt == attempt)
        if connection.execute(known).first() is None:
            row = {"conversation_id": conversation_id, "attempt": attempt, "order_number": proof.order_number}
            connection.execute(insert(table).values(**row, tried_at=self._clock()))
