"""The worker: finds conversations that wait, and runs their turns, one at a time each, many side by side."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging

from switchboard.log.clock import now_ms
from switchboard.log.crew import LOOK
from switchboard.log.errors import DecodeError, LogError, LogUnavailable, StalePublish
from switchboard.log.follower import AWAY, Follower
from switchboard.log.inbox import Inbox, Lease
from switchboard.log.keys import WAKE
from switchboard.log.line import Line
from switchboard.log.log import Log
from switchboard.log.subscription import SlowReader
from switchboard.turns.stops import Stops
from switchboard.turns.turn import Engine, Turn, TurnError, give_up

logger = logging.getLogger(__name__)

MAX_CONVERSATIONS = 64  # served side by side in one process; the others stay in the inbox
RESCAN_SECONDS = 1.0  # finds what no wake-up announced: the conversations of a worker that died
STOP_SECONDS = 2.0  # how long a turn may take to stop by itself
MAX_DEATHS = 5  # workers that one message may end; it must not do so for ever
LEAVE_SECONDS = 0.5  # of those that follow, for telling the other workers
DRAIN_SECONDS = 2.0  # how long a stop waits for turns under way; `launch.servers` kills the process after 3.5 s


class Worker:
    """Runs turns until it is stopped. A turn that is cut off stays in the inbox; whoever comes next tries it again."""

    def __init__(
        self,
        log: Log,
        inbox: Inbox,
        follower: Follower,
        engine: Engine,
        *,
        rescan_seconds: float = RESCAN_SECONDS,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        self._log = log
        self._inbox = inbox
        self._follower = follower
        self._engine = engine
        self._rescan_seconds = rescan_seconds
        self._drain_seconds = drain_seconds
        self._stops = Stops(log, follower)
        self._stopping = False
        self._serving: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()  # woken while they were served: there may be more to answer
        self._line: dict[str, None] = {}  # to be served once there is room, in this order

    async def run(self) -> None:
        """Serve until cancelled; then wait for the turns under way, at most `DRAIN_SECONDS`."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._stops.run(), name="stops")
                group.create_task(self._find_work(), name="wake-ups")
        finally:
            await self._drain()

    async def _find_work(self) -> None:
        while True:
            with contextlib.suppress(SlowReader):
                await self._listen()

    async def _listen(self) -> None:
        async with self._follower.subscribe(WAKE) as wakes:
            rescan = 0.0  # by the loop's clock: however many wake-ups come, the others are looked for too
            while True:
                lines: list[Line] | None = []
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(rescan):
                        lines = await wakes.take()
                woken = [line.json for line in lines or () if line is not AWAY]
                if lines and LOOK not in woken:
                    self._line_up([name for name in woken if name in self._serving or self._inbox.crew.is_ours(name)])
                else:
                    self._line_up(await self._waiting())
                    rescan = asyncio.get_running_loop().time() + self._rescan_seconds

    async def _waiting(self) -> list[str]:
        """What waits for this worker, and what has waited so long that it is for anybody."""
        try:
            await self._inbox.crew.report()
            waiting = await self._inbox.waiting()
        except LogUnavailable as error:
            logger.warning("Cannot look for waiting conversations: %s", error)
            return []
        overdue = now_ms() - 1000 * self._rescan_seconds
        return [name for name, since in waiting.items() if since <= overdue or self._inbox.crew.is_ours(name)]

    def _line_up(self, conversations: list[str]) -> None:
        for conversation in conversations:
            if conversation in self._serving:
                self._again.add(conversation)
            else:
                self._line.setdefault(conversation)
        self._fill()

    def _fill(self) -> None:
        """Serve whoever is next while there is room."""
        while self._line and len(self._serving) < MAX_CONVERSATIONS and not self._stopping:
            conversation = next(iter(self._line))
            del self._line[conversation]
            task = asyncio.create_task(self._serve(conversation), name=f"turns of {conversation}")
            self._serving[conversation] = task
            task.add_done_callback(functools.partial(self._served, conversation))

    def _served(self, conversation: str, task: asyncio.Task[None]) -> None:
        del self._serving[conversation]
        if not task.cancelled() and (error := task.exception()):
            logger.error("%s was given up", conversation, exc_info=error)
        if conversation in self._again:
            self._again.discard(conversation)
            self._line.setdefault(conversation)
        self._fill()

    async def _serve(self, conversation: str) -> None:
        """Every waiting message of one conversation, in order; only one while others wait for room, or when we stop."""
        try:
            lease = await self._inbox.take(conversation)
            while lease:
                await self._hold(lease)
                if self._stopping or (lease.waiting > 1 and self._line):
                    await self._inbox.release(conversation, wake=True)  # it is somebody else's turn, or worker
                    return
                lease = await self._inbox.take(conversation) if lease.waiting > 1 else None
        except LogUnavailable as error:
            logger.warning("%s waits until Redis is back: %s", conversation, error)
        except StalePublish as error:  # another worker has it, or people have
            logger.info("%s: the turn ends here: %s", conversation, error)
        except LogError as error:
            logger.error("%s: the turn was given up: %s", conversation, error)

    async def _hold(self, lease: Lease) -> None:
        """One turn under its lease, which ends with the turn."""
        renewal = asyncio.create_task(self._inbox.keep(lease.conversation, lease.fence))
        try:
            await self._answer(lease)
        except BaseException:
            # When we stop the others need not find it by looking.
            await self._inbox.release(lease.conversation, wake=self._stopping, unended=f"t{lease.offset}")
            raise
        finally:
            renewal.cancel()

    async def _answer(self, lease: Lease) -> None:
        try:
            turn = Turn.of(self._log, lease)
        except DecodeError as error:  # nobody can answer it, now or later
            logger.error("%s t%d cannot be read: %s", lease.conversation, lease.offset, error)
            await give_up(self._log, lease, self._engine.apology())
            return
        if lease.deaths > MAX_DEATHS:
            await self._fail(turn, "gave_up", f"{MAX_DEATHS} workers came to no end with it: does it end its process?")
            return
        try:
            await self._answer_until_stopped(turn, lease.stopping)
        except LogError:
            raise
        except TurnError as error:
            await self._fail(turn, error.reason, error.detail)
        except Exception as error:  # the edge to the engine: whatever it raises ends this turn, and only this turn
            await self._fail(turn, "error", repr(error), error)
        else:
            await turn.complete()

    async def _fail(self, turn: Turn, reason: str, detail: str, defect: Exception | None = None) -> None:
        """The customer reads an apology and their client a code; the detail is for operators, in this process's log."""
        what = "turn failed: conversation=%s turn=%s message=%s try=%d reason=%s detail=%s"
        values = (turn.conversation, turn.id, turn.message.message_id, turn.tries, reason, detail)
        logger.error(what, *values, exc_info=defect)
        await turn.fail(reason, self._engine.apology())

    async def _answer_until_stopped(self, turn: Turn, stopping: bool) -> None:
        """Have the turn answered. Once stopped it has `STOP_SECONDS`; then it is cut off, and keeps what it said."""
        answering = asyncio.create_task(self._engine.answer(turn), name=f"{turn.conversation} {turn.id}")
        cuts: list[asyncio.TimerHandle] = []

        def stop() -> None:
            turn.stopped = True
            cuts.append(asyncio.get_running_loop().call_later(STOP_SECONDS, answering.cancel))

        with self._stops.watch(turn.conversation, turn.id, stop):
            if stopping:
                stop()
            try:
                await answering
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if not turn.stopped or (task and task.cancelling()):
                    raise
                await self._engine.cut(turn)
            finally:
                for cut in cuts:
                    cut.cancel()

    async def _drain(self) -> None:
        self._stopping = True
        with contextlib.suppress(LogUnavailable, TimeoutError):  # then the others find out after a while
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._inbox.crew.leave()
        tasks = list(self._serving.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._drain_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
