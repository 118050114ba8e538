"""The bot that `rasa init` writes, with our two files, trained into a cache that lasts.

python -m tests.stock_bot.stock      trains it ahead: a minute of DIET and TED, which need one core, beside other checks
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".rasa" / "stock-bot"  # Rasa's own cache: what was trained once is not trained again
OURS = ("credentials.yml", "endpoints.yml")
_SCAFFOLD = "from rasa.cli.scaffold import create_initial_project; create_initial_project('.')"


def make_stock_bot(folder: Path) -> None:
    """What `rasa init` writes; only `credentials.yml` and `endpoints.yml` are ours."""
    subprocess.run([sys.executable, "-c", _SCAFFOLD], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    for name in OURS:
        shutil.copy(ROOT / name, folder / name)


def train_ahead() -> int:
    """Fill the cache; the exit code of the training."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="switchboard-stock-") as folder:
        make_stock_bot(Path(folder))
        environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(CACHE)}
        command = [sys.executable, "-m", "switchboard", "train"]
        return subprocess.run(command, cwd=folder, check=False, env=environment).returncode


if __name__ == "__main__":
    sys.exit(train_ahead())
