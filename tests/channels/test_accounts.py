"""Sign up, sign in, forget the password: over HTTP, as a page of a site does it."""

from __future__ import annotations

import email
import json
import os
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from switchboard.people.credentials import GUESSES, LETTERS
from switchboard.settings import Mode, Settings
from tests.support.edge import Edge, Guest, serving
from tests.support.waiting import bounded

ACCOUNTS = "/chat/v1/accounts"
ADA, PASSWORD = "ada@shop.example", "correct horse battery"


@pytest.fixture
def letters(settings: Settings) -> Path:
    return settings.data_dir / "letters"


def token(letters: Path) -> str:
    """That of the last letter."""
    text = email.message_from_bytes(max(letters.iterdir()).read_bytes()).get_payload(decode=True)
    found = re.search(rb"account=([\w.-]+)", text if isinstance(text, bytes) else b"")
    assert found
    return found[1].decode()


async def ask(edge: Edge, path: str, guest: Guest | None = None, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {guest.token}"} if guest else {}
    async with httpx.AsyncClient(base_url=edge.url, headers=headers, timeout=20) as http:
        return await http.post(ACCOUNTS + path, content=json.dumps(body))  # half a character, too


async def signed_up(edge: Edge, letters: Path, guest: Guest | None = None, **body: Any) -> dict[str, Any]:
    """The session of a new account."""
    assert (await ask(edge, "", email=ADA)).status_code == 202
    answer = await ask(edge, "/password", guest, token=token(letters), password=PASSWORD, **body)
    assert answer.status_code == 201, answer.text
    session: dict[str, Any] = answer.json()
    return session


def client(edge: Edge, session: dict[str, Any]) -> Guest:
    http = httpx.AsyncClient(base_url=edge.url, headers={"Authorization": f"Bearer {session['token']}"})
    return Guest(http, session["participant"]["id"], session["token"])


async def test_an_account_is_the_same_person_at_every_sign_in(edge: Edge, letters: Path) -> None:
    first = await signed_up(edge, letters, name="Ada")
    second = await ask(edge, "/session", email=" ADA@Shop.example ", password=PASSWORD)
    assert second.status_code == 201 and second.headers["cache-control"] == "no-store"
    assert second.json()["participant"] == first["participant"]
    assert first["participant"]["name"] == "Ada" and first["participant"]["role"] == "customer"
    here = client(edge, first)
    conversation = await here.open()
    assert (await client(edge, second.json()).snapshot(conversation))["conversationId"] == conversation


async def test_a_guest_takes_the_conversation_along_at_sign_up_and_at_sign_in(
    edge: Edge, letters: Path, ada: Guest
) -> None:
    conversation = await ada.open()
    await ada.send(conversation, text="as a guest")
    first = await signed_up(edge, letters, ada, conversations=[conversation])
    assert first["conversations"] == [conversation]
    async with edge.guest() as later:
        another = await later.open()
        answer = await ask(edge, "/session", later, email=ADA, password=PASSWORD, conversations=[another, conversation])
        assert answer.json()["conversations"] == [another, conversation]
    state = await client(edge, answer.json()).snapshot(conversation)
    assert state["messages"][0]["author"]["id"] == first["participant"]["id"]
    assert (await ada.http.get(f"/chat/v1/conversations/{conversation}")).status_code == 401


async def test_a_new_password_signs_everybody_else_out(edge: Edge, letters: Path) -> None:
    first = await signed_up(edge, letters)
    here = client(edge, first)
    conversation = await here.open()
    async with bounded(), here.stream(conversation) as frames:
        await anext(frames)
        await ask(edge, "", email=ADA)
        answer = await ask(edge, "/password", token=token(letters), password="another long password")
        assert [frame async for frame in frames][-1]["code"] == 3500
    assert (await ask(edge, "/session", email=ADA, password=PASSWORD)).status_code == 401
    assert (await client(edge, answer.json()).snapshot(conversation))["conversationId"] == conversation
    async with httpx.AsyncClient(base_url=edge.url) as http:
        old = await http.post("/chat/v1/sessions", json={"refreshToken": first["refreshToken"]})
        assert old.status_code == 401
        new = await http.post("/chat/v1/sessions", json={"refreshToken": answer.json()["refreshToken"]})
        assert new.json()["participant"] == first["participant"]


async def test_a_letter_that_was_used_is_refused(edge: Edge, letters: Path) -> None:
    await signed_up(edge, letters)
    for again in (token(letters), "junk", ""):
        answer = await ask(edge, "/password", token=again, password=PASSWORD)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_letter")


async def test_every_address_is_answered_alike(edge: Edge, letters: Path) -> None:
    await signed_up(edge, letters)
    for address in (ADA, "nobody@shop.example"):
        for _ in range(LETTERS.tries + 1):
            answer = await ask(edge, "", email=address)
            assert (answer.status_code, answer.json()) == (202, {})
        answer = await ask(edge, "/session", email=address, password="a wrong password")
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_credentials")
    assert len(os.listdir(letters)) == 2 * LETTERS.tries


async def test_who_guesses_is_told_when_to_come_back_and_the_owner_goes_in(edge: Edge, letters: Path) -> None:
    device = (await signed_up(edge, letters))["device"]
    for _ in range(GUESSES.tries):
        assert (await ask(edge, "/session", email=ADA, password="a wrong password")).status_code == 401
    refused = await ask(edge, "/session", email=ADA, password=PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
    assert 0 < int(refused.headers["retry-after"]) <= GUESSES.seconds
    assert (await ask(edge, "/session", email=ADA, password=PASSWORD, device=device)).status_code == 201


BAD = {
    "no address": {"email": "ada", "password": PASSWORD},
    "two addresses": {"email": "ada@shop.example, eve@shop.example", "password": PASSWORD},
    "another header": {"email": "ada@shop.example\nBcc: eve@shop.example", "password": PASSWORD},
    "a long address": {"email": f"{'a' * 64}@{'b.' * 100}example", "password": PASSWORD},
    "a long password": {"email": ADA, "password": "x" * 201},
    "half a character": {"email": ADA, "password": "\ud800" * 10},
    "a number": {"email": ADA, "password": 1234567890},
    "nothing": {},
    "more": {"email": ADA, "password": PASSWORD, "role": "supervisor"},
    "many conversations": {"email": ADA, "password": PASSWORD, "conversations": ["c_1"] * 21},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
async def test_what_does_not_fit_is_refused(edge: Edge, body: dict[str, Any]) -> None:
    assert (await ask(edge, "/session", **body)).status_code == 422


@pytest.mark.parametrize("password", ["short", "x" * 201, "\ud800" * 10])
async def test_a_password_that_is_none_is_refused_and_the_letter_stays_good(
    edge: Edge, letters: Path, password: str
) -> None:
    await ask(edge, "", email=ADA)
    assert (await ask(edge, "/password", token=token(letters), password=password)).status_code == 422
    assert (await ask(edge, "/password", token=token(letters), password=PASSWORD)).status_code == 201


async def test_a_password_is_the_same_however_a_keyboard_writes_it(edge: Edge, letters: Path) -> None:
    await ask(edge, "", email=ADA)
    composed, decomposed = "gr\u00fc\u00dfe aus K\u00f6ln", "gru\u0308\u00dfe aus Ko\u0308ln"
    assert (await ask(edge, "/password", token=token(letters), password=composed)).status_code == 201
    assert (await ask(edge, "/session", email=ADA, password=decomposed)).status_code == 201


async def test_in_production_there_are_no_accounts_without_a_mail_server(settings: Settings) -> None:
    async with serving(settings.copy(update={"switchboard_mode": Mode.production})) as edge:
        for path, body in (("", {"email": ADA}), ("/session", {"email": ADA, "password": PASSWORD})):
            answer = await ask(edge, path, **body)
            assert answer.status_code == 422 and "MAIL_URL" in answer.json()["detail"]
