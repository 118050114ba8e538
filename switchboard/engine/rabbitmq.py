"""Rasa's RabbitMQ broker, with every message confirmed. What `type: pika` in `endpoints.yml` means here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from asyncio import AbstractEventLoop
from dataclasses import dataclass
from typing import Any

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractExchange
from rasa.core.brokers.pika import PikaEventBroker, _create_rabbitmq_ssl_options
from rasa.utils.endpoints import EndpointConfig

from switchboard.relay.message import LOG_ENTRY, LOG_GAP, RASA_EVENT, Message
from switchboard.relay.relay import BrokerUnavailable

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0  # for the connection, the exchanges and the queues
CONFIRM_SECONDS = 30.0  # RabbitMQ confirms once it is on disk: as a rule within milliseconds
CLOSE_SECONDS = 2.0


@dataclass(frozen=True)
class _Link:
    """A connection with what is published to."""

    connection: AbstractConnection
    events: AbstractExchange
    log: AbstractExchange | None
    lost: asyncio.Future[None]  # done when it is closed, for whatever reason

    async def publish(self, outgoing: aio_pika.Message, *, to_log: bool) -> None:
        """Returns once it is confirmed. Raises if no queue takes it, or the link is lost: the library may hang then."""
        exchange = self.log if to_log and self.log else self.events
        publishing = asyncio.ensure_future(exchange.publish(outgoing, "", mandatory=True))
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                either: set[asyncio.Future[Any]] = {publishing, self.lost}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not publishing.done():
                raise ConnectionError("the connection is lost")
            publishing.result()
        finally:
            publishing.cancel()


class RabbitBroker(PikaEventBroker):
    """Takes Rasa's settings, and `log_queues`: the queues that get the log's entries. Without them these are left out.

    Connections are opened when there is something to deliver, so that the bot starts without RabbitMQ. Rasa's own
    broker publishes in the background and forgets what fails while its process ends.
    """

    def __init__(self, *args: Any, log_queues: list[str] | str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.log_queues = [log_queues] if isinstance(log_queues, str) else list(log_queues or [])
        self._opening: asyncio.Task[_Link] | None = None

    @classmethod
    async def from_endpoint_config(
        cls, broker_config: EndpointConfig | None, event_loop: AbstractEventLoop | None = None
    ) -> RabbitBroker | None:
        """See Rasa's. Connects to nothing yet."""
        return cls(broker_config.url, **broker_config.kwargs, event_loop=event_loop) if broker_config else None

    @property
    def types(self) -> frozenset[str]:
        """See `Publisher`."""
        return frozenset({RASA_EVENT, LOG_ENTRY, LOG_GAP} if self.log_queues else {RASA_EVENT})

    async def deliver(self, message: Message) -> None:
        """Returns once RabbitMQ has the message on disk, in every queue. Raises `BrokerUnavailable`."""
        headers: dict[str, Any] = {"conversation": message.conversation}
        if message.number is not None:
            headers["number"] = message.number
        outgoing = self._message(message.body, headers)
        outgoing.type, outgoing.message_id, outgoing.content_type = message.type, message.id, "application/json"
        await self._send(outgoing, to_log=message.type != RASA_EVENT)

    async def _publish(self, event: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        """What other tracker stores come to when they save: best effort, as Rasa's own is."""
        try:
            await self._send(self._message(event, headers), to_log=False)
        except BrokerUnavailable as error:
            logger.error("An event was not published: %s", error)

    async def _send(self, outgoing: aio_pika.Message, *, to_log: bool) -> None:
        opening = self._opening = self._opening or asyncio.create_task(self._open(), name="RabbitMQ")
        try:
            link = await asyncio.shield(opening)  # the others wait for it too
            await link.publish(outgoing, to_log=to_log)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            await self._drop(opening)  # the library cancels what waits on a connection that it loses
            raise BrokerUnavailable("RabbitMQ is gone") from error
        except Exception as error:  # the edge to the library: anything may come while RabbitMQ goes down
            await self._drop(opening)
            raise BrokerUnavailable(f"RabbitMQ has not confirmed: {error!r}") from error

    async def _open(self) -> _Link:
        ssl_options: Any = _create_rabbitmq_ssl_options(self.host)
        async with asyncio.timeout(CONNECT_SECONDS):
            connection = await aio_pika.connect(
                url=self._configure_url(),
                host=self.host,
                port=self.port,
                login=self.username,
                password=self.password,
                ssl=ssl_options is not None,
                ssl_options=ssl_options,
            )
            try:
                channel = await connection.channel(on_return_raises=True)
                lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                channel.close_callbacks.add(lambda *_: None if lost.done() else lost.set_result(None))
                events = await self._set_up_exchange(channel)
                log = await self._set_up_log(channel) if self.log_queues else None
            except BaseException:
                await connection.close()
                raise
        logger.info("Delivering to RabbitMQ")
        return _Link(connection, events, log, lost)

    async def _set_up_log(self, channel: Any) -> AbstractExchange:
        exchange: AbstractExchange = await channel.declare_exchange(
            f"{self.exchange_name}.log", type=aio_pika.ExchangeType.FANOUT, durable=True
        )
        for name in self.log_queues:
            await self._bind_queue(name, channel, exchange)
        return exchange

    async def _drop(self, opening: asyncio.Task[_Link]) -> None:
        """What was not confirmed on this connection must not arrive later than what is delivered on the next."""
        if self._opening is opening:
            self._opening = None
        if opening.done() and not opening.cancelled() and not opening.exception():
            with contextlib.suppress(Exception):  # it is broken anyway
                async with asyncio.timeout(CLOSE_SECONDS):
                    await opening.result().connection.close()

    async def close(self) -> None:
        """Rasa calls it when its server stops."""
        if self._opening:
            self._opening.cancel()
            await self._drop(self._opening)
