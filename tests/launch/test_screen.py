"""Every step that takes long says so."""

from __future__ import annotations

import asyncio
import io

import pytest

from switchboard.launch import screen as screen_module
from switchboard.launch.screen import Screen
from tests.support.waiting import until


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


async def test_a_long_step_is_announced_and_repeats_that_it_goes_on(
    out: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen_module, "ANNOUNCE_SECONDS", 0.0)
    monkeypatch.setattr(screen_module, "REPEAT_SECONDS", 0.02)
    async with Screen(out).step("model", "training") as step:
        await until(lambda: asyncio.sleep(0, out.getvalue().count("training …") >= 3))
        step.result = "trained"
    assert out.getvalue().splitlines()[0].split() == ["model", "training", "…"]
    assert out.getvalue().splitlines()[-1].split() == ["model", "trained"]


async def test_a_short_step_says_only_its_result(out: io.StringIO) -> None:
    async with Screen(out).step("model", "training") as step:
        step.result = "up to date"
    async with Screen(out).step("redis", "starting"):
        pass
    assert out.getvalue().split() == ["model", "up", "to", "date"]


async def test_a_failed_step_claims_nothing(out: io.StringIO) -> None:
    with pytest.raises(ValueError, match="no"):
        async with Screen(out).step("model", "training"):
            raise ValueError("no")
    assert out.getvalue() == ""
