"""A worker behind the message queue: keeps every conversation's transcript in SQLite. Take it and make it yours.

    python examples/consumer.py --url amqp://guest:guest@127.0.0.1/ --queue switchboard_log --archive transcripts.db

It acknowledges an entry after the transaction that has its effect, so an entry may come again, after a crash for
instance. It knows each by its conversation, epoch and offset, and has the effect only once. What it cannot read goes to
the queue `<queue>.dead`, for a person to look at. docs/events.md says more.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

logger = logging.getLogger("consumer")

PREFETCH = 100  # entries that RabbitMQ hands over before the first of them is acknowledged
ANSWER_SECONDS = 5.0  # that RabbitMQ has for anything
RECONNECT_SECONDS = 1.0  # between tries to reach a RabbitMQ that has gone
BUSY_SECONDS = 10.0  # how long SQLite waits for another process that writes
LAST_OFFSET = 2**63 - 1  # SQLite has no larger integer

TABLES = """
CREATE TABLE IF NOT EXISTS entries (
    conversation TEXT NOT NULL, epoch TEXT NOT NULL, offset INTEGER NOT NULL, type TEXT NOT NULL, entry TEXT NOT NULL,
    PRIMARY KEY (conversation, epoch, offset)
)
"""


class Unreadable(Exception):
    """Raised for what is no entry of a log."""


@dataclass(frozen=True)
class Entry:
    """An entry of a log; a gap stands where the first missing entry would."""

    conversation: str
    epoch: str
    offset: int
    type: str
    json: str

    @classmethod
    def of(cls, body: bytes) -> Entry:
        """Raises `Unreadable`."""
        try:
            text = body.decode()
            data = json.loads(text)
            offset = int(data["first" if data["type"] == "log.gap" else "offset"])
            names = [str(data[name]) for name in ("conversationId", "epoch", "type")]
            "".join(names).encode()  # JSON has halves of characters, `\ud800`; SQLite does not
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise Unreadable(repr(error)) from error
        if not 0 < offset <= LAST_OFFSET:
            raise Unreadable(f"no log has the offset {offset}")
        return cls(names[0], names[1], offset, names[2], text)


class Archive:
    """Transcripts in SQLite, each entry once. Not for two threads at a time."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(TABLES)

    def add(self, entry: Entry) -> bool:
        """Keep an entry; false if it was there already. Returns when it is on the disk."""
        with self._connection:
            done = self._connection.execute(
                "INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?, ?)",
                (entry.conversation, entry.epoch, entry.offset, entry.type, entry.json),
            )
        return done.rowcount == 1

    def close(self) -> None:
        self._connection.close()


class Consumer:
    """Takes one entry after the other, in the queue's order, until it is cancelled."""

    def __init__(self, url: str, queue: str, archive: Archive) -> None:
        self._url = url
        self._queue = queue
        self._archive = archive

    async def run(self) -> None:
        """Consume, over any number of lost connections: what was not acknowledged comes again."""
        while True:
            try:
                await self._consume()
            except aio_pika.exceptions.CONNECTION_EXCEPTIONS as error:
                logger.warning("RabbitMQ is away: %r", error)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _consume(self) -> None:
        """Until the connection is lost."""
        incoming: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()  # never more than PREFETCH
        connection = await aio_pika.connect(self._url, timeout=ANSWER_SECONDS)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                channel = await connection.channel()
                await channel.set_qos(PREFETCH)
                await channel.declare_queue(self._dead, durable=True)
                queue = await channel.declare_queue(self._queue, durable=True)  # as the relay declares it
                channel.close_callbacks.add(lambda *_: incoming.put_nowait(None))
                await queue.consume(incoming.put)
            while (message := await incoming.get()) and not channel.is_closed:
                await self._handle(message, channel)
        finally:
            async with asyncio.timeout(ANSWER_SECONDS):
                await connection.close()

    @property
    def _dead(self) -> str:
        return f"{self._queue}.dead"

    async def _handle(self, message: AbstractIncomingMessage, channel: AbstractChannel) -> None:
        """The effect first, then the acknowledgement; an error of the effect ends the process, and nothing is lost."""
        try:
            entry = Entry.of(message.body)
        except Unreadable as error:
            logger.error("%s is put aside: %s", message.message_id, error)
            await self._put_aside(message, channel)
        else:
            new = await asyncio.to_thread(self._archive.add, entry)
            logger.info("%s %s %d%s", entry.conversation, entry.type, entry.offset, "" if new else " came again")
        async with asyncio.timeout(ANSWER_SECONDS):  # on a connection that is lost just now it would never end
            await message.ack()

    async def _put_aside(self, message: AbstractIncomingMessage, channel: AbstractChannel) -> None:
        copy = aio_pika.Message(
            message.body,
            headers=message.headers,
            type=message.type,
            message_id=message.message_id,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        async with asyncio.timeout(ANSWER_SECONDS):
            await channel.default_exchange.publish(copy, self._dead)  # returns once RabbitMQ has it


async def main() -> None:
    """Consume until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(description="Keep every conversation's transcript in SQLite.")
    parser.add_argument("--url", default="amqp://guest:guest@127.0.0.1/", help="RabbitMQ")
    parser.add_argument("--queue", default="switchboard_log", help="one of `log_queues` in endpoints.yml")
    parser.add_argument("--archive", type=Path, default=Path("transcripts.db"), help="SQLite file")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    archive = Archive(arguments.archive)
    work = asyncio.ensure_future(Consumer(arguments.url, arguments.queue, archive).run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await work
    finally:
        archive.close()


if __name__ == "__main__":
    asyncio.run(main())
