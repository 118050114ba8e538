"""The demo shop's fixtures."""

from tests.support.demo_shop import demo_shop, engine

__all__ = ["demo_shop", "engine"]
