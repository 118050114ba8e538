"""Takes the example shop out and leaves a small bot that trains, validates and answers: a place to begin.

    python scripts/remove_shop.py [--yes]      or: make remove-shop

Works on a committed state only, so that `git` can bring everything back.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STARTER = ROOT / "scripts" / "starter_bot"

# The bot's own files and what tests them. What the starter has takes their place.
REMOVED = (
    "shop",
    "actions",
    "data",
    "domain",
    "docs/flows.md",
    "tests/actions",
    "tests/conversations",
    "tests/e2e",
    "tests/engine/test_effects_once.py",
    "tests/nlu/test_nlu.yml",
    "tests/nlu/test_nlu_floor.py",
    "tests/shop",
    "tests/support/assistant.py",
    "tests/support/cancelling.py",
    "tests/support/demo_shop.py",
)
# Gone with the shop: this script, and the test of it.
SPENT = ("scripts/starter_bot", "scripts/remove_shop.py", "tests/stock_bot/test_remove_shop.py")


class NotNow(Exception):
    """Raised with the reason why nothing was touched."""


def check_committed() -> None:
    """Raises `NotNow` where git could not bring everything back."""
    status = subprocess.run(
        ["git", "status", "--porcelain"],  # noqa: S607 - the git on the path
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if status.returncode != 0:
        raise NotNow(f"This is not a git repository, so nothing could be brought back: {status.stderr.strip()}")
    if status.stdout.strip():
        raise NotNow(f"There are changes that are not committed. Commit them first:\n{status.stdout.rstrip()}")


def remove_shop() -> None:
    """Put the starter in the shop's place."""
    for name in REMOVED:
        _remove(ROOT / name)
    shutil.copytree(STARTER, ROOT, dirs_exist_ok=True)
    for name in SPENT:
        _remove(ROOT / name)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def confirmed() -> bool:
    """Ask the person at the terminal."""
    print("This removes the shop, its flows, its actions and their tests:\n")
    print("".join(f"  {name}\n" for name in REMOVED if (ROOT / name).exists()))
    try:
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False  # nobody is there to ask


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description="Take the example shop out.")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    arguments = parser.parse_args()
    try:
        check_committed()
    except NotNow as error:
        print(error, file=sys.stderr)
        return 1
    if not arguments.yes and not confirmed():
        print("Nothing was touched.")
        return 1
    remove_shop()
    print("Done. `make dev` serves what is left; domain/greet.yml and data/greet/ are the place to begin.")
    print("`git diff` shows what went; `scripts/validate_data.py --accept` lists the warnings of your own flows anew.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
