"""`python -m switchboard` as a person runs it: a process of its own in a bot's folder, watched through its output."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

POLL_SECONDS = 0.02
OURS = ("SWITCHBOARD_", "REDIS_URL", "DATABASE_URL", "DATA_DIR", "SECRET_KEY", "ACTION_URL", "PORT", "ACTION_PORT")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_in(folder: Path) -> list[int]:
    """Ids of all processes that work in this folder or below it."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # ended meanwhile, or another user's
            if entry.name.isdigit() and Path(os.readlink(entry / "cwd")).is_relative_to(folder):
                found.append(int(entry.name))
    return found


class Supervisor:
    """One run of a command. Its output is in `output`, its addresses in `port` and `action_port`."""

    def __init__(self, folder: Path, command: str, variables: Mapping[str, str]) -> None:
        self.folder = folder
        self.output = ""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        environment = {**inherited, "PORT": str(free_port()), "ACTION_PORT": str(free_port()), **variables}
        self.port, self.action_port = environment["PORT"], environment["ACTION_PORT"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "switchboard", *command.split()],
            cwd=folder,
            env=environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout as lines:
            for line in lines:
                self.output += line

    def wait_for(self, text: str, seconds: float = 20.0, times: int = 1) -> None:
        """Return once the output has the text. Fails if the process ends first, or at the bound."""
        deadline = time.monotonic() + seconds
        while self.output.count(text) < times:
            assert self.process.poll() is None, f"ended before it said {text!r}:\n{self.output}"
            assert time.monotonic() < deadline, f"did not say {text!r} in {seconds} s:\n{self.output}"
            time.sleep(POLL_SECONDS)

    def wait_until_ready(self, seconds: float = 20.0) -> None:
        self.wait_for("Ctrl-C stops everything", seconds)

    def ended(self, seconds: float = 20.0) -> int:
        """Wait for its end; the exit code."""
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        return code

    def stop(self) -> float:
        """Ctrl-C; the seconds that it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        taken = time.monotonic() - started
        self._reader.join(5)
        return taken


@contextlib.contextmanager
def supervisor(folder: Path, command: str = "run", **variables: str) -> Iterator[Supervisor]:
    """Run a command in a bot's folder; at the end of the block nothing of it is left, whatever the test did."""
    running = Supervisor(folder, command, variables)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
        for process in processes_in(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
