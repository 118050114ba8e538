"""The chat as a Rasa channel: name it in `credentials.yml` as `channels.adapter.ChatChannel`.

Besides the routes it runs the worker that answers. This is the only module of the edge that imports Rasa.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.model import get_latest_model
from sanic import Sanic

from channels.blueprint import ChatBlueprint
from channels.services import Chat
from switchboard.engine.rasa_engine import RasaEngine
from switchboard.log.inbox import Inbox
from switchboard.settings import Settings
from switchboard.turns.worker import Worker

logger = logging.getLogger(__name__)

MODELS = Path("models")
RELOAD_SIGNAL = signal.SIGUSR1  # `make dev` sends it when a new model is there


class ChatChannel(InputChannel):
    """Serves `/` and `/chat/v1`, and answers what is on the log."""

    def __init__(self, settings: Settings, shared_slots: Sequence[str] = ()) -> None:
        self._settings = settings
        self._shared_slots = shared_slots

    @classmethod
    def name(cls) -> str:
        """What Rasa calls this channel."""
        return "switchboard"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> ChatChannel:
        """Settings come from the environment; here stands what belongs to the bot: `shared_slots`, seen by clients.

        Raises `SettingsError` where production would not be safe.
        """
        settings = Settings()
        settings.check_production()
        return cls(settings, (credentials or {}).get("shared_slots", ()))

    def url_prefix(self) -> str:
        """The server's root, instead of `/webhooks/switchboard`."""
        return "/"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> ChatBlueprint:
        """The routes. `on_new_message` is not used: a request never runs a turn, it only appends to the log."""
        logging.getLogger("switchboard").setLevel(self._settings.log_level)
        logging.getLogger("channels").setLevel(self._settings.log_level)
        blueprint = ChatBlueprint(self._settings)
        bot = _Bot(self._settings, self._shared_slots)
        blueprint.listener("after_server_start")(bot.start)
        blueprint.listener("before_server_stop")(bot.stop)
        return blueprint


class _Bot:
    """The worker in Rasa's server: begins when the agent is loaded, ends before the streams do."""

    def __init__(self, settings: Settings, shared_slots: Sequence[str]) -> None:
        self._settings = settings
        self._shared_slots = shared_slots
        self._work: asyncio.Task[None] | None = None
        self._reload: asyncio.Task[None] | None = None

    async def start(self, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        agent = app.ctx.agent
        if agent is None or not agent.is_ready():
            logger.error("There is no model: nothing will be answered. Train one with `rasa train`.")
            return
        chat: Chat = app.ctx.chat
        engine = RasaEngine(agent, self._settings.action_url, self._shared_slots)
        worker = Worker(chat.log, Inbox(chat.log.redis), chat.follower, engine)
        self._work = loop.create_task(worker.run(), name="worker")
        chat.bot = engine
        _spare_what_stays()
        loop.add_signal_handler(RELOAD_SIGNAL, self._start_reload, engine)

    def _start_reload(self, engine: RasaEngine) -> None:
        self._reload = asyncio.get_running_loop().create_task(_reload(engine), name="reload")

    async def stop(self, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        for task in (self._work, self._reload):
            if task:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


def _spare_what_stays() -> None:
    """Keep the garbage collector from what was loaded for good: going through all of it holds up streams for 0.2 s."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


async def _reload(engine: RasaEngine) -> None:
    latest = get_latest_model(str(MODELS))
    if latest is None:
        logger.error("There is no model in %s to load", MODELS)
        return
    try:
        await asyncio.to_thread(engine.load, Path(latest))
    except Exception:  # a model that does not load: the old one goes on
        logger.exception("%s does not load; %s goes on", latest, engine.model)
    else:
        logger.info("%s answers from here on", engine.model)
        _spare_what_stays()
