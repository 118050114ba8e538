"""Validates the bot's files with `rasa data validate`, and compares every warning with a list that somebody reviewed.

    python scripts/validate_data.py            exits 1 on an error, on an unreviewed warning, and on a stale one
    python scripts/validate_data.py --accept   writes the list anew; review the difference before you commit it

Rasa warns about every response that no story names, also where an action or a form says it; so its warnings can't
simply be forbidden. Warnings of the libraries that Rasa imports are not about the bot and are left out.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REVIEWED = Path(__file__).with_suffix(".txt")
TIMEOUT = 300  # seconds; importing Rasa takes 10 to 30

# `…/rasa/…/io.py:99: UserWarning: text` and `2026-11-23 21:50:35 WARNING  rasa.validator  - text`
_WARNING = re.compile(r"(?:UserWarning: |\d\d:\d\d:\d\d (?:WARNING|ERROR|CRITICAL) +\S+ +- )(?P<text>.*)$")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def warnings_in(output: str) -> list[str]:
    """Return the warnings about the bot in Rasa's output, sorted, each once."""
    lines = (_WARNING.search(_COLOUR.sub("", line)) for line in output.splitlines())
    return sorted({match["text"].strip() for match in lines if match})


def validate() -> tuple[int, str]:
    """Run Rasa's validator; return its exit code and all that it printed."""
    command = [sys.executable, "-m", "rasa", "data", "validate", "--fail-on-warnings"]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT, check=False
    )
    return done.returncode, done.stdout


def main(arguments: list[str]) -> int:
    """Return the exit code."""
    code, output = validate()
    if code != 0:
        print(output, file=sys.stderr)
        print("`rasa data validate --fail-on-warnings` failed; see above.", file=sys.stderr)
        return 1
    found = warnings_in(output)
    if "--accept" in arguments:
        REVIEWED.write_text("".join(f"{line}\n" for line in found), encoding="utf-8")
        return 0
    reviewed = REVIEWED.read_text(encoding="utf-8").splitlines()
    problems = [f"not reviewed: {line}" for line in found if line not in reviewed]
    problems += [f"no longer printed: {line}" for line in reviewed if line not in found]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(f"Fix it, or review it into {REVIEWED.relative_to(ROOT)} with --accept.", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
