"""Why a stream ends, as its client reads it: a `disconnect` frame, and on a WebSocket the close code."""

from __future__ import annotations

from dataclasses import dataclass

from switchboard.log.codec import dumps
from switchboard.log.errors import TakesNoPart

FINAL = 3500  # from here on a client does not come back by itself


@dataclass(frozen=True)
class Farewell:
    """A close code with its reason."""

    code: int
    reason: str

    @property
    def reconnect(self) -> bool:
        """Whether the client is to come back, with its position."""
        return self.code < FINAL

    @property
    def json(self) -> str:
        """The `disconnect` frame."""
        return dumps(
            {"type": "disconnect", "code": self.code, "reason": self.reason, "reconnect": self.reconnect},
        )


def after(error: TakesNoPart) -> Farewell:
    """For somebody who takes no part any more: a guest who has signed in is signed out as a guest."""
    return REVOKED if error.identified else LEFT


SHUTDOWN = Farewell(3001, "the server restarts")
SLOW = Farewell(3008, "read too slowly")
OVERLOADED = Farewell(3009, "too many streams here")
UNAVAILABLE = Farewell(3010, "the log is not available")
REFUSED = Farewell(3500, "bad token, or not your conversation")
REVOKED = Farewell(3500, "signed out")
LEFT = Farewell(3501, "no longer in this conversation")
EXPIRED = Farewell(3500, "the token has expired")
BLOCKED = Farewell(3504, "blocked")
NOT_CONNECTED = Farewell(3502, "no connect command in time")
FLOODING = Farewell(3503, "too many commands")
