"""`make bench`: measures, prints, and writes `bench/report.json`; with names of parts, only those."""

from __future__ import annotations

import asyncio
import json
import platform
import sys
import tempfile
from pathlib import Path

from bench import history, long, split, streaming, turns
from bench.server import serve

REPORT = Path(__file__).parent / "report.json"
PARTS = ("turns and streaming", "split", "long", "history")


async def measure(folder: Path, wanted: set[str]) -> dict[str, object]:
    """The figures that are wanted, from one run."""
    figures: dict[str, object] = {"python": platform.python_version()}
    if "turns and streaming" in wanted:
        (folder / "short").mkdir()
        with serve(folder / "short") as pair:
            figures |= {"turns": await turns.compare(pair), "streaming": await streaming.measure(pair.ours)}
    if "split" in wanted:
        (folder / "split").mkdir()
        figures["split"] = await split.measure(folder / "split")
    if "long" in wanted:
        figures["long"] = await long.measure(folder)
    if "history" in wanted:
        figures["history"] = await history.measure(folder)
    return figures


def main() -> None:
    """Figures that are not measured stay as they are in the report."""
    wanted = set(sys.argv[1:] or PARTS)
    if unknown := wanted - set(PARTS):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as scratch:
        figures = asyncio.run(measure(Path(scratch), wanted))
    report = json.dumps(json.loads(REPORT.read_text()) | figures, indent=2, default=float)
    REPORT.write_text(report + "\n")
    print(report)


if __name__ == "__main__":
    main()
