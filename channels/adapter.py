"""The chat as a Rasa channel: name it in `credentials.yml` as `channels.adapter.ChatChannel`.

Besides the routes it runs the worker that answers. This is the only module of the edge that imports Rasa.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Sanic

from channels.blueprint import ChatBlueprint
from channels.services import Chat
from switchboard.archive.archiver import FEED as ARCHIVE
from switchboard.archive.archiver import Archiver
from switchboard.engine import brokers
from switchboard.engine.rasa_engine import RasaEngine
from switchboard.engine.recall import Recall
from switchboard.engine.reloads import Reloads
from switchboard.handoff.clerk import Clerk
from switchboard.handoff.rules import Rules
from switchboard.log.errors import LogUnavailable
from switchboard.log.feed import Feed
from switchboard.log.inbox import Inbox
from switchboard.people.learner import FEED as MEMORY
from switchboard.people.learner import Learner
from switchboard.people.mail import FolderMailer
from switchboard.records.eraser import Eraser
from switchboard.relay.relay import FEED as BROKER
from switchboard.relay.relay import Relay
from switchboard.settings import Settings, SettingsError
from switchboard.turns.worker import Worker

logger = logging.getLogger(__name__)

MODELS = Path("models")
RELOAD_SIGNAL = signal.SIGUSR1  # `make dev` sends it when a new model is there


class ChatChannel(InputChannel):
    """Serves `/` and `/chat/v1`, and answers what is on the log."""

    def __init__(
        self,
        settings: Settings,
        shared_slots: Sequence[str] = (),
        remember: Mapping[str, int] | None = None,
        personal: Sequence[str] = (),
    ) -> None:
        self._settings = settings
        self._shared_slots = shared_slots
        self._remember = remember or {}
        self._personal = personal

    @classmethod
    def name(cls) -> str:
        """What Rasa calls this channel."""
        return "switchboard"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> ChatChannel:
        """Settings come from the environment; here stands what belongs to the bot.

        `shared_slots`: seen by clients. `remember`: slots that outlast a conversation, and for how many days.
        `personal`: slots that belong to whoever speaks, within the session. Raises `SettingsError` where production
        would not be safe, the days are none, or `personal` is no list.
        """
        given = credentials or {}
        remember = given.get("remember") or {}
        if not isinstance(remember, dict) or not all(_are_days(days) for days in remember.values()):
            raise SettingsError("credentials.yml: `remember` names slots, each with a number of days from 1 to 3650.")
        personal = given.get("personal") or []
        if not isinstance(personal, list) or not all(isinstance(name, str) for name in personal):
            raise SettingsError("credentials.yml: `personal` is a list of slots.")
        return cls(Settings.checked(), given.get("shared_slots", ()), remember, personal)

    def url_prefix(self) -> str:
        """The server's root, instead of `/webhooks/switchboard`."""
        return "/"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> ChatBlueprint:
        """The routes. `on_new_message` is not used: a request never runs a turn, it only appends to the log."""
        brokers.install()
        logging.getLogger("switchboard").setLevel(self._settings.log_level)
        logging.getLogger("channels").setLevel(self._settings.log_level)
        blueprint = ChatBlueprint(self._settings)
        bot = _Bot(self._settings, self._shared_slots, self._remember, self._personal)
        blueprint.listener("after_server_start")(bot.start)
        blueprint.listener("before_server_stop")(bot.stop)
        return blueprint


class _Bot:
    """What runs in Rasa's server beside the routes: begins when the agent is loaded, ends before the streams do."""

    def __init__(
        self, settings: Settings, shared_slots: Sequence[str], remember: Mapping[str, int], personal: Sequence[str]
    ) -> None:
        self._settings = settings
        self._shared_slots = shared_slots
        self._remember = remember
        self._personal = personal
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        agent = app.ctx.agent
        if agent is None or not agent.is_ready():
            logger.error("There is no model: nothing will be answered. Train one with `rasa train`.")
            return
        chat: Chat = app.ctx.chat
        settings = self._settings
        has_owners = self._remember or self._personal
        engine = RasaEngine(
            agent,
            settings.action_url,
            self._shared_slots,
            action_seconds=settings.action_seconds,
            recall=Recall(chat.memory, self._remember, self._personal) if has_owners else None,
        )
        chat.bot = engine
        reloads = Reloads(engine, MODELS)
        loop.add_signal_handler(RELOAD_SIGNAL, reloads.ask)
        worker = Worker(chat.log, Inbox(chat.log.redis), chat.follower, engine)
        clerk = Clerk(chat.log, chat.follower, Rules(settings.handoff_wait, settings.handoff_assigns))
        self._tasks = [
            loop.create_task(worker.run(), name="worker"),
            loop.create_task(clerk.run(), name="clerk of the desk"),
            loop.create_task(reloads.run(), name="loader of models"),
        ]
        if not settings.archive_apart:
            archiver = Archiver(Feed(chat.log.redis, ARCHIVE), chat.follower, chat.archive)
            self._tasks.append(loop.create_task(archiver.run(), name="archiver"))
            eraser = Eraser(chat.log, chat.calls, chat.sign_ins, FolderMailer(settings.letters, settings.mail_from))
            self._tasks.append(loop.create_task(eraser.run(), name="eraser"))
        if self._remember:
            learner = Learner(chat.log, chat.follower, chat.memory, self._remember)
            self._tasks.append(loop.create_task(learner.run(), name="learner"))
        else:
            await _forget_learner(chat)
        feed, publisher = Feed(chat.log.redis, BROKER), brokers.publisher_of(agent.tracker_store.event_broker)
        if publisher:
            self._tasks.append(loop.create_task(Relay(feed, chat.follower, publisher).run(), name="relay"))
        else:
            await _say_if_kept_for_nobody(feed)
        for task in self._tasks:
            chat.vitals.watch(task)

    async def stop(self, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _are_days(days: Any) -> bool:
    return isinstance(days, int) and not isinstance(days, bool) and 1 <= days <= 3650


async def _forget_learner(chat: Chat) -> None:
    """Nothing is kept for it any more, where the bot remembered something once."""
    feed = Feed(chat.log.redis, MEMORY)
    with contextlib.suppress(LogUnavailable):
        if await feed.is_registered():
            await feed.forget()


async def _say_if_kept_for_nobody(feed: Feed) -> None:
    with contextlib.suppress(LogUnavailable):
        if await feed.is_registered():
            logger.warning(
                "There is no event_broker any more. What happens is kept for one until you run "
                "`python -m switchboard forget-broker`."
            )
