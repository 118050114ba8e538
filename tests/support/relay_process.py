"""A relay to RabbitMQ as a process of its own: `python -m tests.support.relay_process` with its settings as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEASE_MS = 1_000
LEAST_PAUSE = 0.05  # seconds


@dataclass
class RelayProcess:
    """One that may be killed."""

    process: asyncio.subprocess.Process

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)


@contextlib.asynccontextmanager
async def relay_process(redis_url: str, settings: dict[str, Any], output: Path) -> AsyncIterator[RelayProcess]:
    """One that delivers to what the settings of an `event_broker` say."""
    with output.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, redis_url, json.dumps(settings), stdout=log, stderr=log
        )
    try:
        yield RelayProcess(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def relay(redis_url: str, settings: dict[str, Any]) -> None:
    """Deliver until cancelled, with a broker made as Rasa makes it of `endpoints.yml`."""
    from rasa.core.brokers.broker import EventBroker
    from rasa.utils.endpoints import EndpointConfig

    from switchboard.engine import brokers
    from switchboard.log.connection import connect
    from switchboard.log.feed import Feed
    from switchboard.log.follower import Follower
    from switchboard.relay.relay import FEED, Relay

    brokers.install()
    broker = await EventBroker.create(EndpointConfig.from_dict(settings))
    publisher = brokers.publisher_of(broker)
    assert broker is not None and publisher is not None
    client = connect(redis_url)
    follower = Follower(client)
    following = asyncio.create_task(follower.run())
    try:
        feed = Feed(client, FEED, lease_ms=LEASE_MS)
        await Relay(feed, follower, publisher, pauses=(LEAST_PAUSE, 0.5), rescan_seconds=LEAST_PAUSE).run()
    finally:
        following.cancel()
        await broker.close()
        await client.close()
        await client.connection_pool.disconnect()


if __name__ == "__main__":
    asyncio.run(relay(sys.argv[1], json.loads(sys.argv[2])))
