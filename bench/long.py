"""A turn in a long conversation, against a plain Rasa on its own Redis tracker store, which rewrites it every turn."""

from __future__ import annotations

import statistics
from pathlib import Path

import httpx

from bench.server import ENDPOINTS, RASA_ENDPOINTS, serve
from bench.turns import Ours, Rest

EARLY = slice(10, 30)  # messages 11 to 30
LATE = 100  # the last so many
OURS = 3_000  # messages
LIMITS = {f"LIMIT_MESSAGES_PER_{whom}": "999999/second" for whom in ("PERSON", "CONVERSATION")}  # who types so fast?
RASAS = 1_000  # it takes minutes more for each further thousand


async def measure(folder: Path) -> dict[str, float]:
    """Median times of a turn, in milliseconds, and their ratios."""
    times = {}
    for name, endpoints, kind, messages in (
        ("ours", ENDPOINTS, Ours, OURS),
        ("rasa", RASA_ENDPOINTS, Rest, RASAS),
    ):
        (folder / name).mkdir()
        with serve(folder / name, endpoints, LIMITS) as pair:
            server = pair.ours if kind is Ours else pair.rest
            times[name] = await _turns(server.url, kind, messages)
    figures: dict[str, float] = {"messages_ours": OURS, "messages_rasa": RASAS}
    for name, all_of_it in times.items():
        early, late = statistics.median(all_of_it[EARLY]), statistics.median(all_of_it[-LATE:])
        figures[f"early_{name}_ms"] = 1000 * early
        figures[f"late_{name}_ms"] = 1000 * late
        figures[f"late_over_early_{name}"] = late / early
        figures[f"slowest_over_early_{name}"] = max(all_of_it[EARLY.start :]) / early
    return figures


async def _turns(url: str, kind: type[Ours | Rest], messages: int) -> list[float]:
    async with httpx.AsyncClient(timeout=60) as http:
        chat = kind(http, url)
        await chat.open()
        times = [await chat.turn() for _ in range(messages)]
        await chat.close()
    return times
