"""What `python -m switchboard` can do with a bot. No mode leaves a process behind, however it ends."""

from __future__ import annotations

import asyncio
import sys

from switchboard.launch.author_loop import AuthorLoop
from switchboard.launch.bot import Bot
from switchboard.launch.cluster import Cluster
from switchboard.launch.environment import child_environment
from switchboard.launch.errors import NotReady
from switchboard.launch.instance import only_instance
from switchboard.launch.ports import claim
from switchboard.log.connection import connect
from switchboard.log.errors import ArchiveUnavailable, LogUnavailable
from switchboard.log.feed import Feed
from switchboard.log.follower import Follower
from switchboard.people.accounts import Accounts
from switchboard.people.addresses import mail_address
from switchboard.people.identity import Role, Sessions
from switchboard.people.revocations import Revocations
from switchboard.people.sign_ins import SignIns
from switchboard.relay.relay import FEED
from switchboard.store.calls import Calls
from switchboard.store.database import Database


async def run(bot: Bot) -> None:
    """Serve until a server dies, which raises `ChildDied`."""
    with only_instance(bot.settings.data_dir):
        try:
            bot.welcome(await bot.start())
            await bot.servers.watch()
        finally:
            await bot.servers.stop()


async def dev(bot: Bot) -> None:
    """Serve, and follow every save of the author."""
    with only_instance(bot.settings.data_dir):
        author_loop = AuthorLoop(bot)
        try:
            bot.welcome(await bot.start())
            async with asyncio.TaskGroup() as group:
                group.create_task(bot.servers.watch())
                group.create_task(author_loop.run())
        finally:
            await bot.servers.stop()


async def shell(bot: Bot) -> None:
    """Talk to the bot in the terminal, with its actions. No page, no streams."""
    with only_instance(bot.settings.data_dir):
        try:
            await bot.servers.claim_ports()
            await bot.servers.start_redis()
            await bot.servers.start_actions()
            await bot.train()
            for hint in await bot.seed():
                bot.screen.text(f"  {hint}")
            await bot.servers.wait_for_actions()
            arguments = [sys.executable, "-m", "rasa", "shell", "--port", str(bot.settings.port)]
            process = await asyncio.create_subprocess_exec(*arguments, env=child_environment(bot.settings))
            await process.wait()
        finally:
            await bot.servers.stop()


async def redis(bot: Bot) -> None:
    """Only the embedded Redis, for a bench or a test run that wants one."""
    with only_instance(bot.settings.data_dir):
        try:
            await bot.servers.start_redis()
            bot.screen.line("redis", f"{bot.settings.redis}    Ctrl-C stops it.")
            await bot.servers.watch()
        finally:
            await bot.servers.stop()


async def cluster(bot: Bot) -> None:
    """Serve with several edges and workers behind nginx; what dies is started again."""
    with only_instance(bot.settings.data_dir):
        servers = Cluster(bot.settings, bot.logs, bot.screen)
        try:
            await claim(bot.settings.host, bot.settings.port, "PORT")
            await servers.start_redis()
            await bot.train()
            await bot.build_front_end()
            hints = await bot.seed()
            await servers.start()
            bot.welcome([*hints, *await bot.appoint()])
            await servers.watch()
        finally:
            await servers.stop()


async def train(bot: Bot, *, force: bool) -> None:
    """Bring the model up to date."""
    await bot.train(force=force)


async def appoint(bot: Bot, email: str, role: Role, name: str | None) -> None:
    """Give an account a role, and sign it out: the old role is in its tokens. Raises `NotReady`."""
    settings, redis = bot.settings, connect(bot.settings.redis)
    sessions = Sessions(settings.secret_key.get_secret_value())
    try:
        address = mail_address(email)
        accounts = Accounts(Calls(Database(settings.database)))
        sign_ins = SignIns(redis, sessions, Revocations(redis, Follower(redis)))
        if known := await accounts.find(address):
            await sign_ins.end_all(known.id)  # before too: a crash in between leaves nobody in with the old role
        account = await accounts.appoint(address, role, name or address.partition("@")[0])
        await sign_ins.end_all(account.id)
    except ValueError as error:
        raise NotReady(f"{email} {error}.") from error
    except ArchiveUnavailable as error:
        raise NotReady(f"The database cannot be reached: {error}") from error
    except LogUnavailable as error:
        raise NotReady(f"{error}. The embedded Redis runs while the bot does.") from error
    finally:
        await redis.close()
    hint = "" if account.password else " A password is chosen by a letter: POST /chat/v1/accounts."
    bot.screen.text(f"{account.email} is {role} now.{hint}")


async def forget_broker(bot: Bot) -> None:
    """Keep nothing for an event broker any more. Raises `NotReady` where Redis does not run."""
    client = connect(bot.settings.redis)
    try:
        await Feed(client, FEED).forget()
    except LogUnavailable as error:
        raise NotReady(f"{error}. The embedded Redis runs while the bot does.") from error
    finally:
        await client.close()
    bot.screen.text("Nothing is kept for an event broker any more.")


async def page(bot: Bot) -> None:
    """Bring the page up to date."""
    await bot.build_front_end()
