"""How Rasa calls actions, and what happens when it cannot."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from switchboard.engine.current import current

logger = logging.getLogger(__name__)

# Seconds between tries while nothing listens: an action server that restarts.
CONNECT_PAUSES = (0.2, 0.5, 1.0, 2.0)


class ActionServerFailed(BaseException):
    """Raised when an action did not run, or did not end well.

    Rasa's processor catches every `Exception` of an action, records the action as executed and goes on in silence
    (`rasa/core/processor.py`, `_run_action`). A `BaseException` passes through it: the turn ends before its save, and
    `RasaEngine` makes a `TurnError` of it. It must never leave the engine.
    """


class ActionEndpoint(EndpointConfig):
    """An action server that is waited for while it starts, and whose failures are not swallowed."""

    @classmethod
    def like(cls, other: EndpointConfig | None, url: str) -> ActionEndpoint:
        """An endpoint with another's settings from `endpoints.yml`, at a URL."""
        if other is None:
            return cls(url)
        return cls(
            url,
            other.params,
            other.headers,
            other.basic_auth,
            other.token,
            other.token_name,
            other.cafile,
            **other.kwargs,
        )

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """Call the action server.

        A refused connection is tried again for a few seconds, since nothing has run yet; nothing else is. Raises
        `ActionServerFailed`, or Rasa's `ClientResponseError` with status 400, which is an action's way to decline.
        """
        call = _with_turn(kwargs)
        for pause in (*CONNECT_PAUSES, None):
            try:
                return await super().request(*args, **call)
            except aiohttp.ClientConnectorError as error:
                if pause is None:
                    raise ActionServerFailed(f"the action server does not listen at {self.url}") from error
                logger.warning(
                    "The action server does not listen at %s, trying again in %.1f s",
                    self.url,
                    pause,
                )
                await asyncio.sleep(pause)
            except ClientResponseError as error:
                if error.status == 400:
                    raise
                raise ActionServerFailed(f"the action server answered {error.status}") from error
            except (TimeoutError, aiohttp.ClientError) as error:
                raise ActionServerFailed(f"the action server broke off: {error!r}") from error
        raise AssertionError("unreachable")


def _with_turn(call: dict[str, Any]) -> dict[str, Any]:
    """A call of an action, with the turn in its message's metadata, where `TurnContext` finds it.

    Not in the tracker: a fence that is stored is a fence that has passed.
    """
    turn = current()
    if turn is None or "tracker" not in call.get("json", {}):
        return call
    tracker = call["json"]["tracker"]
    message = tracker["latest_message"]
    metadata = {**(message.get("metadata") or {}), "turn": turn.context()}
    tracker = {**tracker, "latest_message": {**message, "metadata": metadata}}
    return {**call, "json": {**call["json"], "tracker": tracker}}
