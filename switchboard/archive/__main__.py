"""`python -m switchboard.archive`: the archiver, and the eraser, in a light process, so that no worker pays for them.

Servers that run beside one have `ARCHIVE_APART=true`. Several share the work, and take over from each other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys

from switchboard.archive.archiver import FEED, Archiver
from switchboard.archive.entries import Entries
from switchboard.log.connection import connect
from switchboard.log.feed import Feed
from switchboard.log.follower import Follower
from switchboard.log.log import Log
from switchboard.people.identity import Sessions
from switchboard.people.mail import FolderMailer
from switchboard.people.revocations import Revocations
from switchboard.people.sign_ins import SignIns
from switchboard.records.eraser import Eraser
from switchboard.settings import Settings, SettingsError
from switchboard.store.calls import Calls
from switchboard.store.database import Database

MISCONFIGURED = 2  # exit code
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def archive(settings: Settings) -> None:
    """Archive until a signal comes. Raises an `ExceptionGroup` if that ends by itself, which is a defect."""
    redis, database = connect(settings.redis), Database(settings.database)
    follower, sessions = Follower(redis), Sessions(settings.secret_key.get_secret_value())
    archiver = Archiver(Feed(redis, FEED), follower, Entries(database))
    sign_ins = SignIns(redis, sessions, Revocations(redis, follower))
    letters = FolderMailer(settings.letters, settings.mail_from)
    eraser = Eraser(Log(redis), Calls(database), sign_ins, letters)
    task = asyncio.current_task()
    assert task is not None
    for number in STOPPING:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(follower.run(), name="follower of Redis")
            group.create_task(archiver.run(), name="archiver")
            group.create_task(eraser.run(), name="eraser")
    finally:
        await redis.close()


def main() -> int:
    """Run to the end; the exit code says whether that was wanted."""
    try:
        settings = Settings.checked()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return MISCONFIGURED
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)-8s %(name)s  %(message)s")
    print("  archiver      started", flush=True)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(archive(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
