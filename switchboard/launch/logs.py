"""The children's log files: bounded on start, and read back when a child dies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO

ROTATE_BYTES = 10 * 1024 * 1024  # A log above this is set aside on the next start …
KEPT_LOGS = 3  # … and this many of those are kept.
TAIL_BYTES = 64 * 1024
TAIL_LINES = 10

_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_NOISE = re.compile(
    r"""^\s*(?:$|Traceback\ \(most\ recent|File\ ".*",\ line\ \d+|[\^~]+\s*$|During\ handling\ of|The\ above\ exception
        |.*(?:Deprecat|Future|Runtime|Syntax|MovedIn20)\w*Warning\b|\s+warnings?\.warn\()""",
    re.VERBOSE,
)


class LogFolder:
    """Where each child's output goes, in a file of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, name: str) -> Path:
        return self.path / f"{name}.log"

    def open(self, name: str) -> IO[bytes]:
        """Append to the child's log, setting a large one aside first."""
        self.path.mkdir(parents=True, exist_ok=True)
        path = self.file(name)
        if path.exists() and path.stat().st_size > ROTATE_BYTES:
            for number in range(KEPT_LOGS - 1, 0, -1):
                older = path.with_suffix(f".log.{number}")
                if older.exists():
                    older.replace(path.with_suffix(f".log.{number + 1}"))
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab")

    def tail(self, name: str, since: int = 0) -> str:
        """The last meaningful lines written after byte `since`, indented; empty if there are none."""
        path = self.file(name)
        if not path.exists():
            return ""
        with path.open("rb") as log:
            log.seek(max(since, path.stat().st_size - TAIL_BYTES))
            return "\n".join(f"    {line}" for line in meaningful(log.read().decode(errors="replace"))[-TAIL_LINES:])


def meaningful(text: str) -> list[str]:
    """The lines of a program's output that explain something: no colours, no stack frames, no deprecations."""
    lines = []
    after_frame = False
    for raw in _ESCAPE.sub("", text).splitlines():
        line = raw.rstrip()
        frame = line.lstrip().startswith('File "') and ", line " in line
        source = after_frame and line.startswith("    ")
        after_frame = frame
        if not source and not _NOISE.match(line):
            lines.append(line)
    return lines
