"""The parts of Switchboard that `deploy/compose.yml` runs on several servers, so that they can run on one as well."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from switchboard.launch.readiness import HEALTH, HEALTH_OF_ACTIONS

COMPOSE = Path(__file__).parents[2] / "deploy" / "compose.yml"


@dataclass(frozen=True)
class Part:
    """One of our services: what it is called, what it runs, and the port that it listens on there, if it does."""

    name: str
    arguments: tuple[str, ...]
    variable: str = ""  # PORT or ACTION_PORT
    port: int = 0

    @property
    def health(self) -> str:
        """Where it says that it is ready."""
        return HEALTH if self.variable == "PORT" else HEALTH_OF_ACTIONS


def parts(path: Path = COMPOSE) -> list[Part]:
    """Every service that runs our image, in the order of the file."""
    services = yaml.safe_load(path.read_text(encoding="utf-8"))["services"]
    return [_part(name, service) for name, service in services.items() if "build" in service]


def _part(name: str, service: dict[str, Any]) -> Part:
    environment, (_, *arguments) = service["environment"], service["command"]
    command = (sys.executable, *arguments)
    variable = next((name for name in ("PORT", "ACTION_PORT") if name in environment), None)
    return Part(name, command, variable, int(environment[variable])) if variable else Part(name, command)
