"""Makes `.venv` what `requirements/` says, every file checked against its hash. Needs only Python 3.11.

    python3.11 scripts/bootstrap.py [--runtime]

Does nothing, quickly, when the environment is current. May be killed at any time: a folder that was being filled
is marked, and the next run throws it away and starts again.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements"
PYTHON_VERSION = (3, 11)  # Rasa 3.6 has no wheels for anything newer.


class BootstrapError(Exception):
    """Raised with a text for the person at the terminal."""


class Folder:
    """A folder that is either complete, with a stamp of what it was made from, or to be thrown away."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp = path / "switchboard-stamp.json"
        self._unfinished = path / "switchboard-unfinished"

    def stamp(self) -> dict[str, str]:
        """What the folder was made from; empty if it is absent or was not finished."""
        if self._unfinished.exists() or not self._stamp.exists():
            return {}
        try:
            stamp = json.loads(self._stamp.read_text())
        except ValueError:
            return {}
        return stamp if isinstance(stamp, dict) else {}

    @contextlib.contextmanager
    def being_made(self, stamp: dict[str, str]) -> Iterator[None]:
        """Mark the folder as unfinished until the block ends without an exception, then stamp it."""
        self.path.mkdir(exist_ok=True)
        self._unfinished.touch()
        yield
        partial = self._stamp.with_suffix(".partial")
        partial.write_text(json.dumps(stamp))
        partial.replace(self._stamp)
        self._unfinished.unlink()


def wanted(requirements: Path) -> dict[str, str]:
    """What an environment made now is made from. A change of `python` or `root` means a new one from scratch."""
    import tomllib  # Here, so that an older Python still gets to say that it is too old.

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packaging = {"project": project["project"], "setuptools": project["tool"]["setuptools"]}
    content = hashlib.sha256(requirements.read_bytes())
    content.update(json.dumps(packaging, sort_keys=True).encode())
    return {"python": sys.version, "root": str(ROOT), "content": content.hexdigest(), "file": requirements.name}


def installer() -> Path:
    """The pinned `uv`, in a small environment of its own; installed by hash if it is not there yet."""
    requirements = REQUIREMENTS / "uv.txt"
    stamp = {"python": sys.version, "root": str(ROOT), "content": hashlib.sha256(requirements.read_bytes()).hexdigest()}
    folder = Folder(ROOT / ".uv")
    if folder.stamp() != stamp:
        say("installing uv, which installs the rest")
        shutil.rmtree(folder.path, ignore_errors=True)
        with folder.being_made(stamp):
            create_venv(folder.path)
            pip = [str(folder.path / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            call([*pip, "--only-binary=:all:", "--require-hashes", "--requirement", str(requirements)], "install uv")
    return folder.path / "bin/uv"


def create_venv(path: Path) -> None:
    """Make a virtual environment with pip. Raises `BootstrapError` where Python came without its venv module."""
    made = subprocess.run([sys.executable, "-m", "venv", str(path)], check=False, capture_output=True, text=True)
    if made.returncode != 0:
        raise BootstrapError(
            f"{sys.executable} cannot make virtual environments:\n{made.stdout.strip()}{made.stderr.strip()}\n"
            "On Debian or Ubuntu: apt-get install python3.11-venv"
        )


def fill(uv: Path, folder: Folder, requirements: Path, stamp: dict[str, str]) -> None:
    """Bring the environment to what `requirements` says, and make our own packages importable from anywhere."""
    old = folder.stamp()
    if any(old.get(key) != stamp[key] for key in ("python", "root")):
        shutil.rmtree(folder.path, ignore_errors=True)
    count = sum(1 for line in requirements.read_text().splitlines() if "==" in line)
    say(f"installing up to {count} packages into .venv (about 3 GB with TensorFlow; a few minutes the first time)")
    with folder.being_made(stamp):
        python = synchronise(uv, folder.path, requirements)
        editable = ["--no-deps", "--no-build-isolation", "--offline", "--editable", str(ROOT)]
        call([str(uv), "pip", "install", "--quiet", "--python", str(python), *editable], "install this project")


def synchronise(uv: Path, environment: Path, requirements: Path) -> Path:
    """Make a virtual environment if there is none, and its packages those of `requirements`. Returns its Python."""
    python = environment / "bin/python"
    if not python.exists():
        create = [str(uv), "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(environment)]
        call(create, f"create {environment.name}")
    quiet = [] if sys.stderr.isatty() else ["--quiet"]  # Progress bars on a terminal, no list of packages in a log.
    sync = [str(uv), "pip", "sync", *quiet, "--require-hashes", "--python", str(python), str(requirements)]
    call(sync, "install the packages")
    return python


def call(command: list[str], purpose: str) -> None:
    """Run a step with its output on the terminal. Raises `BootstrapError` if it fails."""
    if subprocess.run(command, check=False, env=installer_environment()).returncode != 0:
        raise BootstrapError(f"Could not {purpose}; the reason is above. Run the same command again to go on.")


def installer_environment() -> dict[str, str]:
    """Ours, with what uv does not take over from pip: the machine's certificates and a package index of its own."""
    environment = dict(os.environ)
    environment.pop("VIRTUAL_ENV", None)
    authorities = ssl.get_default_verify_paths()
    if authorities.cafile or authorities.capath:
        environment.setdefault("UV_SYSTEM_CERTS", "1")
    if "PIP_INDEX_URL" in environment and "UV_INDEX_URL" not in environment:
        environment.setdefault("UV_DEFAULT_INDEX", environment["PIP_INDEX_URL"])
    return environment


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Wait for another bootstrap in this folder. The lock goes with the process, however it ends."""
    with open(ROOT / ".bootstrap.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    print(f"  environment   {text}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make .venv what requirements/ says.")
    parser.add_argument("--runtime", action="store_true", help="without what only tests and linters need")
    arguments = parser.parse_args()
    if sys.version_info[:2] != PYTHON_VERSION:
        found = ".".join(map(str, sys.version_info[:3]))
        raise BootstrapError(
            f"Switchboard needs Python 3.11, because Rasa 3.6 does; this is {found}. Install Python 3.11, or name it: "
            f"make PYTHON=/path/to/python3.11 …"
        )
    requirements = REQUIREMENTS / ("runtime.txt" if arguments.runtime else "dev.txt")
    stamp, folder = wanted(requirements), Folder(ROOT / ".venv")
    if folder.stamp() == stamp:
        return
    with only_one():
        if folder.stamp() == stamp:
            return
        started = time.monotonic()
        fill(installer(), folder, requirements, stamp)
        say(f"ready after {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except BootstrapError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. The next start goes on from here.")
