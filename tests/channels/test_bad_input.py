"""Whatever a client sends is an answer in plain words, and never a crash or a lost message."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from channels.services import BODY_LIMIT
from switchboard.log.events import Button, MessageSent
from switchboard.log.log import Draft
from switchboard.turns.turn import BOT
from tests.support.chat_server import Guest, Server


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    """A problem body of RFC 9457."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, "about:blank")
    assert body["title"] and body["detail"]


def deep(levels: int) -> bytes:
    return b'{"clientMessageId":"x","text":' + b"[" * levels + b"]" * levels + b"}"


GOOD: dict[str, Any] = {"clientMessageId": "x", "text": "hello"}
BAD_BODIES: dict[str, tuple[bytes, int, str]] = {
    "no JSON": (b"{", 400, "bad_json"),
    "bad UTF-8": (b'{"clientMessageId":"x","text":"\xff\xfe"}', 400, "bad_json"),
    "deep nesting": (deep(20_000), 400, "bad_json"),
    "NaN": (b'{"clientMessageId":"x","text":"hi","metadata":{"a":NaN}}', 422, "invalid"),
    "Infinity": (b'{"clientMessageId":"x","text":"hi","metadata":{"a":-Infinity}}', 422, "invalid"),
    "a number beyond all bounds": (b'{"clientMessageId":"x","text":"hi","metadata":{"a":1e999}}', 422, "invalid"),
    "a number of 5,000 digits": (
        b'{"clientMessageId":"x","text":"hi","metadata":{"a":' + b"9" * 5_000 + b"}}",
        400,
        "bad_json",
    ),
    "a list": (b"[]", 422, "invalid"),
    "a text": (b'"hello"', 422, "invalid"),
    "nothing at all": (b"", 422, "invalid"),
    "nothing": (b"null", 422, "invalid"),
    **{
        name: (json.dumps(body).encode(), 422, "invalid")
        for name, body in {
            "no id": {"text": "hello"},
            "no content": {"clientMessageId": "x"},
            "two contents": GOOD | {"payload": "/greet"},
            "text that is a number": GOOD | {"text": 7},
            "text that is nothing": GOOD | {"text": None},
            "text that is an object": GOOD | {"text": {"a": 1}},
            "an id that is a number": GOOD | {"clientMessageId": 7},
            "an empty id": GOOD | {"clientMessageId": ""},
            "an id of 65 characters": GOOD | {"clientMessageId": "x" * 65},
            "an id with a line break": GOOD | {"clientMessageId": "x\n"},
            "an id with a space": GOOD | {"clientMessageId": "a b"},
            "a field that nobody knows": GOOD | {"sender": "guest_somebody"},
            "a field with half a character in its name": GOOD | {"\ud800": 1},
            "an author": GOOD | {"author": {"id": "bot:main", "role": "bot", "name": "Bot"}},
            "metadata that is a text": GOOD | {"metadata": "x"},
            "metadata that is deep": GOOD | {"metadata": {"a": {"b": 1}}},
            "metadata of 5,000 bytes": GOOD | {"metadata": {"a": "x" * 5_000}},
            "metadata with half a character": GOOD | {"metadata": {"a": "\ud800"}},
            "empty": GOOD | {"text": ""},
            "only spaces": GOOD | {"text": " \t\r\n "},
            "only control characters": GOOD | {"text": "\x00\x01\x1b\x7f"},
            "10,000 characters": GOOD | {"text": "x" * 10_000},
            "4,001 characters": GOOD | {"text": "x" * 4_001},
            "half a character": GOOD | {"text": "hello \ud800"},
        }.items()
    },
}


@pytest.mark.parametrize(("body", "status", "code"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_a_bad_message_is_refused_with_a_problem(guest: Guest, body: bytes, status: int, code: str) -> None:
    assert_problem(await guest.raw(body), status, code)
    assert await guest.texts() == []
    assert (await guest.send(text="still here")).status_code == 202


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"name": 7}', b'{"role": "operator"}', json.dumps({"name": "x" * 61}).encode()]
)
async def test_a_bad_session_is_refused_with_a_problem(server: Server, body: bytes) -> None:
    answer = await server.http.post("/chat/v1/sessions", content=body)
    assert_problem(answer, *((400, "bad_json") if body == b"{" else (422, "invalid")))


async def test_a_conversation_takes_no_fields(server: Server, guest: Guest) -> None:
    answer = await server.http.post("/chat/v1/conversations", json={"id": "c_mine"}, headers=guest.headers)
    assert_problem(answer, 422, "invalid")


async def test_a_message_of_4000_characters_is_accepted_whole(guest: Guest) -> None:
    text = "äx" * 2_000
    assert (await guest.send(text=text)).status_code == 202
    assert await guest.texts() == [text]


async def test_control_characters_become_spaces_and_line_ends_one_kind(guest: Guest) -> None:
    assert (await guest.send(text="\x00one\r\ntwo\rthree\tfour\x1b[31m\x9f")).status_code == 202
    assert await guest.texts() == ["one\ntwo\nthree\tfour [31m"]


async def test_a_name_is_one_clean_line(server: Server) -> None:
    answer = await server.http.post("/chat/v1/sessions", json={"name": " Ada\r\n\x00 Lovelace "})
    assert answer.json()["participant"]["name"] == "Ada Lovelace"


