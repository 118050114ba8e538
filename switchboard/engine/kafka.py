"""Rasa's Kafka broker, with every message confirmed. What `type: kafka` in `endpoints.yml` means here."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from typing import Any

from confluent_kafka import KafkaError, Producer
from rasa.core.brokers.kafka import KafkaEventBroker

from switchboard.relay.message import LOG_ENTRY, LOG_GAP, RASA_EVENT, Message
from switchboard.relay.relay import BrokerUnavailable

logger = logging.getLogger(__name__)

DELIVERY_SECONDS = 30  # after which the library gives a message up, and says so


class KafkaBroker(KafkaEventBroker):
    """Takes Rasa's settings, and `log_topic`: the topic of the log's entries. Without it these are left out.

    The key of every message is its conversation, since Kafka keeps order within a key only (`partition_by_sender` or
    not). Rasa's own broker sleeps on the event loop while Kafka is away, and never hears what became of a message.
    """

    producer: Any  # of the library, once there is something to deliver

    def __init__(self, *args: Any, log_topic: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.log_topic = log_topic
        self._polling: threading.Thread | None = None

    @property
    def types(self) -> frozenset[str]:
        """See `Publisher`."""
        return frozenset({RASA_EVENT, LOG_ENTRY, LOG_GAP} if self.log_topic else {RASA_EVENT})

    async def deliver(self, message: Message) -> None:
        """Returns once Kafka has the message in all its in-sync replicas. Raises `BrokerUnavailable`."""
        loop = asyncio.get_running_loop()
        confirmed: asyncio.Future[None] = loop.create_future()

        def report(error: KafkaError | None, _: object) -> None:
            loop.call_soon_threadsafe(_settle, confirmed, error)

        try:
            self._running_producer().produce(
                self.topic if message.type == RASA_EVENT else str(self.log_topic),
                value=json.dumps(message.body).encode(),
                key=message.conversation.encode(),
                headers=self._headers(message),
                on_delivery=report,
            )
            async with asyncio.timeout(2 * DELIVERY_SECONDS):
                await confirmed
        except Exception as error:  # the edge to the library: a full buffer, a refusal, a time-out
            raise BrokerUnavailable(f"Kafka has not confirmed: {error!r}") from error

    def _headers(self, message: Message) -> list[tuple[str, str | bytes | None]]:
        named = {"RASA_ENVIRONMENT": self.rasa_environment, "type": message.type, "id": message.id}
        named |= {"conversation": message.conversation, "number": message.number}
        return [(name, str(value).encode()) for name, value in named.items() if value is not None]

    def _running_producer(self) -> Producer:
        """The producer, whose reports a thread fetches."""
        if self.producer is None:
            self.producer = self._create_producer()
        if self._polling is None:
            self._polling = threading.Thread(target=self._poll_loop, name="Kafka", daemon=True)
            self._polling.start()
        producer: Producer = self.producer
        return producer

    def _get_kafka_config(self) -> dict[str, Any]:
        """Rasa's settings, made safe: no loss, no change of order by the library's own retries."""
        addresses = self.url if isinstance(self.url, str) else ",".join(self.url)
        ours = {
            "bootstrap.servers": addresses,
            "enable.idempotence": True,
            "message.timeout.ms": DELIVERY_SECONDS * 1000,
            "error_cb": lambda error: logger.warning("Kafka: %s", error),  # Rasa's raises, which would end the thread
        }
        return {**super()._get_kafka_config(), **ours}

    async def close(self) -> None:
        """Rasa calls it when its server stops. What is not confirmed is delivered by the next relay."""
        self._cancelled = True
        if self._polling:
            await asyncio.to_thread(self._polling.join)
            self.producer.purge()


def _settle(confirmed: asyncio.Future[None], error: KafkaError | None) -> None:
    if confirmed.done():
        return  # nobody waits any more
    if error is None:
        confirmed.set_result(None)
    else:
        confirmed.set_exception(ConnectionError(str(error)))
