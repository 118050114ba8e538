"""A real RabbitMQ for all tests of the folder, and names of their own for each."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aio_pika
import pytest

from switchboard.log.dialogue import Dialogues, DialogueUpdate
from switchboard.log.log import Log
from tests.support.people import message, start
from tests.support.rabbitmq import RabbitServer, require_rabbitmq

Incoming = aio_pika.abc.AbstractIncomingMessage


@pytest.fixture(scope="session")
def rabbit_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    require_rabbitmq()
    server = RabbitServer(tmp_path_factory.mktemp("rabbitmq"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@dataclass
class Rabbit:
    """The broker of one test: `settings` are those of an `event_broker` in `endpoints.yml`."""

    server: RabbitServer
    settings: dict[str, Any]
    events: str  # the queue of Rasa's events
    log: str  # the queue of the log's entries


@pytest.fixture
def rabbit(rabbit_server: RabbitServer) -> Rabbit:
    rabbit_server.start()  # after a test that has failed while it was killed
    name = uuid.uuid4().hex[:8]
    settings = {
        "type": "pika",
        "url": "127.0.0.1",
        "port": rabbit_server.port,
        "username": "guest",
        "password": "guest",
        "exchange_name": f"exchange_{name}",
        "queues": [f"events_{name}"],
        "log_queues": [f"log_{name}"],
    }
    return Rabbit(rabbit_server, settings, f"events_{name}", f"log_{name}")


class Traffic:
    """Conversations that go on, and what a broker must get of them."""

    def __init__(self, log: Log, conversations: int) -> None:
        self._log = log
        self._dialogues = Dialogues(log.redis)
        self.conversations = [f"c_{number}" for number in range(conversations)]

    async def begin(self) -> None:
        for conversation in self.conversations:
            await start(self._log, conversation)

    async def more(self, count: int) -> None:
        """So many entries and events in each conversation, by turns."""
        for number in range(count):
            for conversation in self.conversations:
                await self._log.publish(conversation, message(f"text {number}"))
            await self.more_events([{"event": "user", "timestamp": number, "text": f"text {number}"}])

    async def more_events(self, events: list[dict[str, Any]]) -> None:
        for conversation in self.conversations:
            await self._dialogues.append(conversation, DialogueUpdate(tuple(json.dumps(event) for event in events)))

    async def entries(self) -> dict[str, list[dict[str, Any]]]:
        """Of each conversation, as the log has them."""
        return {
            name: [json.loads(line.json) for line in await self._log.read(name, 0, count=10_000)]
            for name in self.conversations
        }

    async def events(self) -> dict[str, list[dict[str, Any]]]:
        """Of each conversation, as Rasa's tracker has them."""
        return {
            name: [json.loads(event) for event in await self._dialogues.read_all(name)] for name in self.conversations
        }


def first_of_each(messages: list[Incoming]) -> dict[str, list[dict[str, Any]]]:
    """The bodies by conversation, in the order in which they first came; an id that comes again says the same."""
    seen: dict[str | None, bytes] = {}
    bodies: dict[str, list[dict[str, Any]]] = {}
    for incoming in messages:
        if incoming.message_id in seen:
            assert seen[incoming.message_id] == incoming.body
        else:
            seen[incoming.message_id] = incoming.body
            bodies.setdefault(str(incoming.headers["conversation"]), []).append(json.loads(incoming.body))
    return bodies
