"""Rasa's conversation lock, as the lease under which turns run. Named in `endpoints.yml`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any
from weakref import WeakKeyDictionary

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockError
from rasa.core.lock_store import LockStore as RasaLockStore
from rasa.utils.endpoints import EndpointConfig

from switchboard.engine.current import authority, hold
from switchboard.log.authority import Authority
from switchboard.log.connection import connect
from switchboard.log.errors import Owned
from switchboard.log.inbox import Inbox
from switchboard.settings import Settings

FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.2  # seconds between looks at a lease that somebody else holds


class NotTheBots(LockError):
    """Raised when people have the conversation: the bot says nothing, and its slots stay as they are."""


class LockStore(RasaLockStore):
    """One lease for whatever writes a conversation's tracker: turns, which have it already, reminders, Rasa's HTTP API.

    Rasa's own Redis lock lets two processes in at once, and loses tickets. This one is taken by a script, renewed while
    it is held, and fenced: a holder that was away for too long cannot save any more.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None) -> None:
        super().__init__()
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = WeakKeyDictionary()

    @contextlib.asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME, wait_time_in_seconds: float = 1
    ) -> AsyncGenerator[TicketLock | None, None]:
        """Wait for the lease, at most `lock_lifetime` seconds; there is nothing to wait for inside a turn.

        Raises `LockError`, as Rasa's own does, also while people have the conversation, and `LogUnavailable`.
        """
        if authority(conversation_id).fence is not None:
            yield None
            return
        inbox = Inbox(self._redis)
        right = await self._wait(inbox, conversation_id, lock_lifetime)
        assert right.fence is not None
        renewing = asyncio.create_task(inbox.keep(conversation_id, right.fence))
        try:
            with hold(conversation_id, right):
                yield None
        finally:
            renewing.cancel()
            await inbox.release(conversation_id, wake=True)

    async def _wait(self, inbox: Inbox, conversation: str, seconds: float) -> Authority:
        pause = FIRST_PAUSE
        try:
            async with asyncio.timeout(seconds):
                while (right := await inbox.hold(conversation)) is None:
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
                return right
        except Owned as error:
            raise NotTheBots(str(error)) from error
        except TimeoutError:
            pass
        raise LockError(f"{conversation} was held by somebody else for {seconds:.0f} s")

    @property
    def _redis(self) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in self._of_loop:
            self._of_loop[loop] = connect(Settings().redis)
        return self._of_loop[loop]
