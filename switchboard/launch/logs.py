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
_FRAME = re.compile(r'^\s*File "(?P<file>.+)", line (?P<line>\d+)')
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Failed|NotFound)\b")
_ROUTINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\s+(?:DEBUG|INFO|WARNING)\s")
_WARNING = re.compile(r"^\S+:\d+: \w*Warning\b")
_NOISE = re.compile(r"^\s*(?:$|Traceback \(most recent|[\^~]+\s*$|During handling of|The above exception)")


class LogFolder:
    """Where each child's output goes, in a file of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, name: str) -> Path:
        """The log of the child with this name."""
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
            return explain(log.read().decode(errors="replace"))


def explain(output: str) -> str:
    """The last lines of a program's output that say what is wrong, indented; else its last lines of any kind."""
    lines = meaningful(output)
    telling = [line for line in lines if not _ROUTINE.match(line)] or lines
    return "\n".join(f"    {line}" for line in telling[-TAIL_LINES:])


def meaningful(output: str) -> list[str]:
    """A program's output without colours, stack frames and the warnings of libraries.

    An exception keeps the innermost place that is not inside a library.
    """
    lines: list[str] = []
    place = ""
    skip_source = False
    for raw in _ESCAPE.sub("", output).splitlines():
        line = raw.rstrip()
        source, skip_source = skip_source and line.startswith("  "), False
        frame = _FRAME.match(line)
        if frame or _WARNING.match(line):
            skip_source = True
            if frame and "site-packages" not in frame["file"] and not frame["file"].startswith("<"):
                place = f" ({Path(frame['file']).name}, line {frame['line']})"
        elif _EXCEPTION.match(line):
            lines.append(line + place)
            place = ""
        elif not source and not _NOISE.match(line):
            lines.append(line)
    return lines
