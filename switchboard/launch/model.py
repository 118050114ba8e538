"""The trained model: made only when the content of the bot's files changed, and put in place whole or not at all.

A model's file name ends in the hash of what it was trained from, so there is no second file that could disagree.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from switchboard.launch import bot_files, commands
from switchboard.launch.errors import TrainingFailed
from switchboard.launch.logs import LogFolder, explain

MODELS = "models"
HASH_LENGTH = 12
TICK_NS = 1_000_000
UNFINISHED = "unfinished.tar.gz"
KEPT_MODELS = 5  # of those that we made; a team's own files in models/ are never touched
_OURS = re.compile(r"^\d{8}-\d{6}-([0-9a-f]{12})\.tar\.gz$")


@dataclass(frozen=True)
class Model:
    """A model that is current. `trained` says whether it took a training."""

    path: Path
    trained: bool


class Models:
    """The models of the bot in one folder."""

    def __init__(self, bot: Path, logs: LogFolder, environment: Mapping[str, str]) -> None:
        self._bot = bot
        self._folder = bot / MODELS
        self._logs = logs
        self._environment = environment

    def newest(self) -> Path | None:
        """The model that Rasa would load, by Rasa's own rule."""
        return max(self._folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, default=None)

    def current(self, files: Mapping[str, str]) -> Path | None:
        """The model made from exactly these files, if it is still there; it becomes the newest."""
        wanted = _short_hash(files)
        newest = self.newest()
        if newest and _hash_in(newest) == wanted:
            return newest
        older = [path for path in self._folder.glob("*.tar.gz") if _hash_in(path) == wanted]
        if not older:
            return None
        self._make_newest(older[0])
        return older[0]

    async def bring_up_to_date(self, *, force: bool = False) -> Model:
        """Train if anything changed. Raises `TrainingFailed` with Rasa's own words; the old models stay as they are."""
        files = bot_files.fingerprints(self._bot)
        current = None if force else self.current(files)
        if current:
            return Model(current, trained=False)
        return Model(await self._train(files), trained=True)

    async def _train(self, files: Mapping[str, str]) -> Path:
        started = time.strftime("%Y%m%d-%H%M%S")
        meant = bot_files.meaning_of_config(self._bot)
        # Rasa writes archives in place; a killed training leaves half of one.
        unfinished = self._folder / ".unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        arguments = [sys.executable, "-m", "rasa", "train", "--out", str(unfinished), "--fixed-model-name", UNFINISHED]
        finished = await commands.run("train", arguments, self._environment, self._logs, self._bot)
        archive = unfinished / UNFINISHED
        if finished.code != 0 or not archive.exists():
            raise TrainingFailed(
                f"The model could not be trained. Rasa says:\n{explain(finished.output) or '    nothing'}\n"
                f"  All of it: {self._logs.file('train')}"
            )
        if bot_files.meaning_of_config(self._bot) == meant:
            # Only Rasa has written into config.yml while it trained. Had the author, the next start must train again.
            files = {**files, **bot_files.config_fingerprint(self._bot)}
        path = self._folder / f"{started}-{_short_hash(files)}.tar.gz"
        self._make_newest(archive)
        archive.replace(path)
        shutil.rmtree(unfinished, ignore_errors=True)
        self._forget_old()
        return path

    def _make_newest(self, path: Path) -> None:
        """By modification time, even where another file was written in the same tick of the clock."""
        newest = self.newest()
        stamp = max(time.time_ns(), newest.stat().st_mtime_ns + TICK_NS if newest else 0)
        os.utime(path, ns=(stamp, stamp))

    def _forget_old(self) -> None:
        ours = sorted(
            (path for path in self._folder.glob("*.tar.gz") if _hash_in(path)), key=lambda p: p.stat().st_mtime
        )
        for path in ours[:-KEPT_MODELS]:
            path.unlink(missing_ok=True)


def _short_hash(files: Mapping[str, str]) -> str:
    return bot_files.fingerprint(files)[:HASH_LENGTH]


def _hash_in(path: Path) -> str | None:
    match = _OURS.match(path.name)
    return match.group(1) if match else None
