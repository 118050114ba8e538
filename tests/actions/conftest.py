"""A demo shop, the real domain, and a dispatcher that collects what an action says."""

from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from tests.support.demo_shop import demo_shop, engine, read_domain

__all__ = ["demo_shop", "engine"]


@pytest.fixture(scope="session")
def domain() -> dict[str, Any]:
    return read_domain()


@pytest.fixture
def dispatcher() -> CollectingDispatcher:
    return CollectingDispatcher()
