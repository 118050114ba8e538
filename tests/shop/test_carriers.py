"""Carriers are asked with bounded patience."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from shop.carriers import TRIES, CarrierError, Carriers, carrier_name, demo_carriers
from shop.client import Parcel


def parcel(carrier: str) -> Parcel:
    return Parcel(1, "vase", carrier, "XY1")


def carriers(handler: httpx.MockTransport, **options: float) -> Carriers:
    return Carriers(httpx.AsyncClient(transport=handler, base_url="http://carriers.test"), **options)  # type: ignore[arg-type]


async def test_a_quick_carrier_answers_long_before_a_slow_one() -> None:
    simulated = demo_carriers()
    started = time.perf_counter()
    position = await simulated.locate(parcel("swiftpost"))
    quick = time.perf_counter() - started
    await simulated.locate(parcel("parcelo"))
    assert position.status == "out for delivery"
    assert 0.25 < quick < 1.0 < time.perf_counter() - started - quick


async def test_a_broken_carrier_is_asked_three_times_and_reported() -> None:
    calls = []

    def broken(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        return httpx.Response(503)

    with pytest.raises(CarrierError, match="503"):
        await carriers(httpx.MockTransport(broken)).locate(parcel("northwind"))
    assert calls == ["/northwind/parcels/XY1"] * TRIES


async def test_a_carrier_that_recovers_is_believed() -> None:
    answers = [httpx.Response(503), httpx.Response(200, json={"status": "here", "place": "Leeds", "expected": "now"})]
    position = await carriers(httpx.MockTransport(lambda _: answers.pop(0))).locate(parcel("swiftpost"))
    assert position.place == "Leeds"


async def test_a_carrier_that_hangs_is_cut_off() -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        return httpx.Response(200)

    with pytest.raises(CarrierError, match="Timeout"):
        await carriers(httpx.MockTransport(hang), call_timeout=0.05, tries=2).locate(parcel("swiftpost"))


@pytest.mark.parametrize(
    "answer", [httpx.Response(404), httpx.Response(200, text="oops"), httpx.Response(200, json=[])]
)
async def test_an_answer_that_makes_no_sense_is_not_asked_for_again(answer: httpx.Response) -> None:
    answers = [answer]
    with pytest.raises(CarrierError):
        await carriers(httpx.MockTransport(lambda _: answers.pop(0))).locate(parcel("swiftpost"))


async def test_the_simulation_knows_its_carriers() -> None:
    with pytest.raises(CarrierError, match="404"):
        await demo_carriers(speed=0.0).locate(parcel("pigeon"))
    assert carrier_name("swiftpost") == "SwiftPost"
    assert carrier_name("pigeon") == "Pigeon"
