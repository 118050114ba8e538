"""The documentation of the settings says what the settings are."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

from pydantic import SecretStr

from switchboard.settings import Settings

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \| (?P<default>.*?) \| (?P<meaning>.*) \|$", re.MULTILINE)


def written(default: object) -> str:
    if default is None:
        return "unset"
    if isinstance(default, SecretStr):
        return f"`{default.get_secret_value()}`"
    return f"`{default.value if isinstance(default, Enum) else default}`"


def test_the_table_has_every_setting_with_its_default_and_its_meaning() -> None:
    first_table = (ROOT / "docs/settings.md").read_text().partition("\nRasa and its web server")[0]
    documented = [(row["name"], row["default"], row["meaning"]) for row in ROW.finditer(first_table)]
    fields = Settings.__fields__.values()
    assert documented == [(f.name.upper(), written(f.default), f.field_info.description) for f in fields]


def test_the_example_file_names_only_settings() -> None:
    named = re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert named
    assert {name.lower() for name in named} <= set(Settings.__fields__)
