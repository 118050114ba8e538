"""Erases whoever has asked for it, beside the archiver."""

from __future__ import annotations

import asyncio
import logging

from switchboard.archive.erasing import Erasing
from switchboard.log.errors import ArchiveUnavailable, LogError, LogUnavailable
from switchboard.log.log import Log
from switchboard.log.rewriting import Rewriting
from switchboard.people.mail import FolderMailer
from switchboard.people.sign_ins import SignIns
from switchboard.records.erasure import Erasure
from switchboard.records.person import Person
from switchboard.records.requests import Request, Requests
from switchboard.store.calls import Calls

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0  # between looks for requests
LINGER_SECONDS = 60.0  # then what was under way when they were signed out is over, and they are erased once more


class Eraser:
    """Runs until it is stopped, in as many processes as there are archivers."""

    def __init__(
        self,
        log: Log,
        calls: Calls,
        sign_ins: SignIns,
        letters: FolderMailer | None = None,
        *,
        look_seconds: float = LOOK_SECONDS,
        linger_seconds: float = LINGER_SECONDS,
    ) -> None:
        """`letters`: where they are put if there is no mail server."""
        self._requests = Requests(calls)
        self._erasure = Erasure(log, Erasing(calls))
        self._person = Person(calls)
        self._rewriting = Rewriting(log.redis)
        self._sign_ins = sign_ins
        self._letters = letters
        self._look_seconds = look_seconds
        self._linger_seconds = linger_seconds

    async def run(self) -> None:
        """Until cancelled. What fails is tried again at the next look."""
        while True:
            try:
                await self.look()
            except LogError as error:
                logger.warning("Cannot look whom to erase, trying again in %.0f s: %s", self._look_seconds, error)
            await asyncio.sleep(self._look_seconds)

    async def look(self) -> None:
        """Serve every request that is due. Raises `LogError`: then they are all to be served again."""
        done = []
        for request in filter(self._is_due, await self._requests.open()):
            try:
                await self._erase(request.person)
                done.append(request)
            except (LogError, OSError) as error:
                logger.warning("Somebody is not erased yet, trying again in %.0f s: %s", self._look_seconds, error)
        if not done:
            return
        await self._overwrite()
        for request in done:
            await (self._requests.erased(request) if request.erased_at is None else self._requests.close(request))
        try:
            await self._person.overwrite()  # who had asked
        except ArchiveUnavailable as error:
            logger.info("The file has who was erased until it is written over the next time: %s", error)

    def _is_due(self, request: Request) -> bool:
        return request.erased_at is None or self._requests.age(request) >= self._linger_seconds

    async def _erase(self, person: str) -> None:
        await self._sign_ins.end_all(person)
        email = await self._person.email(person)
        if self._letters and email:
            await self._letters.discard(email)
        await self._person.forget(person)
        await self._erasure.erase(person)
        await self._person.forget(person)  # an answer that was under way may have taught the bot something

    async def _overwrite(self) -> None:
        """What files still have of them. That a Redis does not let us is no reason to do it all again."""
        await self._person.overwrite()
        try:
            await self._rewriting.rewrite_files()
        except LogUnavailable as error:
            logger.warning("Redis's append-only file still has what was erased, until it is rewritten: %s", error)
