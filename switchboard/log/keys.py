"""Every Redis key of the log, written down once.

All keys of a conversation carry its partition as hash tag, so that one script may touch them, and the partition's
inbox, on a Redis Cluster too. There are 16 partitions for good: changing the number orphans what is stored.

    sb:{<p>}:inbox             zset    conversations with an unanswered message, scored by its arrival (ms)
    sb:{<p>}:c:<id>:meta       hash    epoch, offset, term, owner, fence, and `p:<participant>` → `<role> <name>`
    sb:{<p>}:c:<id>:log        stream  id `<offset>-0`; fields `e` (the entry's JSON) and `k` (its key, may be empty)
    sb:{<p>}:c:<id>:keys       hash    entry key → `<offset> <fingerprint>`, as long as the entry is in the log
    sb:{<p>}:c:<id>:waiting    list    offsets of unanswered messages, oldest first
    sb:{<p>}:c:<id>:lease      string  the worker that runs the conversation's turns; expires
    sb:{<p>}:c:<id>:live       channel `<offset> <entry JSON>` as it is appended
    sb:wake                    channel the id of a conversation that has something to answer
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

PARTITIONS = 16
WAKE = "sb:wake"


def partition(conversation: str) -> int:
    """The partition of a conversation, from 0 to 15."""
    return zlib.crc32(conversation.encode()) % PARTITIONS


def inbox(number: int) -> str:
    """The inbox of a partition."""
    return f"sb:{{{number}}}:inbox"


@dataclass(frozen=True)
class ConversationKeys:
    """The keys of one conversation."""

    conversation: str

    def _key(self, name: str) -> str:
        return f"sb:{{{partition(self.conversation)}}}:c:{self.conversation}:{name}"

    @property
    def meta(self) -> str:
        return self._key("meta")

    @property
    def log(self) -> str:
        return self._key("log")

    @property
    def keys(self) -> str:
        return self._key("keys")

    @property
    def waiting(self) -> str:
        return self._key("waiting")

    @property
    def lease(self) -> str:
        return self._key("lease")

    @property
    def live(self) -> str:
        return self._key("live")

    @property
    def inbox(self) -> str:
        return inbox(partition(self.conversation))

    @property
    def all(self) -> list[str]:
        """What the scripts touch, in their order."""
        return [self.meta, self.log, self.keys, self.waiting, self.inbox, self.lease]
