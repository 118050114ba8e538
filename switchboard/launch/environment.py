"""The environment that every child process gets: one place for time limits and for quieting dependencies."""

from __future__ import annotations

import os
from math import ceil

from switchboard.settings import Settings

# Seconds that whoever waits longer adds to ACTION_SECONDS: a call is given up by the bot, which tells the customer why,
# before the action server cuts it (Sanic's own 60 s would), and before anybody gives up waiting for the conversation.
ACTION_SERVER_MARGIN = 10
LOCK_MARGIN = 30
# An idle stream lives on its pings; this ends what nobody has written to for an hour, as `rasa run --enable-api` does.
CHAT_RESPONSE_TIMEOUT = 3600
# For so long an action server that is replaced lets its actions end. The chat server has its own, see `ChatBlueprint`.
ACTION_SHUTDOWN = 2

QUIET = {
    # Deprecations inside Rasa's pinned dependencies, which nobody here can mend.
    "PYTHONWARNINGS": "ignore::DeprecationWarning,ignore::FutureWarning,ignore::PendingDeprecationWarning",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def child_environment(settings: Settings) -> dict[str, str]:
    """Ours, quiet, unbuffered, without telemetry, and with the addresses that the children find each other by."""
    environment = dict(os.environ)
    for name, value in QUIET.items():
        environment.setdefault(name, value)
    environment.setdefault("RASA_TELEMETRY_ENABLED", "false")
    environment.setdefault("TICKET_LOCK_LIFETIME", str(ceil(settings.action_seconds) + LOCK_MARGIN))
    environment.setdefault("PATH", os.defpath)
    environment["PYTHONUNBUFFERED"] = "1"
    environment["ACTION_URL"] = settings.action_webhook
    return environment


def chat_environment(settings: Settings) -> dict[str, str]:
    """For `rasa run`."""
    environment = child_environment(settings)
    environment.setdefault("SANIC_RESPONSE_TIMEOUT", str(CHAT_RESPONSE_TIMEOUT))
    environment["ARCHIVE_APART"] = str(settings.archive_apart)
    return environment


def action_environment(settings: Settings) -> dict[str, str]:
    """For the action server, which has no sign-in and therefore listens on this machine only, unless told otherwise."""
    environment = child_environment(settings)
    environment.setdefault("SANIC_HOST", "127.0.0.1")
    environment["SANIC_RESPONSE_TIMEOUT"] = str(ceil(settings.action_seconds) + ACTION_SERVER_MARGIN)
    environment.setdefault("SANIC_GRACEFUL_SHUTDOWN_TIMEOUT", str(ACTION_SHUTDOWN))
    return environment
