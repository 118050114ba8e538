"""Which broker `endpoints.yml` asks for, and how the relay delivers to it."""

from __future__ import annotations

import asyncio

from rasa.core.brokers import kafka as rasa_kafka
from rasa.core.brokers import pika as rasa_pika
from rasa.core.brokers.broker import EventBroker
from rasa.core.brokers.file import FileEventBroker
from rasa.core.brokers.sql import SQLEventBroker

from switchboard.engine.kafka import KafkaBroker
from switchboard.engine.rabbitmq import RabbitBroker
from switchboard.relay.message import RASA_EVENT, Message
from switchboard.relay.relay import BrokerUnavailable, Publisher


def install() -> None:
    """In this process `type: pika` and `type: kafka` are ours from here on.

    Rasa looks the classes up by these names when it reads `endpoints.yml`. Its own would hold up the start for 100 s
    and then end it, if RabbitMQ is away.
    """
    rasa_pika.PikaEventBroker = RabbitBroker
    rasa_kafka.KafkaEventBroker = KafkaBroker


def publisher_of(broker: EventBroker | None) -> Publisher | None:
    """How to deliver to a broker that Rasa has made, if there is one."""
    if broker is None or isinstance(broker, (RabbitBroker, KafkaBroker)):
        return broker
    return AnyBroker(broker)


class AnyBroker:
    """A broker that knows Rasa's interface only: it gets Rasa's events, and has them when `publish` returns."""

    types = frozenset({RASA_EVENT})

    def __init__(self, broker: EventBroker) -> None:
        self._broker = broker
        self._blocks = isinstance(broker, (SQLEventBroker, FileEventBroker))

    async def deliver(self, message: Message) -> None:
        """See `Publisher`."""
        try:
            if self._blocks:
                await asyncio.to_thread(self._broker.publish, message.body)
            else:
                self._broker.publish(message.body)
        except Exception as error:  # the edge to anybody's code
            raise BrokerUnavailable(f"{type(self._broker).__name__}: {error!r}") from error
