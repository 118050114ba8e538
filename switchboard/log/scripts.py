"""The Lua scripts of this folder: each is a step that Redis does whole or not at all."""

from __future__ import annotations

from pathlib import Path

SHARED = (
    "rights.lua",
    "rates.lua",
    "feeds.lua",
    "append.lua",
    "remember.lua",
    "people.lua",
    "follow_up.lua",
    "owner.lua",
)


def script(name: str) -> str:
    """A script, with what the scripts share in front of it."""
    folder = Path(__file__).parent
    return "".join((folder / part).read_text(encoding="utf-8") for part in (*SHARED, name))


def argument(value: int | None) -> str:
    """As a script takes it."""
    return "" if value is None else str(value)