async def test_a_body_above_64_kib_is_refused_before_it_is_read(server: Server, guest: Guest) -> None:
    """The rest of the body is never sent: the answer must come without it."""
    host, port = server.url.removeprefix("http://").split(":")
    for length in (f"Content-Length: {10 * BODY_LIMIT}", "Transfer-Encoding: chunked"):
        reader, writer = await asyncio.open_connection(host, int(port))
        head = (
            f"POST {guest.path}/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {guest.token}\r\n{length}\r\n\r\n"
        )
        chunk = b"x" * (BODY_LIMIT + 1)
        writer.write(head.encode() + (b"%x\r\n%b\r\n" % (len(chunk), chunk) if "chunked" in length else chunk[:100]))
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 413"), length
        writer.close()
    assert (await guest.send(text="still here")).status_code == 202


async def test_a_large_body_is_refused_in_one_piece_or_many(guest: Guest) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1_000

    assert_problem(await guest.raw(b" " * (BODY_LIMIT + 1)), 413, "too_large")
    answer = await guest.http.post(f"{guest.path}/messages", content=pieces(), headers=guest.headers)
    assert_problem(answer, 413, "too_large")


async def test_a_path_that_takes_no_body_holds_none_in_memory(server: Server, guest: Guest) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    for line in (f"GET {guest.path}", "POST /chat/v1/nothing", "GET /chat/v1/health"):
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"{line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {guest.token}\r\nContent-Length: 1000000\r\n\r\n"
        writer.write(head.encode() + b"x" * 100)
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 "), line
        writer.close()


@pytest.mark.parametrize(
    "request_head",
    [
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"POST /chat/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    ],
)
async def test_what_is_no_http_ends_that_connection_only(server: Server, request_head: bytes) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request_head)
    writer.write_eof()
    async with asyncio.timeout(10):
        assert b"200 OK" not in await reader.read()
    writer.close()
    assert (await server.http.get("/")).status_code == 200


async def test_an_unknown_and_a_foreign_conversation_look_the_same(server: Server, guest: Guest) -> None:
    other = await server.guest()
    answers = []
    for conversation in (other.conversation, "c_nowhere", "c_" + "x" * 100, "sb:{1}:inbox", "%F0%9F%92%A9", "c_%00"):
        for method, path in (("GET", ""), ("POST", "/messages"), ("GET", "/stream")):
            url = f"/chat/v1/conversations/{conversation}{path}"
            body = GOOD if method == "POST" else None
            answer = await server.http.request(method, url, json=body, headers=guest.headers)
            assert_problem(answer, 404, "not_found")
            answers.append(answer.text)
    assert len(set(answers)) == 1
    assert await other.texts() == []


@pytest.mark.parametrize("text", ["/restart", '/inject{"slot": "x"}', "/greet", "  /back", "/", "//", "/session_start"])
async def test_text_that_begins_with_a_slash_is_only_text(guest: Guest, text: str) -> None:
    assert (await guest.send(text=text)).status_code == 202
    (message,) = (await guest.snapshot())["messages"]
    assert message["text"] == text.strip() and "payload" not in message


def offer(title: str, payload: str) -> Draft:
    return Draft(MessageSent(f"m_{payload}", BOT, "Which one?", (Button(title, payload),)))


async def test_a_button_that_was_offered_is_sent_with_its_payload(server: Server, guest: Guest) -> None:
    await server.append(guest, offer("Track it", '/track_order{"order": "1001"}'))
    assert (await guest.send(payload='/track_order{"order": "1001"}')).status_code == 202
    message = (await guest.snapshot())["messages"][-1]
    assert (message["text"], message["payload"]) == ("Track it", '/track_order{"order": "1001"}')


async def test_a_payload_that_was_never_offered_is_only_text(server: Server, guest: Guest) -> None:
    other = await server.guest()
    await server.append(other, offer("Restart", "/restart"))
    await server.append(guest, offer("Track it", "/track_order"))
    for payload in ("/restart", "/track_orders", "/track_order{}"):
        assert (await guest.send(payload=payload)).status_code == 202
        message = (await guest.snapshot())["messages"][-1]
        assert message["text"] == payload and "payload" not in message


async def test_a_customer_cannot_offer_buttons(guest: Guest) -> None:
    answer = await guest.send(text="hello", buttons=[{"title": "x", "payload": "/restart"}])
    assert_problem(answer, 422, "invalid")


async def test_sending_again_is_answered_as_the_first_time(guest: Guest) -> None:
    first = await guest.send(text="hello", clientMessageId="x", metadata={"page": "/cart"})
    again = await guest.send(text="hello", clientMessageId="x", metadata={"page": "/cart"})
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json() | {"duplicate": True}
    assert await guest.texts() == ["hello"]


@pytest.mark.parametrize("other", [{"text": "other"}, {"text": "hello", "metadata": {"a": 1}}, {"payload": "hello"}])
async def test_the_same_id_with_other_content_is_a_conflict(guest: Guest, other: dict[str, Any]) -> None:
    await guest.send(text="hello", clientMessageId="x")
    assert_problem(await guest.send(clientMessageId="x", **other), 409, "conflict")
    assert await guest.texts() == ["hello"]


async def test_the_author_comes_from_the_token_alone(guest: Guest) -> None:
    await guest.send(text="hello", metadata={"author": "bot:main"})
    (message,) = (await guest.snapshot())["messages"]
    assert message["author"] == guest.participant
