"""A driver for PostgreSQL that does not wait for ever for a server that says nothing.

The server's own time-outs end what takes long, while the server runs. One that is frozen, or whose disk hangs, keeps
none of them, its machine still confirms what arrives, and libpq has no time-out for an answer.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

from psycopg2 import extensions


class PatientConnection(extensions.connection):
    """Cut after `patience` seconds without the answer that somebody waits for.

    Whoever waits gets the `OperationalError` of a connection that is lost.
    """

    def __init__(self, dsn: str, *, patience: float) -> None:
        super().__init__(dsn)
        self.patience = patience

    def commit(self) -> None:
        with _patience(self):
            super().commit()

    def rollback(self) -> None:
        with _patience(self):
            super().rollback()


class PatientCursor(extensions.cursor):
    """Of a `PatientConnection`."""

    connection: PatientConnection

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - the driver's name
        with _patience(self.connection):
            super().execute(query, vars)

    def executemany(self, query: Any, vars_list: Any) -> None:
        with _patience(self.connection):
            super().executemany(query, vars_list)


def patient(seconds: float) -> dict[str, Any]:
    """For the driver's `connect`, whose own wait this does not bound."""
    return {"connection_factory": partial(PatientConnection, patience=seconds), "cursor_factory": PatientCursor}


@contextlib.contextmanager
def _patience(connection: PatientConnection) -> Iterator[None]:
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        timer = threading.Timer(connection.patience, _cut, [line])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # the line is not closed under it


def _cut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is lost already
        line.shutdown(socket.SHUT_RDWR)
