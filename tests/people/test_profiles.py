"""What people say of themselves is there until they say something else, whoever asks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from switchboard.log.errors import ArchiveUnavailable
from switchboard.people.profiles import Profile, Profiles
from switchboard.store.calls import Calls
from switchboard.store.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/people.db"
    return str(request.getfixturevalue("postgres").empty())


@pytest.fixture
def profiles(database_url: str) -> Profiles:
    return Profiles(Calls(Database(database_url)))


def with_preference(name: str, value: Any) -> Any:
    return lambda profile: replace(profile, preferences={**profile.preferences, name: value})


async def test_who_has_said_nothing_has_an_empty_profile(profiles: Profiles) -> None:
    assert await profiles.find("guest_ada") == Profile("guest_ada", None, None, {})


async def test_a_change_stays_and_is_about_one_person_only(database_url: str, profiles: Profiles) -> None:
    changed = Profile("guest_ada", "Ada", "de-AT", {"theme": "dark", "size": 2, "sound": False})
    assert await profiles.change("guest_ada", lambda _: changed) == changed
    assert await Profiles(Calls(Database(database_url))).find("guest_ada") == changed
    assert await profiles.find("guest_eve") == Profile("guest_eve")


async def test_changes_at_once_are_all_made(database_url: str, profiles: Profiles) -> None:
    other = Profiles(Calls(Database(database_url)))
    await profiles.find("guest_ada")  # the database is there
    changes = [each.change("guest_ada", with_preference(f"p{n}", n)) for n in range(8) for each in (profiles, other)]
    await asyncio.gather(*changes)
    assert (await profiles.find("guest_ada")).preferences == {f"p{n}": n for n in range(8)}


async def test_a_change_that_is_refused_changes_nothing(profiles: Profiles) -> None:
    await profiles.change("guest_ada", with_preference("theme", "dark"))

    def refuse(_: Profile) -> Profile:
        raise LookupError("no")

    with pytest.raises(LookupError):
        await profiles.change("guest_ada", refuse)
    assert (await profiles.find("guest_ada")).preferences == {"theme": "dark"}


async def test_a_database_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "people.db").mkdir()
    profiles = Profiles(Calls(Database(f"sqlite:///{tmp_path}/people.db")))
    with pytest.raises(ArchiveUnavailable):
        await profiles.find("guest_ada")
