"""The environment that every child process gets: one place for time limits and for quieting dependencies."""

from __future__ import annotations

import os

from switchboard.settings import Settings

# Seconds. An action's own deadline < the action server's answer < the conversation lock that Rasa holds meanwhile.
# Rasa itself waits 300 s for an action; Sanic would cut at 60 s on both sides without these.
ACTION_RESPONSE_TIMEOUT = 310
LOCK_LIFETIME = 330
# An idle stream lives on its pings; this ends what nobody has written to for an hour, as `rasa run --enable-api` does.
CHAT_RESPONSE_TIMEOUT = 3600
# Open streams must not hold up Ctrl-C for Sanic's 15 s.
GRACEFUL_SHUTDOWN = 2

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
    environment.setdefault("TICKET_LOCK_LIFETIME", str(LOCK_LIFETIME))
    environment.setdefault("PATH", os.defpath)
    environment["PYTHONUNBUFFERED"] = "1"
    environment["ACTION_URL"] = settings.action_webhook
    return environment


def chat_environment(settings: Settings) -> dict[str, str]:
    """For `rasa run`."""
    environment = child_environment(settings)
    environment.setdefault("SANIC_RESPONSE_TIMEOUT", str(CHAT_RESPONSE_TIMEOUT))
    environment.setdefault("SANIC_GRACEFUL_SHUTDOWN_TIMEOUT", str(GRACEFUL_SHUTDOWN))
    return environment


def action_environment(settings: Settings) -> dict[str, str]:
    """For the action server, which has no sign-in and therefore listens on this machine only, unless told otherwise."""
    environment = child_environment(settings)
    environment.setdefault("SANIC_HOST", "127.0.0.1")
    environment["SANIC_RESPONSE_TIMEOUT"] = str(ACTION_RESPONSE_TIMEOUT)
    environment.setdefault("SANIC_GRACEFUL_SHUTDOWN_TIMEOUT", str(GRACEFUL_SHUTDOWN))
    return environment
