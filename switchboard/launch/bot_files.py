"""The files that a model is made of, and what they add up to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import yaml

CONFIG, DOMAIN_FILE, DOMAIN_FOLDER, DATA_FOLDER = ("config.yml", "domain.yml", "domain", "data")
_COMPONENT = re.compile(r"""^\s*-?\s*name:\s*["']?([A-Za-z_][\w.]*\.\w+)["']?\s*(?:#.*)?$""", re.MULTILINE)
_SKIPPED_SUFFIXES = (".pyc", "~", ".swp", ".tmp")


def files_of(bot: Path) -> Iterator[Path]:
    """Every file whose content decides what a model is, in a fixed order. Missing ones are left out."""
    for name in (CONFIG, DOMAIN_FILE):
        if (bot / name).is_file():
            yield bot / name
    for folder in (DOMAIN_FOLDER, DATA_FOLDER):
        for path in sorted((bot / folder).rglob("*")):
            if path.is_file() and not path.name.startswith(".") and not path.name.endswith(_SKIPPED_SUFFIXES):
                yield path
    yield from local_modules(bot)


def local_modules(bot: Path) -> Iterator[Path]:
    """Source files of the components that `config.yml` names by a dotted path inside the bot's folder."""
    config = bot / CONFIG
    if not config.is_file():
        return
    for dotted in sorted(set(_COMPONENT.findall(config.read_text(encoding="utf-8", errors="replace")))):
        path = bot.joinpath(*dotted.split(".")[:-1]).with_suffix(".py")
        if path.is_file():
            yield path


def fingerprints(bot: Path) -> dict[str, str]:
    """Content hash of each file, by its path in the bot's folder."""
    return {str(path.relative_to(bot)): _digest(path) for path in files_of(bot)}


def config_fingerprint(bot: Path) -> dict[str, str]:
    """The part of `fingerprints` that is about `config.yml`."""
    return {CONFIG: _digest(bot / CONFIG)} if (bot / CONFIG).is_file() else {}


def meaning_of_config(bot: Path) -> object:
    """What `config.yml` says, without what Rasa writes into it by itself: comments and, once, the `assistant_id`."""
    try:
        content = yaml.safe_load((bot / CONFIG).read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError, yaml.YAMLError):
        return None
    return {**content, "assistant_id": None} if isinstance(content, dict) else content


def fingerprint(files: Mapping[str, str]) -> str:
    """One hash for the files and the Rasa that reads them: equal hashes need no training."""
    total = hashlib.sha256(f"rasa {version('rasa')}\n".encode())
    for name, digest in sorted(files.items()):
        total.update(f"{name}\0{digest}\n".encode())
    return total.hexdigest()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
