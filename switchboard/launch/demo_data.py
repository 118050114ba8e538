"""The bot's own demo data, where it has any."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from switchboard.launch import commands
from switchboard.launch.errors import BuildFailed
from switchboard.launch.logs import LogFolder, explain, meaningful

MODULE = "shop.demo_data"
SHOWN_LINES = 8


async def seed(bot: Path, logs: LogFolder, environment: Mapping[str, str]) -> list[str]:
    """Run `python -m shop.demo_data` if the bot has it; what it prints is shown under the page's address.

    Raises `BuildFailed`. It runs on every start, so it must add only what is missing.
    """
    if not bot.joinpath(*MODULE.split(".")).with_suffix(".py").is_file():
        return []
    finished = await commands.run("demo-data", [sys.executable, "-m", MODULE], environment, logs, bot)
    if finished.code != 0:
        words = explain(finished.output)
        raise BuildFailed(f"The demo data could not be made:\n{words}\n  All of it: {logs.file('demo-data')}")
    return meaningful(finished.output)[:SHOWN_LINES]
