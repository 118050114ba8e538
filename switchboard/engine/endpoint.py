"""How Rasa calls actions, and what happens when it cannot."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import Any

import aiohttp
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from switchboard.engine.current import current
from switchboard.settings import ACTION_SECONDS
from switchboard.turns.turn import CallAgain

logger = logging.getLogger(__name__)

# Seconds between tries while nothing listens, or the action server dies under the call: it restarts.
PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
AWAY = (502, 503, 504)  # what a proxy, or a server that stops, answers
CONNECT_SECONDS = 3.0  # a host that is there takes a connection at once; one that is gone may never refuse it


class ActionFailed(BaseException):
    """Raised when an action did not run, or did not end well.

    Rasa catches every `Exception` of an action, records the action as executed and goes on in silence: its processor
    (`rasa/core/processor.py`, `_run_action`), and where slots are validated (`rasa/core/actions/action.py`,
    `ActionExtractSlots`). A `BaseException` passes through both, and `Processor` makes a `TurnError` of it, which ends
    the turn, or what Rasa's HTTP API was asked for, before the save. It must never leave the processor.
    """


class ActionEndpoint(EndpointConfig):
    """An action server that is waited for while it starts, and whose failures are not swallowed."""

    seconds: float = ACTION_SECONDS  # for a call with all its tries

    @classmethod
    def like(cls, other: EndpointConfig | None, url: str, seconds: float = ACTION_SECONDS) -> ActionEndpoint:
        """An endpoint with another's settings from `endpoints.yml`, at a URL."""
        endpoint = cls(url)
        if other is not None:
            endpoint.__dict__.update(vars(other), url=url)
        endpoint.seconds = seconds
        return endpoint

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """Call the action server; what it answers, whatever that is: `Processor` refuses what is no answer.

        While it is away, or dies under the call, the call is made again for some seconds: the action's tasks have their
        effects once, see `switchboard.tasks`. An answer that it gives is final, and so is its silence. Raises
        `ActionFailed`, or Rasa's `ClientResponseError` with status 400, which is an action's way to decline.
        """
        if turn := current():
            await turn.secure()
        # Rasa's own time-out, 300 s for each try, would outlast the action server's.
        patience = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS)
        try:
            async with asyncio.timeout(self.seconds):
                return await self._request(*args, **{**_with_turn(kwargs), "timeout": patience})
        except TimeoutError as error:
            raise ActionFailed(f"the action server at {self.url} said nothing for {self.seconds:.0f} s") from error

    async def _request(self, *args: Any, **call: Any) -> Any:
        for pause in (*PAUSES, None):
            try:
                return await super().request(*args, **call)
            except ClientResponseError as error:
                if error.status == 400:
                    raise
                failed = ActionFailed(f"the action server answered {error.status}")
                if pause is None or not _is_passing(error):
                    raise failed from error
            except aiohttp.ClientError as error:
                failed = ActionFailed(f"the action server is away at {self.url}: {error!r}")
                if pause is None:
                    raise failed from error
            logger.warning("%s; trying again in %.1f s", failed, pause)
            await asyncio.sleep(pause)
        raise AssertionError("unreachable")


def _is_passing(error: ClientResponseError) -> bool:
    """Whether the same call may succeed in a moment."""
    if error.status in AWAY:
        return True
    with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):  # anything is answered
        return bool(json.loads(error.text)["error"].startswith(CallAgain.MARK))
    return False


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
