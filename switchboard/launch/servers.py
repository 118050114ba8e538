"""The servers of a bot and how each is started and known to be ready."""

from __future__ import annotations

import asyncio
from typing import NoReturn

from switchboard.launch import environment, ports, programs, readiness
from switchboard.launch.errors import LaunchError, NotReady
from switchboard.launch.logs import LogFolder
from switchboard.launch.processes import Child, start
from switchboard.launch.readiness import HEALTH, HEALTH_OF_ACTIONS
from switchboard.launch.redis_server import start_redis
from switchboard.launch.screen import Screen
from switchboard.settings import Settings

# Turns under way get 2 s of it (`DRAIN_SECONDS`), streams and connections one; under 5 s in all.
CHAT_STOP_SECONDS = 3.5
ACTIONS_STOP_SECONDS = 1.0  # Nobody calls them by then, and what the archiver has not done comes again.
REDIS_STOP_SECONDS = 1.0  # It has nothing left to do by then; every write is on the file already.
DEATH_POLL_SECONDS = 1.0
LOCALHOST = "127.0.0.1"


class Servers:
    """The processes that run for good. After `stop` none is left, whatever happened before."""

    def __init__(self, settings: Settings, logs: LogFolder, screen: Screen) -> None:
        self._settings = settings
        self._logs = logs
        self._screen = screen
        self.redis: Child | None = None
        self.actions: Child | None = None
        self.archiver: Child | None = None
        self.chat: Child | None = None

    @property
    def all(self) -> list[Child]:
        return [child for child in (self.chat, self.actions, self.archiver, self.redis) if child]

    async def claim_ports(self) -> None:
        """Raises `PortInUse` before anything slow has begun."""
        await ports.claim(self._settings.host, self._settings.port, "PORT")
        if self.has_own_actions:
            await ports.claim(LOCALHOST, self._settings.action_port, "ACTION_PORT")

    @property
    def has_own_actions(self) -> bool:
        return self._settings.action_url is None

    async def start_redis(self) -> None:
        """Start the embedded Redis, unless the settings name another."""
        if self._settings.redis_url is None:
            async with self._screen.step("redis", "starting"):
                quiet = environment.child_environment(self._settings)
                self.redis = await start_redis(self._settings, self._logs, quiet)

    async def start_actions(self) -> None:
        """Start the action server without waiting."""
        if self.has_own_actions:
            self.actions = await start(programs.actions(self._settings), self._logs)

    async def start_chat(self) -> None:
        """Start `rasa run`, and what archives beside it, without waiting for them."""
        beside = self._settings.copy(update={"archive_apart": True})
        self.chat = await start(programs.chat(beside), self._logs)
        self.archiver = await start(programs.archiver(self._settings), self._logs)

    async def wait_for_actions(self) -> None:
        """Raises `ChildDied` or `NotReady`."""
        if self.actions:
            async with self._screen.step("actions", "starting") as step:
                await readiness.wait_until_ready(self.actions, LOCALHOST, self._settings.action_port, HEALTH_OF_ACTIONS)
                step.result = f"ready after {step.seconds:.0f} s"

    async def wait_for_chat(self) -> None:
        """Raises `ChildDied` or `NotReady`."""
        assert self.chat is not None, "start_chat comes first"
        async with self._screen.step("chat server", "loading Rasa and the model") as step:
            answer = await readiness.wait_until_ready(self.chat, self._settings.host, self._settings.port, HEALTH)
            step.result = f"ready after {step.seconds:.0f} s"
        if answer.status == 404:
            raise NotReady(
                "There is no page, because credentials.yml does not name our channel: `channels.adapter.ChatChannel:`"
            )

    async def loaded_model(self) -> str | None:
        """Name of the model that the chat server answers with."""
        answer = await readiness.get(self._settings.host, self._settings.port, HEALTH)
        model = answer.body.get("model") if answer and answer.status == 200 else None
        return model if isinstance(model, str) else None

    async def restart_actions(self) -> None:
        """Replace the action server. The chat server tries again meanwhile. Raises as `wait_for_actions`."""
        old, self.actions = self.actions, None
        if old:
            await old.stop()
        try:
            await self.start_actions()
            await self.wait_for_actions()
        except LaunchError:
            self.actions = None
            raise

    async def watch(self) -> NoReturn:
        """Raises `ChildDied` when a server ends that nobody replaced."""
        while True:
            await asyncio.sleep(DEATH_POLL_SECONDS)
            for child in self.all:
                if not child.alive:
                    raise child.died()

    async def stop(self) -> None:
        """Stop each before what it still needs: the chat's last turns call the actions, and both write to Redis."""
        for children, grace in (
            ((self.chat,), CHAT_STOP_SECONDS),
            ((self.actions, self.archiver), ACTIONS_STOP_SECONDS),
            ((self.redis,), REDIS_STOP_SECONDS),
        ):
            await asyncio.gather(*(child.stop(grace) for child in children if child))
