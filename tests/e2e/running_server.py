"""A whole Switchboard, started as `make run` starts it, on ports and data of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.support.host_site import HostSite

ROOT = Path(__file__).parents[2]
READY_SECONDS = 360.0  # a cold start trains a model and builds the widget, on a machine that does other things too
STOP_SECONDS = 15.0
EDGE_SECONDS = 30.0  # to start, on a machine that does other things too


class ServerFailed(Exception):
    """Raised when the server does not become ready. The text is what it printed."""


class RunningServer:
    """Start it once per session; `url` is the page's address, without a slash at its end.

    `site` signs its users in. `output`: the file of all that it prints.
    """

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = folder / "output.txt"
        self.data = folder / "data"
        self.site = HostSite(folder / "identity-keys.json")
        own = {"PORT": str(self.port), "ACTION_PORT": str(free_port()), "DATA_DIR": str(self.data)}
        self._environment = {**os.environ, **own, "IDENTITY_KEYS": str(self.site.file)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when a message can be sent. Raises `ServerFailed`."""
        with self.output.open("wb") as output:
            command = [sys.executable, "-m", "switchboard", "run"]
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + READY_SECONDS
        while not _is_ready(self.url):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServerFailed(self.output.read_text(errors="replace"))
            time.sleep(0.5)

    def stop(self) -> None:
        """As Ctrl-C does. What is still there after a while is killed."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @contextlib.contextmanager
    def edge(self) -> Iterator[str]:
        """The channels in a process of their own beside it, on the same Redis and secret; their address."""
        port = free_port()
        command = [sys.executable, "-m", "channels", "--port", str(port)]
        with self.output.open("ab") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=output, stderr=output)
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + EDGE_SECONDS
            while not _is_ready(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise ServerFailed(self.output.read_text(errors="replace"))
                time.sleep(0.1)
            yield url
        finally:
            process.kill()
            process.wait()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/chat/v1/health", timeout=2).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
