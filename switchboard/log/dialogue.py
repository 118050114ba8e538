"""What a dialogue engine remembers of each conversation: its events, append-only, and a checkpoint to read on from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from redis.asyncio import Redis

from switchboard.log.authority import ANYBODY, Authority
from switchboard.log.connection import answering
from switchboard.log.errors import StalePublish
from switchboard.log.keys import conversation_of, dialogue_pattern, keys_of
from switchboard.log.scripts import argument, script

SCRIPT = script("dialogue.lua")
SCAN = 1_000  # keys looked at per call


@dataclass(frozen=True)
class Stretch:
    """The events from number `cut` on, as JSON; `state` is what those before it have come to, '' for nothing."""

    cut: int
    state: str
    events: list[str]


@dataclass(frozen=True)
class DialogueUpdate:
    """What a dialogue engine adds to what it remembers of a conversation: events as JSON, and its newest checkpoint.

    The checkpoint is a number of events, and what those have come to. `keep_seconds`: how long after its last update a
    dialogue is forgotten; never, if `None`.
    """

    events: tuple[str, ...]
    checkpoint: tuple[int, str] | None = None
    keep_seconds: int | None = None

    def arguments(self) -> list[str | int]:
        """As the scripts take it, see `remember.lua`."""
        cut, state = self.checkpoint or ("", "")
        return [len(self.events), argument(self.keep_seconds), cut, state, *self.events]


NOTHING = DialogueUpdate(())


class Dialogues:
    """The dialogues of all conversations. Raises `LogUnavailable`."""

    def __init__(self, redis: Redis[str]) -> None:
        self._redis = redis
        self._script = redis.register_script(SCRIPT)

    async def read(self, conversation: str) -> Stretch:
        """What stands after the checkpoint."""
        async with answering():
            cut, state, *events = await self._script(keys=_keys(conversation), args=["read"])
        return Stretch(cut, state, events)

    async def read_all(self, conversation: str) -> list[str]:
        """Every event."""
        async with answering():
            return await self._redis.lrange(keys_of(conversation).dialogue, 0, -1)

    async def before(self, conversation: str, number: int, count: int) -> list[str]:
        """The last events before event number `number`, at most so many, in order."""
        if number <= 0:
            return []
        async with answering():
            return await self._redis.lrange(keys_of(conversation).dialogue, max(0, number - count), number - 1)

    async def exists(self, conversation: str) -> bool:
        """Whether there is any event."""
        async with answering():
            return bool(await self._redis.exists(keys_of(conversation).dialogue))

    async def append(self, conversation: str, update: DialogueUpdate, *, authority: Authority = ANYBODY) -> None:
        """Add events, and move the checkpoint. Raises `StalePublish`: then nothing is changed.

        What belongs to a turn goes onto record with the turn's end instead, see `Log.publish`.
        """
        arguments: list[str | int] = [
            "append", conversation, argument(authority.term), argument(authority.fence), *update.arguments(),
        ]  # fmt: skip
        async with answering():
            reply = await self._script(keys=_keys(conversation), args=arguments)
        if reply[0] == "stale":
            raise StalePublish(f"{conversation}: the {reply[1]} is {reply[2]} by now")

    async def conversations(self) -> AsyncIterator[str]:
        """Every conversation that has a dialogue, in no order. Reads the names of all keys of Redis."""
        async for key in self._redis.scan_iter(dialogue_pattern(), count=SCAN):
            yield conversation_of(key)


def _keys(conversation: str) -> list[str]:
    keys = keys_of(conversation)
    return [keys.meta, keys.dialogue, keys.checkpoint, keys.feeds]
