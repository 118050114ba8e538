"""A bot that starts at once, because Rasa is a stand-in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from switchboard.launch.logs import LogFolder

STAND_IN = Path(__file__).parent / "stand_in"


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    """Folder of a bot whose `python -m rasa` and `python -m rasa_sdk` are the stand-ins, found there first."""
    folder = tmp_path / "bot"
    shutil.copytree(STAND_IN, folder)
    (folder / "config.yml").write_text("pipeline: []\n")
    (folder / "domain.yml").write_text("intents: [greet]\nresponses:\n  utter_greet:\n  - text: Hello\n")
    (folder / "data").mkdir()
    (folder / "data" / "rules.yml").write_text("rules:\n- rule: greet\n")
    (folder / "actions").mkdir()
    (folder / "actions" / "greet.py").write_text("")
    return folder


@pytest.fixture
def logs(tmp_path: Path) -> LogFolder:
    return LogFolder(tmp_path / "logs")
