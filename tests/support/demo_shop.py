"""A demo shop on a real SQLite file, and what an action is given when Rasa calls it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa_sdk import Tracker
from sqlalchemy.engine import Engine

from shop.carriers import Carriers, demo_carriers
from shop.database import make_engine, utc_now
from shop.demo_data import seed
from shop.desk import shop_desk
from switchboard.runtime import runtime
from switchboard.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def forward(self, span: timedelta) -> None:
        self.now += span


def impatient_carriers() -> Carriers:
    """The simulated carriers, answering at once."""
    return demo_carriers(speed=0.0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database with the demo orders."""
    engine = make_engine(Settings(data_dir=tmp_path))
    seed(engine, utc_now())
    yield engine
    engine.dispose()


@pytest.fixture
def demo_shop(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The shop and the history that this process's actions use: the same database."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setattr("shop.desk.demo_carriers", impatient_carriers)
    shop_desk.cache_clear()
    runtime.cache_clear()
    yield engine
    shop_desk.cache_clear()
    runtime.cache_clear()


def read_domain() -> dict[str, Any]:
    """The domain as actions see it: domain.yml and domain/ together."""
    domain: dict[str, Any] = {"slots": {}, "forms": {}, "responses": {}, "intents": [], "actions": []}
    for path in [ROOT / "domain.yml", *sorted((ROOT / "domain").glob("*.yml"))]:
        for key, value in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if isinstance(value, dict):
                domain.setdefault(key, {}).update(value)
            elif isinstance(value, list):
                domain.setdefault(key, []).extend(value)
    return domain


def message(text: str, intent: str = "inform", confidence: float = 1.0, **entities: str) -> dict[str, Any]:
    """What NLU makes of a customer's message."""
    return {
        "event": "user",
        "text": text,
        "message_id": f"id of {text}",
        "intent": {"name": intent, "confidence": confidence},
        "intent_ranking": [{"name": intent, "confidence": confidence}],
        "entities": [{"entity": name, "value": value} for name, value in entities.items()],
    }


def tracker(
    latest: dict[str, Any],
    *,
    form: str | None = None,
    events: list[dict[str, Any]] | None = None,
    sender_id: str = "c_1",
    **slots: Any,
) -> Tracker:
    """A conversation in which `latest` has just arrived and `slots` are set."""
    return Tracker(
        sender_id=sender_id,
        slots={"requested_slot": None, **slots},
        latest_message=latest,
        events=[*(events or []), latest],
        paused=False,
        followup_action=None,
        active_loop={"name": form} if form else {},
        latest_action_name="action_listen",
    )


def in_form(latest: dict[str, Any], form: str, filled: dict[str, Any], **slots: Any) -> Tracker:
    """A tracker as a form's validation gets it: `filled` was taken from the latest message."""
    given = tracker(latest, form=form, **{**slots, **filled})
    given.events.append({"event": "action", "name": form})
    given.events.extend({"event": "slot", "name": name, "value": value} for name, value in filled.items())
    return given


def slots_of(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The slots that events leave behind."""
    return {event["name"]: event["value"] for event in events if event.get("event") == "slot"}
