"""`python -m switchboard run`, and what else there is, in a bot's folder."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine

from switchboard.launch import modes, programs
from switchboard.launch.bot import Bot
from switchboard.launch.errors import LaunchError
from switchboard.launch.screen import Screen
from switchboard.settings import Settings, SettingsError

FAILED, MISCONFIGURED = 1, 2  # exit codes
PARTS = {"worker": programs.chat, "actions": programs.actions}
APPOINTED = ("customer", "operator", "supervisor")  # roles of people
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run one mode to its end; whatever goes wrong is one message on standard error and a non-zero exit code."""
    arguments = _parser().parse_args()
    try:
        settings = Settings.checked()
    except SettingsError as error:
        return _fail(str(error), MISCONFIGURED)
    if arguments.command in PARTS:
        programs.become(PARTS[arguments.command](settings))
    bot = Bot(settings, Screen())
    try:
        return asyncio.run(_until_stopped(_mode(arguments, bot), bot.screen))
    except LaunchError as error:
        return _fail(str(error), FAILED)
    except ExceptionGroup as group:
        launch_errors = group.subgroup(LaunchError)
        if launch_errors is None:
            raise
        return _fail(str(_first(launch_errors)), FAILED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m switchboard", description="Runs the bot in this folder.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="serve the page, the API and the streams")
    commands.add_parser("dev", help="the same, and follow every save")
    commands.add_parser("shell", help="talk to the bot in the terminal")
    train = commands.add_parser("train", help="make a model if the bot's files changed")
    train.add_argument("--force", action="store_true", help="even if they did not")
    commands.add_parser("page", help="build the chat's script if its sources changed")
    commands.add_parser("redis", help="only the embedded Redis")
    commands.add_parser("cluster", help="serve with two edges and two workers behind nginx, as deploy/compose.yml does")
    commands.add_parser("worker", help="only Rasa's server, which answers; for one server of several")
    commands.add_parser("actions", help="only the action server; for one server of several")
    appoint = commands.add_parser("appoint", help="give the account with a mail address a role; it is made if need be")
    appoint.add_argument("email")
    appoint.add_argument("--role", choices=APPOINTED, required=True)
    appoint.add_argument("--name", help="what others see; of a new account")
    commands.add_parser("forget-broker", help="keep nothing for the event broker that endpoints.yml no longer names")
    return parser


def _mode(arguments: argparse.Namespace, bot: Bot) -> Coroutine[object, object, None]:
    if arguments.command == "train":
        return modes.train(bot, force=arguments.force)
    if arguments.command == "appoint":
        return modes.appoint(bot, arguments.email, arguments.role, arguments.name)
    mode: Callable[[Bot], Coroutine[object, object, None]] = getattr(modes, arguments.command.replace("-", "_"))
    return mode(bot)


async def _until_stopped(mode: Coroutine[object, object, None], screen: Screen) -> int:
    """Run the mode; a signal cancels it, and its clean-up is not disturbed by a second one."""
    task = asyncio.ensure_future(mode)
    stopped = asyncio.Event()

    def stop() -> None:
        if not stopped.is_set():
            stopped.set()
            screen.text("\n  Stopping …")
            task.cancel()

    for number in STOPPING:
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopped.is_set():
            raise
    return 0


def _first(group: BaseExceptionGroup[LaunchError]) -> BaseException:
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


def _fail(text: str, code: int) -> int:
    sys.stdout.flush()
    print(f"\n{text}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
