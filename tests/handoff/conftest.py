"""A desk, operators, and a conversation that waits for them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from switchboard.handoff.case import Wish
from switchboard.handoff.desk import Desk
from switchboard.log.events import Participant
from switchboard.log.log import Log

EVE = Participant("user_eve", "operator", "Eve")
BOB = Participant("user_bob", "operator", "Bob")
ASKED = Wish("asked")


@pytest.fixture
def desk(log: Log) -> Desk:
    return Desk(log)


async def entries(log: Log, conversation: str = "c_1") -> list[dict[str, Any]]:
    """What stands on the log behind its beginning."""
    return [json.loads(line.json) for line in await log.read(conversation, 3, count=10_000)]


async def types(log: Log, conversation: str = "c_1") -> list[str]:
    return [entry["type"] for entry in await entries(log, conversation)]
