"""Seeding is idempotent and leaves alone what customers did."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.engine import Engine

from shop import demo_data, tables
from shop.database import make_engine, utc_now
from switchboard.settings import Settings


def test_seeding_twice_adds_nothing_and_restores_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(tables.orders).where(tables.orders.c.number == "1002").values(status="cancelled"))
    demo_data.seed(engine, utc_now())
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(tables.orders)).scalar() == len(
            demo_data.DEMO_ORDERS
        )
        status = select(tables.orders.c.status).where(tables.orders.c.number == "1002")
        assert connection.execute(status).scalar() == "cancelled"


def test_the_command_makes_the_data_folder_and_prints_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "data"
    monkeypatch.setenv("DATA_DIR", str(folder))
    demo_data.main()
    assert capsys.readouterr() == ("", "")
    with make_engine(Settings()).connect() as connection:
        assert connection.execute(select(func.count()).select_from(tables.parcels)).scalar() == 7


def test_the_table_names_start_with_shop() -> None:
    assert all(name.startswith("shop_") for name in tables.metadata.tables)
