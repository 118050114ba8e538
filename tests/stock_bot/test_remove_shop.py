"""A team takes the example shop out and goes on with a small bot that works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The committed state of this project."""
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT.as_uri(), str(folder)], check=True)
    return folder


@pytest.mark.timeout(200)
def test_what_is_left_trains_and_validates_and_nothing_in_it_needs_the_shop(clone: Path) -> None:
    removed = call(clone, "scripts/remove_shop.py", "--yes")
    assert removed.returncode == 0, removed.stdout
    assert not (clone / "shop").exists()
    python_files = [path for path in clone.rglob("*.py") if ".venv" not in path.parts]
    assert not [
        path for path in python_files if re.search(r"^\s*(from|import) (shop|actions)\b", path.read_text(), re.M)
    ]

    trained = call(clone, "-m", "switchboard", "train")
    assert trained.returncode == 0, trained.stdout
    validated = call(clone, "scripts/validate_data.py")
    assert validated.returncode == 0, validated.stdout


def test_it_asks_first_and_does_nothing_where_nobody_answers(clone: Path) -> None:
    asked = call(clone, "scripts/remove_shop.py")
    assert asked.returncode == 1
    assert "Nothing was touched" in asked.stdout
    assert (clone / "shop").exists()


def test_it_refuses_to_lose_work_that_is_not_committed(clone: Path) -> None:
    (clone / "domain.yml").write_text("intents: []\n")
    refused = call(clone, "scripts/remove_shop.py", "--yes")
    assert refused.returncode == 1
    assert "domain.yml" in refused.stdout
    assert (clone / "shop").exists()
