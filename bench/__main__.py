"""`make bench`: measures, prints, and writes `bench/report.json`."""

from __future__ import annotations

import asyncio
import json
import platform
import tempfile
from pathlib import Path

from bench import long, split, streaming, turns
from bench.server import serve

REPORT = Path(__file__).parent / "report.json"


async def measure(folder: Path) -> dict[str, object]:
    """All figures, from one run."""
    for name in ("short", "split"):
        (folder / name).mkdir()
    with serve(folder / "short") as pair:
        figures: dict[str, object] = {
            "python": platform.python_version(),
            "turns": await turns.compare(pair),
            "streaming": await streaming.measure(pair.ours),
        }
    return figures | {"split": await split.measure(folder / "split"), "long": await long.measure(folder)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        report = json.dumps(asyncio.run(measure(Path(scratch))), indent=2, default=float)
    REPORT.write_text(report + "\n")
    print(report)
