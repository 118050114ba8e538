"""`python -m channels`: the channels in a light process of their own, without Rasa and without a model.

Any number of them may run behind a load balancer, beside one `rasa run` that answers; a client may come to any of them
at any time. They share nothing but Redis.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import resource
import sys

from sanic import Sanic
from sqlalchemy import select

from channels.blueprint import ChatBlueprint
from switchboard.log.errors import ArchiveUnavailable
from switchboard.settings import Settings, SettingsError

BACKLOG = 2_048  # connections that wait to be taken: after a restart everybody comes at once
FAILED, MISCONFIGURED = 1, 2  # exit codes


def edge(settings: Settings) -> Sanic:
    """The channels as an application. It answers nothing by itself: what is sent waits on the log for a worker."""
    app = Sanic("switchboard_edge", configure_logging=False)
    app.blueprint(ChatBlueprint(settings, standalone=True))
    app.after_server_start(_settle)
    return app


async def _settle(app: Sanic, _: asyncio.AbstractEventLoop) -> None:
    """What is loaded now stays for good. A full garbage collection, which stops everything, need not look at it."""

    async def settle() -> None:
        with contextlib.suppress(ArchiveUnavailable):  # it is opened when it is there, and then it is looked at
            await app.ctx.chat.calls.read(lambda connection: connection.execute(select(1)))
        gc.collect()
        gc.freeze()

    app.add_task(settle())


def main() -> int:
    """Serve until a signal comes; the exit code says whether that was wanted."""
    parser = argparse.ArgumentParser(prog="python -m channels", description="Serves the chat, without Rasa.")
    parser.add_argument("--host", help="interface to listen on; the setting HOST unless given")
    parser.add_argument("--port", type=int, help="the setting PORT unless given")
    arguments = parser.parse_args()
    try:
        settings = Settings.checked()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return MISCONFIGURED
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)-8s %(name)s  %(message)s")
    _allow_many_connections()
    host, port = arguments.host or settings.host, arguments.port or settings.port
    print(f"  edge          http://{host}:{port}", flush=True)
    app = edge(settings)
    app.run(host=host, port=port, backlog=BACKLOG, access_log=False, motd=False)
    return FAILED if app.ctx.chat.vitals.failed else 0


def _allow_many_connections() -> None:
    """Each is an open file; the soft limit is often 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main())
