"""The command lines of the servers, each with the environment that it needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import NoReturn

from switchboard.launch import environment
from switchboard.launch.processes import Program
from switchboard.settings import Settings


def chat(settings: Settings) -> Program:
    """`rasa run`: the bot, with the page, the API and the streams."""
    arguments = [sys.executable, "-m", "rasa", "run", "--interface", settings.host, "--port", str(settings.port)]
    return Program("chat", arguments, environment.chat_environment(settings))


def actions(settings: Settings) -> Program:
    """The action server. The SDK alone imports no TensorFlow, `rasa run actions` does."""
    arguments = [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(settings.action_port)]
    return Program("actions", arguments, environment.action_environment(settings))


def archiver(settings: Settings) -> Program:
    """What brings the log into SQL."""
    arguments = [sys.executable, "-m", "switchboard.archive"]
    return Program("archiver", arguments, environment.child_environment(settings))


def become(program: Program) -> NoReturn:
    """Run a program in the place of this one: signals and the exit code are its own."""
    variables: Mapping[str, str] = program.environment
    sys.stdout.flush()
    os.execve(program.arguments[0], list(program.arguments), dict(variables))  # noqa: S606 - no shell is wanted
