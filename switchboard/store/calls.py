"""The database as an event loop uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from switchboard.log.errors import ArchiveUnavailable
from switchboard.store.database import Database

THREADS = 4  # of their own, so that a database that is frozen holds up nothing else
MAX_CALLS = 32  # under way or waiting; more are told that it is busy

NO_LOCKS: Mapping[str, str] = MappingProxyType({})

T = TypeVar("T")
Query = Callable[[Connection], T]


class Calls:
    """Runs queries in threads, so that the event loop stays free. Every method raises `ArchiveUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="database")
        self._calls: set[Future[Any]] = set()

    async def read(self, query: Query[T]) -> T:
        """What the query returns."""

        def run() -> T:
            with self._database.engine().connect() as connection:
                return query(connection)

        return await self._run(run)

    async def write(self, change: Query[T], locks: Mapping[str, str] = NO_LOCKS) -> T:
        """What the change returns, in one transaction. `locks`: its first statement, by the name of the dialect.

        What the change raises that is no `SQLAlchemyError` comes as it is, and nothing was changed.
        """

        def run() -> T:
            with self._database.engine().begin() as connection:
                if lock := locks.get(connection.dialect.name):
                    connection.exec_driver_sql(lock)
                return change(connection)

        return await self._run(run)

    async def _run(self, job: Callable[[], T]) -> T:
        if len(self._calls) >= MAX_CALLS:
            raise ArchiveUnavailable("too many use the database at once")
        call = self._threads.submit(job)
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        try:
            return await asyncio.wrap_future(call)
        except (SQLAlchemyError, OSError) as error:  # or it cannot be opened
            raise ArchiveUnavailable(f"the database cannot be used: {error}") from error
