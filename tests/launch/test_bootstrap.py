"""`scripts/bootstrap.py` makes an environment by hash, leaves a current one alone, and survives being killed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKIP_SECONDS = 0.3
PACKAGES = ("python-dotenv", "setuptools")  # small ones; setuptools makes our own packages importable


def pinned(name: str) -> str:
    """A package's lines, with all hashes, from the real file."""
    match = re.search(rf"^{name}==.*?(?=^\S|\Z)", (ROOT / "requirements/dev.txt").read_text(), re.M | re.S)
    assert match, name
    return match.group(0)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """This project, with two packages instead of two hundred."""
    for name in ("scripts/bootstrap.py", "pyproject.toml", "switchboard/__init__.py", "channels/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "requirements").mkdir()
    shutil.copy(ROOT / "requirements/uv.txt", tmp_path / "requirements")
    (tmp_path / "requirements/dev.txt").write_text("".join(pinned(name) for name in PACKAGES))
    return tmp_path


def start(project: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "scripts/bootstrap.py"]
    return subprocess.Popen(
        command, cwd=project, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=90)
    assert process.returncode == 0, output
    return output


def works(project: Path) -> bool:
    """Whether packages and ours can be imported from anywhere."""
    python = project / ".venv/bin/python"
    code = "import dotenv, switchboard, channels; print(switchboard.__file__)"
    done = subprocess.run([python, "-c", code], cwd="/", check=False, capture_output=True, text=True)
    return done.stdout.strip() == str(project / "switchboard/__init__.py")


def test_makes_the_environment_and_then_leaves_it_alone(project: Path) -> None:
    assert "ready after" in finish(start(project))
    assert works(project)
    times = []
    for _ in range(3):
        started = time.monotonic()
        assert finish(start(project)) == ""
        times.append(time.monotonic() - started)
    assert min(times) < SKIP_SECONDS

    # A changed requirement is followed, and our own packages stay.
    (project / "requirements/dev.txt").write_text(pinned("setuptools") + pinned("tenacity"))
    assert "ready after" in finish(start(project))
    assert not works(project)
    (project / "requirements/dev.txt").write_text("".join(pinned(name) for name in PACKAGES))
    finish(start(project))
    assert works(project)


@pytest.mark.parametrize("moment", [".uv/switchboard-unfinished", ".uv/bin/uv", ".venv/switchboard-unfinished"])
def test_a_kill_at_any_moment_is_repaired_by_the_next_run(project: Path, moment: str) -> None:
    killed = start(project)
    while not (project / moment).exists():
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.005)
    subprocess.run(["kill", "-KILL", "--", f"-{killed.pid}"], check=True)
    killed.communicate()
    if (project / ".venv").exists():
        shutil.rmtree(project / ".venv/lib", ignore_errors=True)  # the worst that a kill can leave
    finish(start(project))
    assert works(project)


def test_a_package_with_another_hash_is_refused(project: Path) -> None:
    requirements = project / "requirements/dev.txt"
    requirements.write_text(re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", requirements.read_text()))
    process = start(project)
    output, _ = process.communicate(timeout=90)
    assert process.returncode != 0
    assert "hash" in output.lower()
    assert "Could not install the packages" in output


def test_another_python_is_told_which_one_is_needed(project: Path) -> None:
    code = "import sys, bootstrap; bootstrap.PYTHON_VERSION = (3, 99); sys.argv = ['x']; bootstrap.main()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project / "scripts", check=False, capture_output=True, text=True
    )
    assert "Switchboard needs Python 3.11" in done.stderr
