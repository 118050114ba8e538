"""A real Redis that tests start, kill and start again."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

START_TRIES = 200  # of 50 ms: a server starts in a few milliseconds, a busy machine may take seconds


class RedisServer:
    """A server of its own on a Unix socket. A `durable` one has every write on disk before it answers."""

    def __init__(self, binary: Path, folder: Path, *, durable: bool = False) -> None:
        self._binary = binary
        self._folder = folder
        self._appendonly = "yes" if durable else "no"
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = folder / "redis.sock"

    @property
    def url(self) -> str:
        """For `Settings.redis_url`."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Returns once it answers."""
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        options += ["--appendonly", self._appendonly, "--appendfsync", "always"]
        with (self._folder / "redis.log").open("ab") as output:
            self._process = subprocess.Popen(
                [str(self._binary), *options], cwd=self._folder, stdout=output, stderr=subprocess.STDOUT
            )
        self.command("PING")

    def stop(self) -> None:
        """Kill it, as a power cut would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """It takes connections and answers nothing."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """After `pause`."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def command(self, *words: str | int) -> Any:
        """Run one command on a connection of its own."""
        errors = (OSError, redis.ConnectionError, redis.BusyLoadingError)
        retry = Retry(ConstantBackoff(0.05), START_TRIES, supported_errors=errors)
        client = redis.Redis.from_url(self.url, decode_responses=True, retry=retry, retry_on_error=list(errors))
        with client:
            return client.execute_command(*words)
