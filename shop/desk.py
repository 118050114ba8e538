"""Everything that the assistant uses of the shop, built from settings. **Plug your own back end in here.**"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from shop.carriers import Carriers, demo_carriers
from shop.client import ShopClient
from shop.database import DatabaseShop, make_engine
from shop.proof import ProofDesk
from switchboard.settings import Settings


@dataclass(frozen=True)
class ShopDesk:
    """The shop's back end, the guard before it, and the carriers."""

    client: ShopClient
    proofs: ProofDesk
    carriers: Carriers


def make_desk(settings: Settings) -> ShopDesk:
    """Return a desk on the demo's database and carriers. Nothing is opened before its first use."""
    engine = make_engine(settings)
    client: ShopClient = DatabaseShop(engine)
    return ShopDesk(client=client, proofs=ProofDesk(engine, client), carriers=demo_carriers())


@functools.lru_cache(maxsize=1)
def shop_desk() -> ShopDesk:
    """Return the desk of this process, made at the first call."""
    return make_desk(Settings())
