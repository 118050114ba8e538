"""`python -m channels` as a process, with shorter times where a test says so.

Run as `python -m tests.support.edge_process --port 5006`; the times come from the environment, in seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.waiting import until

START_SECONDS = 30.0  # on a machine that does other things too
SECRET = "a secret for tests, of 32 characters or more"
PING, REQUEST, KEEP_ALIVE = "TEST_PING_SECONDS", "TEST_REQUEST_SECONDS", "TEST_KEEP_ALIVE_SECONDS"


@dataclass
class EdgeProcess:
    """A running edge, and the file that its log goes to."""

    url: str
    process: asyncio.subprocess.Process
    output: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)

    def resident(self) -> int:
        """Bytes of memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.asynccontextmanager
async def edge_process(redis_url: str, output: Path, **times: float) -> AsyncIterator[EdgeProcess]:
    """One that answers. `times` may be `ping`, `request` and `keep_alive`."""
    port = free_port()
    names = {"ping": PING, "request": REQUEST, "keep_alive": KEEP_ALIVE}
    environment = {**os.environ, "REDIS_URL": redis_url, "SECRET_KEY": SECRET, "LOG_LEVEL": "INFO"}
    environment |= {names[name]: str(seconds) for name, seconds in times.items()}
    with output.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, "--port", str(port), env=environment, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as http:

            async def answers() -> bool:
                with contextlib.suppress(httpx.TransportError):
                    return (await http.get(f"{url}/chat/v1/health")).status_code == 200
                return False

            await until(answers, START_SECONDS)
        yield EdgeProcess(url, process, output)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def two_edges(redis_url: str, folder: Path, **times: float) -> AsyncIterator[tuple[EdgeProcess, EdgeProcess]]:
    """Two, which share nothing but Redis and begin at the same time."""
    async with contextlib.AsyncExitStack() as stack:
        async with asyncio.TaskGroup() as group:
            starts = [
                group.create_task(stack.enter_async_context(edge_process(redis_url, folder / f"{name}.log", **times)))
                for name in ("one", "two")
            ]
        one, two = (start.result() for start in starts)
        yield one, two


def _serve() -> int:
    """The edge's own `main`, after the times were set."""
    from channels import __main__ as edge
    from channels import blueprint, services
    from switchboard.log.follower import Follower

    if seconds := os.environ.get(PING):
        defaults = dict(Follower.__init__.__kwdefaults__ or {})
        Follower.__init__.__kwdefaults__ = defaults | {"ping_seconds": float(seconds)}
    if seconds := os.environ.get(REQUEST):
        blueprint.REQUEST_SECONDS = services.REQUEST_SECONDS = float(seconds)  # type: ignore[assignment]
    if seconds := os.environ.get(KEEP_ALIVE):
        blueprint.KEEP_ALIVE_SECONDS = float(seconds)  # type: ignore[assignment]
    return edge.main()


if __name__ == "__main__":
    sys.exit(_serve())
