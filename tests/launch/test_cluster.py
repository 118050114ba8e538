"""A member of the cluster is started again when it dies, but not for ever, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
from collections.abc import Awaitable, Callable

import psutil
import pytest

from switchboard.launch import cluster
from switchboard.launch.cluster import FAILURES, Member
from switchboard.launch.errors import ChildDied
from switchboard.launch.logs import LogFolder
from switchboard.launch.processes import Child, Program, start
from switchboard.launch.screen import Screen
from tests.support.waiting import bounded, running, until

FOREVER = "import signal; signal.pause()"
STEPS = 10  # of the event loop; a program is started in three


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def screen() -> Screen:
    return Screen(io.StringIO())


def running_python(code: str, logs: LogFolder) -> Callable[[], Awaitable[Child]]:
    return lambda: start(Program("program", [sys.executable, "-S", "-c", code], {}), logs)


def children() -> list[psutil.Process]:
    """What was started here; other tests have servers of their own under this process."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended meanwhile, or is a zombie
            if "-S" in child.cmdline():
                found.append(child)
    return found


async def none_is_left() -> bool:
    return not children()


@pytest.mark.parametrize(
    "death",
    ["raise SystemExit(1)", "import os; os.kill(os.getpid(), 11)", "import os; os.kill(os.getpid(), 9)"],
    ids=["exit code", "SIGSEGV", "SIGKILL"],
)
async def test_what_dies_again_and_again_however_it_dies_is_given_up(
    logs: LogFolder, screen: Screen, death: str
) -> None:
    member = Member("program", running_python(death, logs))
    async with bounded():
        with pytest.raises(ChildDied):
            await member.keep(screen)
    assert member.deaths == FAILURES - 1


async def test_what_is_killed_from_here_does_not_count(logs: LogFolder, screen: Screen) -> None:
    member = Member("program", running_python(FOREVER, logs))
    async with bounded(), running(member.keep(screen)):
        for _ in range(FAILURES + 1):
            await member.kill()
        child = await member.alive()
    assert member.deaths == FAILURES + 1
    await child.stop()
    assert not children()


@pytest.mark.parametrize("steps", range(STEPS))
async def test_nothing_is_left_of_what_is_cancelled_while_it_starts(
    logs: LogFolder, screen: Screen, steps: int
) -> None:
    member = Member("program", running_python(FOREVER, logs))
    async with bounded():
        async with running(member.keep(screen)):
            for _ in range(steps):
                await asyncio.sleep(0)
        if member.child:
            await member.child.stop()
    await until(
        none_is_left
    )  # uvloop, which other tests leave behind, kills what is cancelled and does not wait for it
