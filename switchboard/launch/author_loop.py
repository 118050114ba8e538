"""`make dev`: a saved file is trained, reloaded or rebuilt while conversations go on."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

from watchfiles import awatch

from switchboard.launch import bot_files, inventory
from switchboard.launch.bot import Bot
from switchboard.launch.errors import LaunchError

DEBOUNCE_MS = 300  # Editors save in several steps; a branch switch touches many files.
SWAP_SECONDS = 60.0
SWAP_POLL = 0.1
NAMED_FILES = 3


class AuthorLoop:
    """Watches the bot's files, its actions and the widget's sources, one handled at a time.

    Made before the bot starts, so that nothing that is saved meanwhile is missed.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._files = bot_files.fingerprints(bot.folder)
        self._inventory = inventory.take(bot.folder)
        self._one_at_a_time = asyncio.Lock()

    async def run(self) -> None:
        """Never ends by itself. A failed training or build is shown, and what was there goes on."""
        folder = self._bot.folder
        async with asyncio.TaskGroup() as group:
            # The folder itself, not its files one by one: editors save by replacing a file, which ends a watch on it.
            group.create_task(self._follow([folder], self._train, _is_root_file, recursive=False))
            model_folders = [folder / bot_files.DOMAIN_FOLDER, folder / bot_files.DATA_FOLDER]
            group.create_task(self._follow(model_folders, self._train, _is_model_file))
            group.create_task(self._follow([folder / "actions", folder / "shop"], self._restart_actions, _is_python))
            if self._bot.front_end.exists:
                group.create_task(self._follow(self._bot.front_end.sources, self._build_page, _is_any))
            await asyncio.sleep(0)  # Each task now watches; what was saved before is found by comparing.
            self._bot.screen.line("watching", "domain, data, config.yml, actions and the widget; just save")
            await self._explained(self._train)

    async def _follow(
        self,
        folders: list[Path],
        handle: Callable[[], Awaitable[None]],
        relevant: Callable[[Path], bool],
        *,
        recursive: bool = True,
    ) -> None:
        async for _ in _changes([folder for folder in folders if folder.is_dir()], relevant, recursive):
            await self._explained(handle)

    async def _explained(self, handle: Callable[[], Awaitable[None]]) -> None:
        try:
            async with self._one_at_a_time:
                await handle()
        except LaunchError as error:
            self._bot.screen.text(f"\n  {error}\n")

    async def _train(self) -> None:
        files = bot_files.fingerprints(self._bot.folder)
        changed = sorted(name for name in self._files.keys() | files.keys() if self._files.get(name) != files.get(name))
        if not changed:
            return
        self._files = files
        counted = inventory.take(self._bot.folder)
        self._bot.screen.line("saved", _list(changed))
        await self._bot.train()
        for phrase in inventory.differences(self._inventory, counted):
            self._bot.screen.line("", phrase)
        self._inventory = counted
        await self._swap()

    async def _swap(self) -> None:
        """Have the chat server load the newest model beside the old one, and say when it answers."""
        newest, chat = self._bot.models.newest(), self._bot.servers.chat
        if newest is None or chat is None:
            return
        started = time.monotonic()
        chat.signal(signal.SIGUSR1)
        while await self._bot.servers.loaded_model() != newest.name:
            if time.monotonic() - started > SWAP_SECONDS:
                raise LaunchError(
                    f"The chat server did not take the new model; the old one goes on.{chat.last_words()}"
                )
            await asyncio.sleep(SWAP_POLL)
        self._bot.screen.line("model", f"answers since {time.strftime('%H:%M:%S')}; conversations went on meanwhile")

    async def _restart_actions(self) -> None:
        self._bot.screen.line("saved", "actions; restarting the action server")
        await self._bot.servers.restart_actions()

    async def _build_page(self) -> None:
        if not self._bot.front_end.is_current():
            self._bot.screen.line("saved", "the widget; reload the page once it is built")
            await self._bot.build_front_end()


async def _changes(folders: list[Path], relevant: Callable[[Path], bool], recursive: bool) -> AsyncIterator[None]:
    """Yields once for every burst of relevant changes."""
    if not folders:
        return
    watched = awatch(
        *folders, watch_filter=lambda _, path: relevant(Path(path)), debounce=DEBOUNCE_MS, recursive=recursive
    )
    async for _ in watched:
        yield


def _is_root_file(path: Path) -> bool:
    return path.name in (bot_files.CONFIG, bot_files.DOMAIN_FILE)


def _is_model_file(path: Path) -> bool:
    return path.suffix in (".yml", ".yaml", ".json", ".txt", ".csv") and not path.name.startswith(".")


def _is_python(path: Path) -> bool:
    return path.suffix == ".py"


def _is_any(path: Path) -> bool:
    return not path.name.startswith(".")


def _list(names: Iterable[str]) -> str:
    named = list(names)
    more = f" and {len(named) - NAMED_FILES} more" if len(named) > NAMED_FILES else ""
    return ", ".join(named[:NAMED_FILES]) + more
