"""What `endpoints.yml` says under `event_broker`, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from switchboard.relay.message import LOG_ENTRY, RASA_EVENT, Message
from switchboard.relay.relay import BrokerUnavailable
from tests.support.waiting import bounded

if TYPE_CHECKING:
    from switchboard.engine.kafka import KafkaBroker

EVENT = Message(RASA_EVENT, "c_1/7", "c_1", {"sender_id": "c_1", "event": "restart"}, 7)
ENTRY = Message(LOG_ENTRY, "c_1/ab.3", "c_1", {"conversationId": "c_1", "epoch": "ab", "offset": 3})


async def made_by_rasa(**settings: Any) -> Any:
    """The broker that Rasa makes of the settings, after `install`."""
    from rasa.core.brokers.broker import EventBroker
    from rasa.utils.endpoints import EndpointConfig

    from switchboard.engine import brokers

    brokers.install()
    return await EventBroker.create(EndpointConfig.from_dict(settings))


async def test_a_bot_starts_while_rabbitmq_is_away() -> None:
    from switchboard.engine.rabbitmq import RabbitBroker

    async with bounded():
        broker = await made_by_rasa(type="pika", url="127.0.0.1", port=1, username="a", password="b", queues=["q"])
    assert isinstance(broker, RabbitBroker)
    with pytest.raises(BrokerUnavailable):
        await broker.deliver(EVENT)
    await broker.close()


async def test_pika_is_what_a_broker_without_a_type_is() -> None:
    from switchboard.engine.rabbitmq import RabbitBroker

    broker = await made_by_rasa(url="127.0.0.1", username="a", password="b", queues=["q"], log_queues="one")
    assert isinstance(broker, RabbitBroker)
    assert broker.log_queues == ["one"]
    assert broker.types == {"rasa.event", "log.entry", "log.gap"}


async def test_any_other_broker_gets_rasas_events_as_rasa_gives_them(tmp_path: Any) -> None:
    from switchboard.engine import brokers

    broker = await made_by_rasa(type="file", path=str(tmp_path / "events.log"))
    publisher = brokers.publisher_of(broker)
    assert publisher is not None
    assert publisher.types == {"rasa.event"}
    await publisher.deliver(EVENT)
    assert (tmp_path / "events.log").read_text() == '{"sender_id": "c_1", "event": "restart"}\n'


async def test_whatever_another_broker_raises_means_that_it_has_not_got_it() -> None:
    from rasa.core.brokers.broker import EventBroker

    from switchboard.engine import brokers

    publisher = brokers.publisher_of(EventBroker())
    assert publisher is not None
    with pytest.raises(BrokerUnavailable):
        await publisher.deliver(EVENT)


async def test_without_a_broker_there_is_nothing_to_deliver_to() -> None:
    from switchboard.engine import brokers

    assert brokers.publisher_of(None) is None


@pytest.fixture
async def kafka() -> AsyncIterator[KafkaBroker]:
    """Speaks to the brokers that the library brings for tests: its protocol, and no Kafka."""
    from confluent_kafka import Producer

    broker: KafkaBroker = await made_by_rasa(
        type="kafka", url="127.0.0.1:1", security_protocol="PLAINTEXT", topic="events", log_topic="log"
    )
    broker.producer = Producer({**broker._get_kafka_config(), "test.mock.num.brokers": 3})
    yield broker
    await broker.close()


def taken(broker: KafkaBroker, topic: str) -> Any:
    """The first message of a topic."""
    from confluent_kafka import Consumer

    address = next(iter(broker.producer.list_topics(timeout=10).brokers.values()))
    consumer = Consumer(
        {"bootstrap.servers": f"{address.host}:{address.port}", "group.id": topic, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    (message,) = consumer.consume(1, timeout=30)
    consumer.close()
    return message


async def test_kafkas_library_delivers_what_it_confirms(kafka: KafkaBroker) -> None:
    await kafka.deliver(EVENT)
    await kafka.deliver(ENTRY)
    event, entry = await asyncio.to_thread(taken, kafka, "events"), await asyncio.to_thread(taken, kafka, "log")
    assert (event.key(), event.value()) == (b"c_1", b'{"sender_id": "c_1", "event": "restart"}')
    assert dict(event.headers()).items() >= {("type", b"rasa.event"), ("id", b"c_1/7"), ("number", b"7")}
    assert (entry.key(), dict(entry.headers())["id"]) == (b"c_1", b"c_1/ab.3")


async def test_what_kafka_refuses_is_not_confirmed(kafka: KafkaBroker) -> None:
    too_large = Message(RASA_EVENT, "c_1/8", "c_1", {"sender_id": "c_1", "text": "x" * 2_000_000}, 8)
    with pytest.raises(BrokerUnavailable):
        await kafka.deliver(too_large)
    await kafka.deliver(EVENT)
