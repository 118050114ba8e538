"""Every Redis key of the log, written down once.

All keys of a conversation carry its partition as hash tag, so that one script may touch them, and the partition's
inbox, on a Redis Cluster too. There are 16 partitions for good: changing the number orphans what is stored.

    sb:{<p>}:inbox             zset    conversations with an unanswered message, scored by its arrival (ms)
    sb:{<p>}:feeds             set     names of the feeds that follow every conversation: the archive's, a broker's
    sb:{<p>}:feeds:<name>      zset    conversations with something new for that feed, scored by its arrival (µs)
    sb:{<p>}:feeds:<name>:lease string who takes that feed's conversations of this partition; expires
    sb:{0}:feeds:<name>:whole  string  set once that feed has been told of every conversation that there was before it
    sb:{<p>}:desk              hash    conversation that people have, or are to have → JSON, see handoff/case.py
    sb:{<p>}:c:<id>:meta       hash    epoch, offset, term, owner, fence, stop (a turn), `p:<id>` → `<role> <name>`,
                                       title, closed (1, or not there),
                                       pace (what people have sent is paid off, µs),
                                       `was:<guest>` → who that guest has turned out to be,
                                       `j:<id>`: the offset behind which they joined, 0 if none; `m:<id>`: is muted;
                                       `l:<id>`, as `p:<id>`: has left; `c:<id>`: came to take it over;
                                       host; humans: how many customers and operators take part, 1 if none;
                                       invitations: their generation, 0 if none; it grows when they are revoked;
                                       handoff: JSON, what everybody may know of the one under way;
                                       unheard: what the bot has missed, see owner.lua;
                                       `f:<feed>`, `d:<feed>`: how far a feed has come in the log, in the dialogue
    sb:{<p>}:c:<id>:log        stream  id `<offset>-0`; fields `e` (the entry's JSON) and `k` (its key, may be empty)
    sb:{<p>}:c:<id>:keys       hash    entry key → `<offset> <fingerprint>`, as long as the entry is in the log
    sb:{<p>}:c:<id>:waiting    list    offsets of unanswered messages, oldest first
    sb:{<p>}:c:<id>:lease      string  the worker that runs the conversation's turns; expires
    sb:{<p>}:c:<id>:turn       hash    id, tries, deaths, kept: of the turn under way, what a second try must know
    sb:{<p>}:c:<id>:present    zset    `<edge> <participant>` of who has it open, scored by when that passes (ms)
    sb:{<p>}:c:<id>:invited    hash    invitation → how often it was used; expires with the last of them
    sb:{<p>}:c:<id>:dialogue   list    Rasa's events of the conversation, JSON, only ever appended
    sb:{<p>}:c:<id>:checkpoint hash    cut, state: what the dialogue has come to before its event number `cut`
    sb:{<p>}:c:<id>:draft:<n>  stream  a log that is to come in the place of this one; expires
    sb:{<p>}:c:<id>:live       channel each entry's JSON as it is appended; ephemeral events, which have no offset
    sb:{limits}:<name>:<whom>  string  when what somebody did under a limit is paid off (Redis's µs); expires then
    sb:crew                    zset    the workers, scored by when they pass for gone unless they report (Redis's ms)
    sb:wake                    channel the id of a conversation that has something to answer; '' if a worker has left
    sb:stop                    channel `<conversation> <turn or task>` of what is to stop
    sb:desk                    channel the id of a conversation that has another owner; '' of what operators say
    sb:{operators}:state       hash    operator → JSON: what they have said of themselves, see handoff/operators.py
    sb:{operators}:seen        zset    operators, scored by when they were last seen (ms)
    sb:{operators}:waits:<team> list   for how long the last ones waited for a first person (ms), newest first; expires
    sb:{operators}:clerk       string  the process that keeps the desk's times; expires
    sb:feed:<name>             channel the id of a conversation that has something new for a feed
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

PARTITIONS = 16
WAKE = "sb:wake"
CREW = "sb:crew"
STOP = "sb:stop"
DESK = "sb:desk"
BACKSTAGE = "~"  # how the ids of logs begin that operators have among themselves


def backstage(conversation: str) -> str:
    """The log of what operators say about a conversation among themselves. No id that comes from outside is one."""
    return f"{BACKSTAGE}{conversation}"


def partition(conversation: str) -> int:
    """The partition of a conversation, from 0 to 15."""
    return zlib.crc32(conversation.encode()) % PARTITIONS


def inbox(number: int) -> str:
    """The inbox of a partition."""
    return f"sb:{{{number}}}:inbox"


def desk(number: int) -> str:
    """The conversations of a partition that people have, or are to have."""
    return f"sb:{{{number}}}:desk"


def feeds(number: int) -> str:
    """The names of the feeds of a partition; the scripts derive a feed's own keys from this one."""
    return f"sb:{{{number}}}:feeds"


def feed_due(number: int, name: str) -> str:
    """What a feed has not taken yet of a partition."""
    return f"{feeds(number)}:{name}"


def feed_whole(name: str) -> str:
    """Whether a feed has been told of the conversations that are older than itself."""
    return f"{feeds(0)}:{name}:whole"


def feed_wake(name: str) -> str:
    """The channel on which a feed is told that there is something new."""
    return f"sb:feed:{name}"


def limit(name: str, whom: str) -> str:
    """What somebody, or what comes from somewhere, has used of a limit; one script may touch those of several."""
    return f"sb:{{limits}}:{name}:{whom}"


@dataclass(frozen=True, slots=True)
class ConversationKeys:
    """The keys of one conversation; `all` is what the scripts of the log touch, in their order."""

    prefix: str
    inbox: str
    feeds: str
    desk: str

    @property
    def meta(self) -> str:
        return self.prefix + "meta"

    @property
    def log(self) -> str:
        return self.prefix + "log"

    @property
    def keys(self) -> str:
        return self.prefix + "keys"

    @property
    def waiting(self) -> str:
        return self.prefix + "waiting"

    @property
    def lease(self) -> str:
        return self.prefix + "lease"

    @property
    def turn(self) -> str:
        return self.prefix + "turn"

    @property
    def present(self) -> str:
        return self.prefix + "present"

    @property
    def invited(self) -> str:
        return self.prefix + "invited"

    @property
    def dialogue(self) -> str:
        return self.prefix + "dialogue"

    @property
    def checkpoint(self) -> str:
        return self.prefix + "checkpoint"

    def draft(self, name: str) -> str:
        return f"{self.prefix}draft:{name}"

    @property
    def live(self) -> str:
        return self.prefix + "live"

    @property
    def all(self) -> list[str]:
        turns = [self.waiting, self.inbox, self.lease, self.turn]
        return [self.meta, self.log, self.keys, *turns, self.feeds, self.dialogue, self.checkpoint]


def keys_of(conversation: str) -> ConversationKeys:
    """Where a conversation is kept."""
    number = partition(conversation)
    return ConversationKeys(f"sb:{{{number}}}:c:{conversation}:", inbox(number), feeds(number), desk(number))


def meta_pattern() -> str:
    """What `SCAN` matches to find the conversations that have a log."""
    return "sb:{*}:c:*:meta"


def dialogue_pattern() -> str:
    """What `SCAN` matches to find the dialogues."""
    return "sb:{*}:c:*:dialogue"


def conversation_of(key: str) -> str:
    """The conversation that a key belongs to."""
    return key.split(":c:", 1)[1].rsplit(":", 1)[0]
