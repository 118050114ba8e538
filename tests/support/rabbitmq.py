"""A real RabbitMQ that tests start, kill and start again: Debian's, without rights, in a folder, on the loopback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import aio_pika
import pytest

from tests.support.edge_process import free_port

TAKE_SECONDS = 60.0
START_SECONDS = 60.0  # it needs 5 on an idle machine
POLL_SECONDS = 0.05
SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # the one on the path changes to a user of Debian's
ERLANG = "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none"  # no port to the outside; no busy waiting


def require_rabbitmq() -> None:
    """Skips on a machine without one, fails in CI."""
    if SERVER.exists() and shutil.which("epmd"):
        return
    missing = "RabbitMQ is not installed: `apt-get install rabbitmq-server` brings it; no service needs to run"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


class RabbitServer:
    """A node with a port mapper of its own, so that nothing is shared with another RabbitMQ and nothing outlives it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port, mapper = free_port(), free_port()
        (folder / "rabbitmq.conf").write_text(f"listeners.tcp.default = 127.0.0.1:{self.port}\n")
        (folder / "plugins").write_text("[].\n")
        home = {"HOME": str(folder), "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(mapper)}
        self._environment = {**os.environ, **home} | {
            "RABBITMQ_NODENAME": "switchboard_tests@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG,
        }
        self._mapper = subprocess.Popen(
            ["epmd", "-address", "127.0.0.1", "-port", str(mapper)],
            env=self._environment,
        )
        self._node: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Returns once it takes connections; at once if it runs."""
        if self._node:
            return
        with (self._folder / "output").open("ab") as output:
            self._node = subprocess.Popen(
                [str(SERVER)],
                cwd=self._folder,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            said = (self._folder / "output").read_text(errors="replace")
            assert self._node.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(POLL_SECONDS)

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(connection.recv(1))
        return False

    def kill(self) -> None:
        """As a power cut would; what it has confirmed is on its disk."""
        if self._node:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._node.pid, signal.SIGKILL)
            self._node.wait()
            self._node = None

    def stop(self) -> None:
        self.kill()
        self._mapper.kill()
        self._mapper.wait()

    async def take(self, queue: str, different: int) -> list[aio_pika.abc.AbstractIncomingMessage]:
        """The next messages of a queue, each acknowledged, until so many different ones have come."""
        connection = await aio_pika.connect(self.url)
        async with connection, asyncio.timeout(TAKE_SECONDS):
            channel = await connection.channel()
            await channel.set_qos(100)
            declared = await channel.declare_queue(queue, durable=True)
            messages = []
            async with declared.iterator() as incoming:
                async for message in incoming:
                    await message.ack()
                    messages.append(message)
                    if len({known.message_id for known in messages}) == different:
                        break
            return messages
