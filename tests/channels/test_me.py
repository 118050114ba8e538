"""People say who they are: the name shows from the next token on, and the language reaches the bot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from switchboard.settings import Settings
from tests.support.edge import Edge, Guest
from tests.support.host_site import HostSite

ME, SESSIONS = "/chat/v1/me", "/chat/v1/sessions"


@pytest.fixture
def site(tmp_path: Path) -> HostSite:
    return HostSite(tmp_path / "keys.json")


@pytest.fixture
def settings(settings: Settings, site: HostSite) -> Settings:
    return settings.copy(update={"identity_keys": site.file})


async def change(http: httpx.AsyncClient, body: Any, **headers: str) -> httpx.Response:
    return await http.post(ME, json=body, headers=headers)


async def signed_in(edge: Edge, body: dict[str, Any]) -> tuple[dict[str, Any], httpx.AsyncClient]:
    """A session, and a client with its token."""
    async with httpx.AsyncClient(base_url=edge.url) as http:
        session = (await http.post(SESSIONS, json=body)).json()
    return session, httpx.AsyncClient(base_url=edge.url, headers={"Authorization": f"Bearer {session['token']}"})


async def test_what_is_given_is_changed_and_the_rest_stays(ada: Guest) -> None:
    nothing = (await ada.http.get(ME)).json()
    assert nothing == {
        "id": ada.participant,
        "role": "customer",
        "name": "Ada",
        "language": None,
        "preferences": {},
    }
    answers = [
        await change(ada.http, body)
        for body in (
            {"name": " Ada\nL. ", "preferences": {"theme": "dark", "size": 2}},
            {"language": "de-AT"},
            {"preferences": {"theme": None, "sound": False}},
            {},
        )
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    now = nothing | {"name": "Ada L.", "language": "de-AT", "preferences": {"size": 2, "sound": False}}
    assert answers[-1].json() == (await ada.http.get(ME)).json() == now
    assert (await change(ada.http, {"language": None})).json()["language"] is None


async def test_a_change_of_what_has_changed_meanwhile_is_refused(ada: Guest) -> None:
    tag = (await ada.http.get(ME)).headers["etag"]
    same = await ada.http.get(ME, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    first = await change(ada.http, {"language": "de"}, **{"If-Match": tag})
    assert first.status_code == 200
    second = await change(ada.http, {"language": "fr"}, **{"If-Match": tag})
    assert (second.status_code, second.json()["code"]) == (409, "changed")
    now = await ada.http.get(ME, headers={"If-None-Match": tag})
    assert (now.status_code, now.json()["language"], now.headers["etag"]) == (200, "de", first.headers["etag"])
    for match in ("*", f'"x", {now.headers["etag"]}'):
        assert (await change(ada.http, {"language": "fr"}, **{"If-Match": match})).status_code == 200, match
        assert (await change(ada.http, {"language": "de"})).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x" * 61},
        {"name": None},
        {"name": 7},
        *(
            {"language": tag}
            for tag in ("", "d", "de_AT", "de-", "-de", "de-AT\n", "überall", "a" * 9, "de" + "-a" * 17)
        ),
        {"preferences": None},
        {"preferences": [["a", "b"]]},
        {"preferences": {"deep": {}}},
        {"preferences": {"a": "x" * 5_000}},
        {"id": "user_eve"},
        {"role": "service"},
    ],
)
async def test_what_is_no_profile_is_refused(ada: Guest, body: Any) -> None:
    before = (await ada.http.get(ME)).json()
    answer = await change(ada.http, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await ada.http.get(ME)).json() == before


async def test_preferences_do_not_add_up_to_more_than_there_is_room_for(ada: Guest) -> None:
    assert (await change(ada.http, {"preferences": {"a": "x" * 3_000}})).status_code == 200
    refused = await change(ada.http, {"preferences": {"b": "x" * 3_000}})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert (await change(ada.http, {"preferences": {"a": None, "b": "x" * 3_000}})).status_code == 200


async def test_the_next_token_has_the_name_and_every_message_says_the_language(edge: Edge) -> None:
    session, http = await signed_in(edge, {"name": "Ada"})
    conversation = (await http.post("/chat/v1/conversations")).json()["conversationId"]
    await change(http, {"name": "Countess", "language": "en-GB"})
    await http.aclose()
    for _ in range(2):
        session, http = await signed_in(edge, {"refreshToken": session["refreshToken"]})
        assert session["participant"]["name"] == "Countess"
        guest = Guest(http, session["participant"]["id"], session["token"])
        await guest.send(conversation, text="hello")
        (line,) = await edge.chat.log.read_back(conversation, 1)
        said = json.loads(line.json)
        assert (said["author"]["name"], said["language"]) == ("Countess", "en-GB")
        await http.aclose()


async def test_what_the_host_calls_somebody_counts_from_the_next_sign_in_on(edge: Edge, site: HostSite) -> None:
    names = []
    for said, chosen in (("Ada L.", "Countess"), (None, "Ada B."), ("Ada L.", None)):
        session, http = await signed_in(edge, {"identity": site.identity("ada", name=said)})
        shown = (await http.get(ME)).json()["name"]
        names.append((session["participant"]["name"], shown))
        if chosen:
            await change(http, {"name": chosen})
        await http.aclose()
    assert names == [("Ada L.", "Ada L."), ("Countess", "Countess"), ("Ada L.", "Ada L.")]


async def test_while_the_database_is_away_people_still_come_in(edge: Edge, site: HostSite, tmp_path: Path) -> None:
    (tmp_path / "switchboard.db").mkdir()
    session, http = await signed_in(edge, {"name": "Ada"})
    answer = await http.get(ME)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    await http.aclose()
    session, http = await signed_in(edge, {"refreshToken": session["refreshToken"]})
    assert session["participant"]["name"] == "Ada"
    await http.aclose()
    session, http = await signed_in(edge, {"identity": site.identity("ada", name="Ada L.")})
    assert session["participant"]["name"] == "Ada L."
    await http.aclose()
