"""What can go wrong with a log.

LogError
├── DecodeError            bytes that are no entry of this vocabulary
├── UnknownConversation    no such log
├── Muted                  the author may only read
├── NotAllowed             only the host and operators may do this to others
├── NobodyThere            who is meant takes no part
├── TooManyPeople          the conversation has no room for another participant
├── InvitationOver         it is expired, revoked or used up
├── TakesNoPart            the reader is no longer in the conversation
├── Owned                  somebody else has the conversation
├── StalePublish           the writer no longer owns the conversation, or its lease
├── ConflictingEntry       the entry's key was used before, for other content
├── Closed                 the conversation has ended
├── TooManyWaiting         the conversation has too many unanswered messages
├── Busy                   too many conversations wait for an answer
├── TooFast                a rate is exceeded
└── LogUnavailable         Redis does not answer
    └── ArchiveUnavailable the database does not, and what is asked for is there only
"""

from __future__ import annotations


class LogError(Exception):
    """Base of every error of the log."""


class DecodeError(LogError):
    """Raised when stored or received data is not an entry of this vocabulary."""


class UnknownConversation(LogError):
    """Raised when a conversation has no log."""


class Muted(LogError):
    """Raised when a message is refused because its author is muted."""


class NotAllowed(LogError):
    """Raised when somebody would do to others what only the host and operators may."""


class NobodyThere(LogError):
    """Raised when something would be done to somebody who takes no part."""


class TooManyPeople(LogError):
    """Raised when somebody would join a conversation that is full."""


class InvitationOver(LogError):
    """Raised when an invitation was good once; the text is `expired`, `revoked` or `used_up`."""


class TakesNoPart(LogError):
    """Raised to a reader who has left the conversation, or was removed; or has signed in: then `identified`."""

    def __init__(self, conversation: str, *, identified: bool = False) -> None:
        super().__init__(conversation)
        self.identified = identified


class Owned(LogError):
    """Raised when the conversation is another `owner`'s by now."""

    def __init__(self, conversation: str, owner: str) -> None:
        super().__init__(f"{conversation} is {owner}'s")
        self.owner = owner


class StalePublish(LogError):
    """Raised when output is refused because the writer's term or fence has passed."""


class ConflictingEntry(LogError):
    """Raised when an entry key comes again with different content."""


class Closed(LogError):
    """Raised when somebody has closed the conversation: it takes no more messages of people."""


class TooManyWaiting(LogError):
    """Raised when a conversation takes no more messages until some are answered."""


class Busy(LogError):
    """Raised when a message would be one too many for the bot: too many conversations wait already."""


class TooFast(LogError):
    """Raised when there is too much of something, `of` what, for the time; after `seconds` it may go on."""

    def __init__(self, of: str, seconds: float) -> None:
        super().__init__(f"too many {of}, for {seconds:.1f} s")
        self.of = of
        self.seconds = seconds


class LogUnavailable(LogError):
    """Raised when Redis cannot be reached; nothing was accepted, unless the connection broke after the write."""


class ArchiveUnavailable(LogUnavailable):
    """Raised when something is in the database only, and that cannot be used."""
