"""Every documented operation, with everything that fits the document and much that does not."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from channels.health import OPENAPI
from tests.support.edge import Guest
from tests.support.edge_process import EdgeProcess
from tests.support.fuzzer import schemathesis

CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.timeout(300)  # a minute on a quiet machine, with the installation
async def test_the_api_does_what_its_document_says(edge: EdgeProcess, ada: Guest, tmp_path: Path) -> None:
    program = await asyncio.to_thread(schemathesis)
    variables = {"FUZZ_TOKEN": ada.token, "FUZZ_CONVERSATION": await ada.open()}
    process = await asyncio.create_subprocess_exec(
        str(program),
        *("--config-file", str(CONFIG), "run", str(OPENAPI), "--url", edge.url),
        env={**os.environ, **variables},
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert "58 selected" in output.decode(), "operations are left out that should not be"
