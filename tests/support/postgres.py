"""A real PostgreSQL for the tests that need one."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL. It takes no root, and another user cannot get into pytest's folders."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has a word about XDG_RUNTIME_DIR
        import pgserver
    with tempfile.TemporaryDirectory() as folder:
        server = pgserver.get_server(folder)
        yield server.get_uri()
        server.cleanup()
