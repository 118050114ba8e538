"""Asking carriers where a parcel is, over HTTP. A real base URL and transport replace the demo's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from shop.client import Parcel
from shop.demo_carriers import DemoCarriers

CALL_TIMEOUT = 4.0  # seconds for one call; a customer is watching
TRIES = 3
FIRST_WAIT = 0.2  # seconds; the wait before the second try is random up to this, and the bound doubles
LONGEST_WAIT = 1.0

CARRIER_NAMES = {"swiftpost": "SwiftPost", "parcelo": "Parcelo", "northwind": "Northwind Freight"}


class CarrierError(Exception):
    """Raised when a carrier gave no usable answer after every try."""


class _NoAnswer(Exception):
    """One call failed in a way that another may not: worth a retry."""


@dataclass(frozen=True)
class ParcelPosition:
    """What a carrier says about a parcel."""

    status: str
    place: str
    expected: str


def carrier_name(carrier: str) -> str:
    """Return the carrier's name as a customer knows it."""
    return CARRIER_NAMES.get(carrier, carrier.title())


class Carriers:
    """A client of the carriers' tracking services. Use `demo_carriers()` for the simulated ones."""

    def __init__(self, http: httpx.AsyncClient, call_timeout: float = CALL_TIMEOUT, tries: int = TRIES) -> None:
        self._http = http
        self._call_timeout = call_timeout
        self._tries = tries

    async def locate(self, parcel: Parcel) -> ParcelPosition:
        """Return where the parcel is. Takes at most `tries` calls; raises `CarrierError`."""
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._tries),
            wait=wait_random_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT),
            retry=retry_if_exception_type(_NoAnswer),
            reraise=True,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    return await self._ask(parcel)
        except _NoAnswer as error:
            raise CarrierError(f"{parcel.carrier}: {error}") from error
        raise AssertionError("tenacity ends in a result or an exception")

    async def _ask(self, parcel: Parcel) -> ParcelPosition:
        # httpx's own timeouts do not cover an ASGI transport, so the deadline is asyncio's.
        try:
            request = self._http.get(f"/{parcel.carrier}/parcels/{parcel.tracking_code}")
            response = await asyncio.wait_for(request, self._call_timeout)
        except (TimeoutError, httpx.TransportError) as error:
            raise _NoAnswer(type(error).__name__) from error
        if response.status_code >= 500 or response.status_code == 429:
            raise _NoAnswer(f"HTTP {response.status_code}")
        if response.status_code != 200:
            raise CarrierError(f"{parcel.carrier}: HTTP {response.status_code}")
        try:
            body = response.json()
            return ParcelPosition(body["status"], body["place"], body["expected"])
        except (ValueError, KeyError, TypeError) as error:
            raise CarrierError(f"{parcel.carrier}: unreadable answer") from error


def demo_carriers(speed: float = 1.0) -> Carriers:
    """Return a client of the simulated carriers, in this process."""
    transport = httpx.ASGITransport(app=DemoCarriers(speed))
    return Carriers(httpx.AsyncClient(transport=transport, base_url="http://carriers.demo"))
