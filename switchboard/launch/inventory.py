"""What a bot consists of, counted, so that an author sees what a change did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from switchboard.launch import bot_files

_DOMAIN_KEYS = ("intents", "entities", "slots", "responses", "forms", "actions")
Inventory = Mapping[str, frozenset[str]]


def take(bot: Path) -> Inventory:
    """Names of everything, by kind. A file that is not YAML counts as empty: training says what is wrong with it."""
    found: dict[str, set[str]] = {kind: set() for kind in (*_DOMAIN_KEYS, "examples", "rules", "stories")}
    for path in bot_files.files_of(bot):
        if path.suffix in (".yml", ".yaml") and path.name != bot_files.CONFIG:
            _add(found, _read(path))
    return {kind: frozenset(names) for kind, names in found.items()}


def differences(before: Inventory, after: Inventory) -> list[str]:
    """One phrase per kind that changed, as `rules 41 → 42 (+ Say hello)`."""
    phrases = []
    for kind in before:
        gone, new = before[kind] - after[kind], after[kind] - before[kind]
        if gone or new:
            named = [f"+ {_short(name)}" for name in sorted(new)[:2]] + [
                f"- {_short(name)}" for name in sorted(gone)[:2]
            ]
            phrases.append(f"{kind} {len(before[kind])} → {len(after[kind])} ({', '.join(named)})")
    return phrases


def _add(found: dict[str, set[str]], content: Mapping[str, Any]) -> None:
    for kind in _DOMAIN_KEYS:
        found[kind].update(_names(kind, content.get(kind)))
    for block in _dicts(content.get("nlu")):
        topic = block.get("intent") or block.get("synonym") or block.get("lookup") or block.get("regex")
        found["examples"].update(f"{topic}: {line.strip(' -')}" for line in str(block.get("examples", "")).splitlines())
    for kind, key in (("rules", "rule"), ("stories", "story")):
        found[kind].update(str(block.get(key)) for block in _dicts(content.get(kind)))


def _names(kind: str, value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        # A response counts with its texts, so that an edited text shows as one gone and one new.
        return (f"{name}: {_text(texts)}" if kind == "responses" else str(name) for name, texts in value.items())
    if isinstance(value, list):
        return (str(next(iter(item))) if isinstance(item, Mapping) and item else str(item) for item in value)
    return ()


def _text(responses: object) -> str:
    return " | ".join(str(response.get("text", "")).strip() for response in _dicts(responses))


def _dicts(value: object) -> Iterable[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()


def _short(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= 48 else f"{line[:47]}…"


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return {}
    return content if isinstance(content, Mapping) else {}
