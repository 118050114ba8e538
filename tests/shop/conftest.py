"""The demo shop's fixtures."""

from tests.support.demo_shop import clock, engine

__all__ = ["clock", "engine"]
