"""schemathesis, from an environment of its own: it needs a newer jsonschema than Rasa."""

from __future__ import annotations

import functools
import hashlib
import shutil
import sys
from pathlib import Path

from scripts import bootstrap


@functools.cache
def schemathesis() -> Path:
    """The program, once `.fuzz` is what requirements/fuzz.txt says."""
    requirements = bootstrap.REQUIREMENTS / "fuzz.txt"
    content = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = {"python": sys.version, "root": str(bootstrap.ROOT), "content": content}
    folder = bootstrap.Folder(bootstrap.ROOT / ".fuzz")
    if folder.stamp() != stamp:
        shutil.rmtree(folder.path, ignore_errors=True)
        with folder.being_made(stamp):
            bootstrap.synchronise(bootstrap.installer(), folder.path, requirements)
    return folder.path / "bin/schemathesis"
