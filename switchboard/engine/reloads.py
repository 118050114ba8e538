"""Newer models, loaded while conversations go on."""

from __future__ import annotations

import asyncio
import gc
import logging
from pathlib import Path

from rasa.model import get_latest_model

from switchboard.engine.rasa_engine import RasaEngine

logger = logging.getLogger(__name__)


class Reloads:
    """Loads the newest model of a folder when it is asked to. One at a time: whoever asks meanwhile gets another."""

    def __init__(self, engine: RasaEngine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Returns at once; a signal handler may call it."""
        self._asked.set()

    async def run(self) -> None:
        """Serve until cancelled, beginning with the model that is there already."""
        _spare_what_stays()
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self._load()

    async def _load(self) -> None:
        latest = get_latest_model(str(self._folder))
        if latest is None:
            logger.error("There is no model in %s to load", self._folder)
            return
        try:
            await self._engine.load(Path(latest))
        except Exception:  # a model that does not load: the old one goes on
            logger.exception("%s does not load; %s goes on", latest, self._engine.model)
        else:
            logger.info("%s answers from here on", self._engine.model)
            _spare_what_stays()


def _spare_what_stays() -> None:
    """Keep the garbage collector from what was loaded for good: going through all of it holds up streams for 0.2 s."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
