"""Child processes: each in a group of its own, logged to a file, and never left behind."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from switchboard.launch.errors import ChildDied
from switchboard.launch.logs import LogFolder

STOP_SECONDS = 3.0  # What a child gets to end by itself.
KILL_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass(frozen=True)
class Program:
    """What to run. `name` is also the name of its log."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]


class Child:
    """A running program."""

    def __init__(self, program: Program, process: asyncio.subprocess.Process, logs: LogFolder, log_start: int) -> None:
        self.name = program.name
        self._process = process
        self._logs = logs
        self._log_start = log_start

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def wait(self) -> int:
        return await self._process.wait()

    def signal(self, number: int) -> None:
        """Signal the program alone. Does nothing if it has ended."""
        if self.alive:
            self._process.send_signal(number)

    async def stop(self, grace: float = STOP_SECONDS) -> None:
        """End the program and everything that it started: politely first, by force after `grace` seconds."""
        await end_group(self._process, grace)

    def died(self) -> ChildDied:
        """The error for an end that nobody asked for, with the last words of the child's log."""
        return ChildDied(f"The {self.name} process {self.how_it_ended()}.{self.last_words()}")

    def last_words(self) -> str:
        """The last meaningful lines of this run's log, and where the rest is; starts with a line break."""
        tail = self._logs.tail(self.name, self._log_start)
        said = f" Its last words:\n{tail}" if tail else ""
        return f"{said}\n  All of it: {self._logs.file(self.name)}"

    def how_it_ended(self) -> str:
        """`ended with exit code 1`, `ended, killed by SIGKILL`."""
        code = self._process.returncode
        if code is None:
            return "ended"
        return f"ended with exit code {code}" if code >= 0 else f"ended, killed by {signal.Signals(-code).name}"


async def start(program: Program, logs: LogFolder) -> Child:
    """Start a program whose output goes to its log. It is killed with us, however we end (on Linux)."""
    with logs.open(program.name) as log:
        log_start = log.tell()
        process = await asyncio.create_subprocess_exec(
            *program.arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(program.environment),
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )
    return Child(program, process, logs, log_start)


def die_with_parent() -> Callable[[], None] | None:
    """For `preexec_fn`: have the kernel kill the child when its parent ends, even by SIGKILL. Linux only.

    Our servers survive a kill by design (the log is in Redis, which writes before it answers), so the signal is
    SIGKILL: a port or a socket that outlived its supervisor would block the next start.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # Looked up here, because little is safe between fork and exec.
    parent = os.getpid()

    def in_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # The parent ended before the line above.

    return in_child


async def end_group(process: asyncio.subprocess.Process, grace: float) -> None:
    """End a process that leads a group, and whatever else is in the group."""
    _signal_group(process.pid, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):  # The whole group is killed below either way.
        async with asyncio.timeout(grace):
            await process.wait()
    _signal_group(process.pid, signal.SIGKILL)
    async with asyncio.timeout(KILL_SECONDS):
        await process.wait()


def _signal_group(leader: int, number: int) -> None:
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        pass  # The group has ended, which is what the caller wants.
    except PermissionError:
        pass  # macOS says this of a group whose last member is a zombie.
