"""How Rasa calls actions, and what happens when it cannot."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiohttp
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from switchboard.engine.current import current

logger = logging.getLogger(__name__)

# Seconds between tries while nothing listens, or the action server dies under the call: it restarts.
PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
AWAY = (502, 503, 504)  # what a proxy, or a server that stops, answers


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

        While it is away, or dies under the call, the call is made again for some seconds: the action's tasks have their
        effects once, see `switchboard.tasks`. An answer that it gives is final, and so is its silence. Raises
        `ActionServerFailed`, or Rasa's `ClientResponseError` with status 400, which is an action's way to decline.
        """
        call = _with_turn(kwargs)
        for pause in (*PAUSES, None):
            try:
                return await super().request(*args, **call)
            except ClientResponseError as error:
                if error.status == 400:
                    raise
                failed = ActionServerFailed(f"the action server answered {error.status}")
                if pause is None or error.status not in AWAY:
                    raise failed from error
            except TimeoutError as error:
                raise ActionServerFailed("the action server does not answer") from error
            except aiohttp.ContentTypeError as error:
                raise ActionServerFailed("the action server does not answer with JSON") from error
            except aiohttp.ClientError as error:
                failed = ActionServerFailed(f"the action server is away at {self.url}: {error!r}")
                if pause is None:
                    raise failed from error
            logger.warning("%s; trying again in %.1f s", failed, pause)
            await asyncio.sleep(pause)
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
    step = f"{call['json'].get('next_action')} {_actions_since_message(tracker['events'])}"
    metadata = {**(message.get("metadata") or {}), "turn": turn.context(step)}
    tracker = {**tracker, "latest_message": {**message, "metadata": metadata}}
    return {**call, "json": {**call["json"], "tracker": tracker}}


def _actions_since_message(events: list[dict[str, Any]]) -> int:
    """How many actions have run in the turn: tells two runs of one action apart, on every try alike."""
    kinds = [event["event"] for event in events]
    since = kinds[len(kinds) - kinds[::-1].index("user") :] if "user" in kinds else kinds
    return since.count("action")
