"""Runs a command to its end, with its output in a log."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from switchboard.launch.logs import LogFolder
from switchboard.launch.processes import STOP_SECONDS, die_with_parent, end_group


@dataclass(frozen=True)
class Finished:
    """How a command ended. `output` is this run's part of its log."""

    code: int
    output: str


async def run(
    name: str, arguments: Sequence[str], environment: Mapping[str, str], logs: LogFolder, folder: Path | None = None
) -> Finished:
    """Run and wait. When this task is cancelled, the command and what it started are ended first."""
    with logs.open(name) as log:
        log_start = log.tell()
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        await end_group(process, STOP_SECONDS)
        raise
    with logs.file(name).open("rb") as written:
        written.seek(log_start)
        return Finished(code, written.read().decode(errors="replace"))
