"""Whoever stops a server gives it longer than its own parts need, one after the other."""

from __future__ import annotations

from channels.blueprint import CLOSE_SECONDS
from switchboard.launch.servers import CHAT_STOP_SECONDS
from switchboard.turns.worker import DRAIN_SECONDS


def test_a_chat_server_is_killed_after_its_turns_its_streams_and_its_connections_had_their_time() -> None:
    assert DRAIN_SECONDS + CLOSE_SECONDS + CLOSE_SECONDS < CHAT_STOP_SECONDS
