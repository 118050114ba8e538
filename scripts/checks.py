"""Runs every check of `make test`, or those that are named: `python scripts/checks.py style types`.

Stops at the first one that fails. The tests come last, so that pytest's closing line closes the output.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from switchboard.launch.environment import QUIET
from switchboard.launch.front_end import npm_command

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
TYPED = ("switchboard", "channels", "actions", "shop", "scripts", "examples")

Command = tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """Commands that run one after another, and one line about why."""

    name: str
    about: str
    commands: tuple[Command, ...]
    folder: Path = ROOT
    quiet: bool = False  # show what it prints only if it fails


def checks() -> list[Check]:
    """All of them, in their order: what fails fastest first, the tests last."""
    return [
        Check(
            "style",
            "ruff, with the rules of pyproject.toml",
            (_module("ruff", "check", "--quiet", "."), _module("ruff", "format", "--check", "--quiet", ".")),
        ),
        Check("types", "mypy, strict", (_module("mypy", "--exclude", "scripts/starter_bot", *_existing(TYPED)),)),
        Check("page", "the chat's script and the console are built", (_module("switchboard", "page"),)),
        Check("widget", "types and unit tests of all of these", (_npm("run", "check"), _npm("test"))),
        Check("model", "trained if the bot's files changed", (_module("switchboard", "train"),)),
        Check("data", "rasa data validate, and its reviewed list", ((PYTHON, "scripts/validate_data.py"),)),
        Check("conversations", "rasa test core on tests/conversations", (_conversations(),), quiet=True),
        Check("tests", "pytest", (_module("pytest", "-q"),)),
    ]


def _module(name: str, *arguments: str) -> Command:
    return (PYTHON, "-m", name, *arguments)


def _existing(folders: tuple[str, ...]) -> list[str]:
    """A team that took the shop out has fewer."""
    return [folder for folder in folders if (ROOT / folder).is_dir()]


def _conversations() -> Command:
    where = ("--stories", "tests/conversations", "--out", "results/conversations")
    return _module("rasa", "test", "core", *where, "--fail-on-prediction-errors", "--no-plot")


def _npm(*arguments: str) -> Command:
    command, _ = npm_command(os.environ)
    return (*command, *arguments)


def run(check: Check, environment: dict[str, str]) -> bool:
    """Run a check's commands; False at the first that fails."""
    return all(_succeeds(command, check, environment) for command in check.commands)


def _succeeds(command: Command, check: Check, environment: dict[str, str]) -> bool:
    output = subprocess.PIPE if check.quiet else None
    errors = subprocess.STDOUT if check.quiet else None
    done = subprocess.run(
        command, check=False, cwd=check.folder, env=environment, stdout=output, stderr=errors, text=True
    )
    if check.quiet and done.returncode != 0:
        print(done.stdout)
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the checks of `make test`.")
    parser.add_argument("names", nargs="*", help="only these")
    names = parser.parse_args().names
    known = checks()
    unknown = set(names) - {check.name for check in known}
    if unknown:
        parser.error(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(c.name for c in known)}")
    chosen = [check for check in known if not names or check.name in names]
    _, environment = npm_command({**QUIET, "RASA_TELEMETRY_ENABLED": "false", **os.environ})
    with training_ahead(environment) if len(chosen) == len(known) else contextlib.nullcontext() as ahead:
        return run_all(chosen, environment, ahead)


@contextlib.contextmanager
def training_ahead(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Train the tests' stock bot beside the first checks, on the other core. It may fail; then its test trains."""
    quiet = subprocess.DEVNULL
    command = _module("tests.stock_bot.stock")
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):  # It has ended long ago, unless a check failed early.
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def run_all(chosen: list[Check], environment: dict[str, str], ahead: subprocess.Popen[bytes] | None) -> int:
    """Run them in order; the exit code."""
    taken: list[str] = []
    for check in chosen:
        if check.name == "tests" and ahead:
            ahead.wait()
        if check is chosen[-1] and taken:
            say(f"so far: {', '.join(taken)}")
        say(f"{check.name}: {check.about}")
        started = time.monotonic()
        if not run(check, environment):
            if check.name != "tests":
                say(f"{check.name} failed. Alone: .venv/bin/python scripts/checks.py {check.name}")
            return 1
        taken.append(f"{check.name} {time.monotonic() - started:.0f} s")
    return 0


def say(text: str) -> None:
    """A line of our own, told apart from what the checks print."""
    print(f"── {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
