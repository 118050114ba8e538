"""A real PostgreSQL for the tests of the folder that ask for one."""

from tests.support.postgres import postgres

__all__ = ["postgres"]
