"""A real PostgreSQL, from the wheel of pgserver."""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass
class PostgresServer:
    """One that runs."""

    server: Any

    @property
    def url(self) -> str:
        """Of its first database."""
        return str(self.server.get_uri())

    def empty(self) -> str:
        """The URL, once nothing of an earlier test is left: quicker than a database for each."""
        self.server.psql("SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public;")
        return self.url


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """It takes no root, and another user cannot get into pytest's folders."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has a word about XDG_RUNTIME_DIR
        import pgserver
    with tempfile.TemporaryDirectory() as folder:
        server = pgserver.get_server(folder)
        yield PostgresServer(server)
        server.cleanup()
