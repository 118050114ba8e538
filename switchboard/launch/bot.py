"""A whole bot: its files, what is built from them, and its servers."""

from __future__ import annotations

import asyncio
from pathlib import Path

from switchboard.launch import demo_data, demo_operators
from switchboard.launch.environment import child_environment
from switchboard.launch.errors import NotReady
from switchboard.launch.front_end import FrontEnd
from switchboard.launch.logs import LogFolder
from switchboard.launch.model import Models
from switchboard.launch.readiness import reachable
from switchboard.launch.screen import Screen
from switchboard.launch.servers import Servers
from switchboard.log.errors import ArchiveUnavailable
from switchboard.settings import Mode, Settings


class Bot:
    """The bot in a folder, which is the working directory of everything that is started for it."""

    def __init__(self, settings: Settings, screen: Screen, folder: Path | None = None) -> None:
        self.settings = settings
        self.screen = screen
        self.folder = folder or Path.cwd()
        self.logs = LogFolder(settings.data_dir / "logs")
        environment = child_environment(settings)
        self.models = Models(self.folder, self.logs, environment)
        self.front_end = FrontEnd(self.logs, environment)
        self.servers = Servers(settings, self.logs, screen)

    async def train(self, *, force: bool = False) -> None:
        """Bring the model up to date. Raises `TrainingFailed`."""
        async with self.screen.step("model", "training") as step:
            model = await self.models.bring_up_to_date(force=force)
            step.result = f"trained in {step.seconds:.0f} s: {model.path.name}" if model.trained else "up to date"

    async def build_front_end(self) -> None:
        """Build the chat's script if its sources changed. Raises `BuildFailed`."""
        if not self.front_end.exists:
            return
        async with self.screen.step("page", "building") as step:
            if self.front_end.is_current():
                step.result = "up to date"
            else:
                await self.front_end.build()
                step.result = f"built in {step.seconds:.0f} s"

    async def seed(self) -> list[str]:
        """Make the demo data; returns what there is to try. Nothing in production. Raises `BuildFailed`."""
        if self.settings.switchboard_mode is Mode.production:
            return []
        async with self.screen.step("demo data", "making"):
            return await demo_data.seed(self.folder, self.logs, child_environment(self.settings))

    async def appoint(self) -> list[str]:
        """Make people to try the console as; returns how they sign in. Nothing in production. Raises `NotReady`."""
        if self.settings.switchboard_mode is Mode.production:
            return []
        try:
            people = await demo_operators.appoint(self.settings)
        except ArchiveUnavailable as error:
            raise NotReady(f"The database cannot be reached: {error}") from error
        return ["", f"Operators: {self._url}/console", *(f"  {line}" for line in people)]

    @property
    def _url(self) -> str:
        return f"http://{reachable(self.settings.host)}:{self.settings.port}"

    async def start(self) -> list[str]:
        """Bring everything up to date and up; returns what there is to try. Raises a `LaunchError` in a group.

        The chat server, which takes longest, starts as soon as there is a model; the rest happens beside it.
        """
        await self.servers.claim_ports()
        await self.servers.start_redis()
        await self.servers.start_actions()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._train_then_serve())
            group.create_task(self.build_front_end())
            group.create_task(self.servers.wait_for_actions())
            hints = group.create_task(self.seed())
        return [*hints.result(), *await self.appoint()]

    async def _train_then_serve(self) -> None:
        await self.train()
        await self.servers.start_chat()
        await self.servers.wait_for_chat()

    def welcome(self, hints: list[str]) -> None:
        """The screen that says where everything is."""
        settings = self.settings
        lines = [f"Open {self._url} and say hello."]
        lines += ["", *hints] if hints else []
        lines += ["", f"Data: {_near(settings.data_dir)}    Logs: {_near(self.logs.path)}    Ctrl-C stops everything."]
        self.screen.text("\n" + "\n".join(f"  {line}".rstrip() for line in lines) + "\n")


def _near(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
