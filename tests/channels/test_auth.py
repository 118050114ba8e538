"""Without a valid token nothing is told; the token alone says who speaks."""

from __future__ import annotations

from pathlib import Path

import httpx
import jwt
import pytest
import yaml

from switchboard.log.events import Participant
from switchboard.people.identity import Session, Sessions
from tests.support.edge import Edge

ROUTES = [
    ("POST", "/chat/v1/conversations"),
    ("GET", "/chat/v1/conversations/c_1"),
    ("POST", "/chat/v1/conversations/c_1/messages"),
    ("GET", "/chat/v1/conversations/c_1/stream"),
]
HEADERS = {
    "nothing": {},
    "no token": {"Authorization": "Bearer x"},
    "another scheme": {"Authorization": "Basic YTpi"},
    "junk": {"Authorization": "Bearer junk"},
    "no signature": {"Authorization": f"Bearer {jwt.encode({'sub': 'guest_x'}, '', algorithm='none')}"},
    "another secret": {
        "Authorization": "Bearer " + Sessions("x" * 32).sign(Session(Participant("guest_x", "customer", "X"), 2**31))
    },
}


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS.keys())
async def test_every_route_refuses(edge: Edge, method: str, path: str, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=edge.url) as http:
        response = await http.request(method, path, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["code"] == "unauthorized"


async def test_a_name_is_cleaned_and_bounded(edge: Edge) -> None:
    async with httpx.AsyncClient(base_url=edge.url) as http:
        named = await http.post("/chat/v1/sessions", json={"name": "  Ada \n\x00 L. "})
        nameless = await http.post("/chat/v1/sessions", json={"name": "  "})
        too_long = await http.post("/chat/v1/sessions", json={"name": "a" * 61})
    assert named.json()["participant"]["name"] == "Ada L."
    assert nameless.json()["participant"]["name"] == "Guest"
    assert too_long.status_code == 422


def test_no_channel_is_on_that_believes_what_sender_a_request_names() -> None:
    channels = yaml.safe_load((Path(__file__).parents[2] / "credentials.yml").read_text(encoding="utf-8"))
    assert set(channels) == {"channels.adapter.ChatChannel"}, "Rasa's `rest` and `socketio` trust anybody"
